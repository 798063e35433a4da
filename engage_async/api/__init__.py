"""The API surface: one method per operation of the service."""
