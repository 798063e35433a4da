"""What every model is: a frozen record with wire names, where everything is optional.

Must live here: the base class and the field specifiers. Must not: reading and writing (`codec`), any one model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from attrs import field, frozen

__all__ = ["NOTHING_MORE", "Record", "local", "wire"]

T = TypeVar("T")

NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})


@frozen(kw_only=True)
class Record:
    """A typed view of a JSON object.

    `extra` holds, under their wire names, the fields this package does not know, and those whose value is of another
    type than documented: nothing that came is lost.
    """

    extra: Mapping[str, Any] = field(default=NOTHING_MORE, repr=False, hash=False, metadata={"local": True})

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A field that did not come is its default, from the first time that somebody asks for it."""
            default = _defaults(type(self)).get(name, attrs.NOTHING)
            if default is attrs.NOTHING:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            value = default.factory() if isinstance(default, attrs.Factory) else default
            object.__setattr__(self, name, value)
            return value


@cache
def _defaults(cls: type[Record]) -> Mapping[str, Any]:
    return {attribute.name: attribute.default for attribute in attrs.fields(cls)}


def wire(default: T, *names: str) -> T:
    """A field whose wire name is not simply camelCase; other spellings that are accepted follow the first."""
    made: T = field(default=default, metadata={"wire": names})
    return made


def local(default: T, *, shown: bool = True) -> T:
    """A field that is not on the wire; one that is not `shown` is neither in the repr nor in the hash."""
    made: T = field(default=default, repr=shown, hash=shown, metadata={"local": True})
    return made
