"""`Secret`: text that must never be shown.

Must live here: the one type that passwords, keys and tokens travel in. Must not: where they come from or go to.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, Self, final


@final
class Secret:
    """Text that no repr, format, log or pickle shows. `reveal()` gives it, where it leaves for the wire.

    Equality takes the same time wherever two secrets differ. Copies are the object itself; pickling raises
    `TypeError`.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a secret is made of str, not {type(text).__name__}")
        self._text = text

    @classmethod
    def of(cls, value: str | Secret) -> Secret:
        """A secret as it is, or one of a text."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    @staticmethod
    def revealed(value: object) -> str:
        """The text of a secret, or a text as it is. Raises `TypeError` for anything else."""
        if isinstance(value, Secret):
            return value.reveal()
        if isinstance(value, str):
            return value
        raise TypeError(f"expected text or a secret, got {type(value).__name__}")

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._bytes(), other._bytes())

    def _bytes(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")
