"""Typed records of what the service sends: frozen, tolerant, nothing lost."""
