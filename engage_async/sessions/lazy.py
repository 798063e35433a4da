"""Payloads that are structured when somebody looks at them.

Must live here: the two classes. Must not: what is looked at.
"""

from __future__ import annotations

import json
import zlib
from typing import Generic, TypeVar

from engage_async.models.codec import structure
from engage_async.protocol.notices import Payload

__all__ = ["Lazy", "Packed"]

M = TypeVar("M")


class Lazy(Generic[M]):
    """One payload, structured once, when it is looked at."""

    __slots__ = ("_cls", "_model", "payload")

    def __init__(self, cls: type[M], payload: Payload) -> None:
        self._cls = cls
        self._model: M | None = None
        self.payload: Payload = payload

    @property
    def model(self) -> M:
        """The payload as a model."""
        if self._model is None:
            self._model = structure(self._cls, self.payload)
        return self._model


class Packed(Generic[M]):
    """A large payload that is seldom looked at: kept as compressed JSON, a fifteenth of the memory of the objects."""

    __slots__ = ("_cls", "_json", "_model")

    def __init__(self, cls: type[M], payload: Payload) -> None:
        self._cls = cls
        self._json = zlib.compress(json.dumps(payload, separators=(",", ":")).encode())
        self._model: M | None = None

    @property
    def model(self) -> M:
        """The payload as a model."""
        if self._model is None:
            self._model = structure(self._cls, json.loads(zlib.decompress(self._json)))
        return self._model
