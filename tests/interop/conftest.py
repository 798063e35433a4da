"""The fixtures of the tests with software from npm."""

from __future__ import annotations

from node_programs import node, node_modules

__all__ = ["node", "node_modules"]
