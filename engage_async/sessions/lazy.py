"""A payload that is structured when somebody looks at it.

Must live here: the one class. Must not: what is looked at.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from engage_async.models.codec import structure
from engage_async.protocol.notices import Payload

__all__ = ["Lazy"]

M = TypeVar("M")


class Lazy(Generic[M]):
    """One payload, structured once, when it is looked at."""

    __slots__ = ("_cls", "_model", "payload")

    def __init__(self, cls: type[M], payload: Payload) -> None:
        self._cls = cls
        self._model: M | None = None
        self.payload = payload

    @property
    def model(self) -> M:
        """The payload as a model."""
        if self._model is None:
            self._model = structure(self._cls, self.payload)
        return self._model
