"""Marking what is deprecated: `warnings.deprecated` of Python 3.13, and the same for those before.

Must live here: the decorator. Must not: what is deprecated.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["deprecated"]

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from typing_extensions import deprecated  # type checkers know it by this name
elif sys.version_info >= (3, 13):
    from warnings import deprecated
else:

    def deprecated(message: str) -> Callable[[F], F]:
        """Mark a function: calling it warns with a `DeprecationWarning`, and `message` is its ``__deprecated__``."""

        def mark(function: F) -> F:
            @functools.wraps(function)
            def warn(*args: Any, **kwargs: Any) -> Any:
                warnings.warn(message, DeprecationWarning, stacklevel=2)
                return function(*args, **kwargs)

            function.__deprecated__ = warn.__deprecated__ = message
            return warn

        return mark
