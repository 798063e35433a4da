"""Why a well-formed request cannot be carried out.

Must live here: the kinds of refusals. Must not: how they are answered over HTTP (rest_provisioning_answers.py).
"""

from __future__ import annotations

from typing import Any

__all__ = ["AlreadyThere", "BadValue", "NoSuchObject", "NotModelled", "Refused", "Unavailable"]


class Refused(Exception):
    """The request cannot be carried out; the text says why. `detail` names what it is about."""

    code = 500

    def __init__(self, message: str, detail: dict[str, Any] | None = None, *, data: Any = None) -> None:
        super().__init__(message)
        self.detail: dict[str, Any] | None = detail
        self.data: Any = data

    def status(self) -> dict[str, Any]:
        """The refusal as the ``status`` of a reply, or of one of its errors."""
        told: dict[str, Any] = {"code": self.code, "message": str(self)}
        return told | ({"detail": self.detail} if self.detail else {})


class BadValue(Refused):
    """A value that cannot be."""

    code = 400


class NoSuchObject(Refused):
    """What the request is about is not there."""

    code = 404


class AlreadyThere(Refused):
    """Something of this name is there already, or in the way."""

    code = 409


class Unavailable(Refused):
    """Not now: something else has to end first."""

    code = 409


class NotModelled(Exception):
    """The service has it, and this emulator does not; the text says what."""
