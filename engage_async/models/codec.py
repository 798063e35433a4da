"""JSON objects to models and back, with cattrs: tolerant of everything, losing nothing.

Must live here: the converter and the rules of tolerance. Must not: any one model.

* A known field of the right type is structured. Wire names are camelCase unless the field says otherwise.
* An unknown field, and a known one of the wrong type, is kept in `extra` under its wire name; ``null`` is absence.
* Fields that start with an underscore are the service's own leaks, and are dropped.
* `unstructure` gives the wire form back: what was known, and what was not.

cattrs knows how each type of field is read. A record is read member by member, so that what an object says costs
something, and not what its model could say: fields that did not come are filled in when they are asked for (`Record`).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import attrs
from attrs import frozen
from cattrs import Converter

from engage_async.errors import MalformedResponse
from engage_async.models.enums import OpenEnum
from engage_async.models.record import Record
from engage_async.protocol.kvlist import KeyValueList, from_wire

__all__ = ["structure", "unstructure"]

R = TypeVar("R")


class _WrongTypeError(Exception):
    """A value is not of the documented type. Never leaves this module."""


def structure(cls: type[R], payload: Any, **local: Any) -> R:
    """Make a model of a JSON object, with values for its `local` fields.

    Raises `MalformedResponse` for anything but an object, and nothing else.
    """
    if not isinstance(payload, Mapping):
        raise MalformedResponse(f"expected an object for {cls.__name__}, got {type(payload).__name__}")
    made: R = _structure_record(payload, cls)
    for name, value in local.items():
        object.__setattr__(made, name, value)  # it is frozen from the moment it is handed out
    return made


def unstructure(model: Any) -> Any:
    """The wire form of a model, or of a tuple of models."""
    if isinstance(model, Record):
        return _unstructure_record(model)
    if isinstance(model, tuple | list):
        return [unstructure(item) for item in model]
    if isinstance(model, KeyValueList):
        return model.wire()
    if isinstance(model, _Stamp):
        return model.came
    if isinstance(model, Enum):
        return model.value
    return model


class _Stamp(datetime):
    """A point in time that remembers how it was written."""

    came: Any = None


@frozen
class _Field:
    """A field that is on the wire: how a value is read, and how it gets into a record that is being made."""

    name: str
    wire: str
    spellings: tuple[str, ...]
    type: Any
    default: Any
    read: Callable[[Any, Any], Any]
    put: Callable[[Any, Any], None]


@frozen
class _Shape:
    """What the codec knows of one model class: its fields, how each is read by wire name, and those spelt otherwise."""

    fields: tuple[_Field, ...]
    known: Mapping[str, tuple[Callable[[Any, Any], Any], Any, Callable[[Any, Any], None], bool]]
    respelled: tuple[_Field, ...]
    put_extra: Callable[[Any, Any], None]


_shapes: dict[type[Any], _Shape] = {}


def _shape(cls: type[Any]) -> _Shape:
    """The shape of a class, made when it is first needed."""
    shape = _shapes.get(cls)
    if shape is None:
        shape = _shapes[cls] = _make_shape(cls)
    return shape


def _make_shape(cls: type[Any]) -> _Shape:
    hints = get_type_hints(cls)
    fields = []
    for attribute in attrs.fields(cls):
        if not attribute.metadata.get("local"):
            name, kind = attribute.name, _without_none(hints[attribute.name])
            spellings = attribute.metadata.get("wire") or (_camel(name),)
            read, put = _converter.get_structure_hook(kind), getattr(cls, name).__set__
            fields.append(_Field(name, spellings[0], spellings, kind, attribute.default, read, put))
    respelled = tuple(f for f in fields if len(f.spellings) > 1)
    known = {f.wire: (f.read, f.type, f.put, f in respelled) for f in fields}
    return _Shape(tuple(fields), known, respelled, cls.extra.__set__)


def _without_none(hint: Any) -> Any:
    """X of ``X | None``: null is absence, whatever the field."""
    kinds = get_args(hint)
    return next(kind for kind in kinds if kind is not NoneType) if NoneType in kinds else hint


def _structure_record(payload: Any, cls: type[Any]) -> Any:
    if not isinstance(payload, dict) and not isinstance(payload, Mapping):
        raise _WrongTypeError
    shape = _shapes.get(cls) or _shape(cls)
    made = object.__new__(cls)
    extra: dict[str, Any] = {}
    known = shape.known
    for name, value in payload.items():
        if name in known:
            read, kind, put, respelled = known[name]
            if value is None and not respelled:
                continue
            try:
                put(made, read(value, kind))
            except Exception:  # noqa: BLE001 - no value that came may break the poll, whatever reading it raises
                extra[name] = value
        elif name[:1] != "_":
            extra[name] = value
    if extra:
        for field in shape.respelled:
            if field.wire not in payload or field.wire in extra:
                _read_respelled(made, field, extra)
        shape.put_extra(made, MappingProxyType(extra))
    return made


def _read_respelled(made: Any, field: _Field, extra: Mapping[str, Any]) -> None:
    """Fill in a field by the first of its other spellings whose value is of its type."""
    for spelling in field.spellings[1:]:
        if spelling in extra:
            with contextlib.suppress(Exception):
                field.put(made, field.read(extra[spelling], field.type))
                return


def _unstructure_record(model: Record) -> dict[str, Any]:
    shape = _shape(type(model))
    wire = dict(model.extra)
    for known in shape.fields:
        value = getattr(model, known.name)
        others = [wire[spelling] for spelling in known.spellings[1:] if spelling in wire]
        if known.wire in wire or (not others and _is_absent(value, known.default)):
            continue
        came = unstructure(value)
        if came is not None and came not in others:
            wire[known.wire] = came
    return wire


def _is_absent(value: Any, default: Any) -> bool:
    """Whether a field says nothing. A key/value list without a pair may still hold what is none."""
    return value is None or (value == default and not (isinstance(value, KeyValueList) and value.wire()))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise _WrongTypeError
    return value


def _integer(value: Any, _: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _WrongTypeError
    return value


def _number(value: Any, _: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise _WrongTypeError
    return float(value)


def _truth(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongTypeError
    return value


def _enum(value: Any, cls: type[OpenEnum]) -> OpenEnum:
    if not isinstance(value, str):
        raise _WrongTypeError
    return _members(cls).get(value) or cls(value)


@cache
def _members(cls: type[OpenEnum]) -> Mapping[str, OpenEnum]:
    return {member.value: member for member in cls}


def _key_values(value: Any, _: Any) -> KeyValueList:
    if not isinstance(value, list | dict):
        raise _WrongTypeError
    return from_wire(value)


def _time(value: Any, _: Any) -> datetime:
    """ISO 8601 text, or milliseconds since 1970."""
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        moment = datetime.fromtimestamp(value / 1000, UTC)
    else:
        raise _WrongTypeError
    stamp = _Stamp(*moment.timetuple()[:6], moment.microsecond, moment.tzinfo)
    stamp.came = value
    return stamp


def _object(value: Any, _: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _WrongTypeError
    return value


def _make_converter() -> Converter:
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_func(
        lambda cls: isinstance(cls, type) and issubclass(cls, Record), _structure_record
    )
    for kind, hook in {OpenEnum: _enum, str: _text, int: _integer, float: _number, bool: _truth}.items():
        converter.register_structure_hook(kind, hook)  # for a subclass the hook of its nearest base counts
    converter.register_structure_hook(KeyValueList, _key_values)
    converter.register_structure_hook(datetime, _time)
    converter.register_structure_hook_func(lambda cls: cls == Mapping[str, Any], _object)
    converter.register_structure_hook_factory(_is_tuple_of, _tuple_hook)
    return converter


def _is_tuple_of(cls: Any) -> bool:
    return getattr(cls, "__origin__", None) is tuple and len(cls.__args__) == 2 and cls.__args__[1] is Ellipsis


def _tuple_hook(cls: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    """A tuple of one kind; one wrong element makes the whole field one of the wrong type, so that none is lost."""
    kind = cls.__args__[0]
    read = _converter.get_structure_hook(kind)

    def hook(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise _WrongTypeError
        return tuple([read(item, kind) for item in value])

    return hook


_converter = _make_converter()
