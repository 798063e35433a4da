"""One line per operation: verb, path, how it may be repeated, what completes it.

Must live here: how arguments become a path, a query and a body. Must not: sending, or what any one operation is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from attrs import field, frozen

from engage_async.errors import EngageError, InvalidArgument
from engage_async.protocol.completion import Settles
from engage_async.protocol.envelope import Reply
from engage_async.protocol.kvlist import KeyValues, pairs, to_wire
from engage_async.protocol.multipart import FilePart
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Query
from engage_async.secret import Secret

Gives = Callable[[Mapping[str, Any], Mapping[str, Any], Any], Any]
"""Makes a result from the completing payload (or the reply's data), the arguments, and what the session knows."""

Refusal = Callable[[Reply, str], EngageError | None]
"""Makes an error of a refused reply and the operation's name; None when the usual one says it all."""

Body = Literal["data", "bare", "plain", "list", "form", "parts", "none"]
"""``"data"``: an object ``data`` (beside it ``operationId`` where there is one); ``"bare"``: ``operationId`` alone;
``"plain"``: the arguments themselves; ``"list"``: an array, which is the one argument left; ``"form"``: URL-encoded;
``"parts"``: a multipart form of files and fields; ``"none"``: no body."""

KEY_VALUE_ARGUMENTS = frozenset({"reasons", "extensions", "user_data"})

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@frozen
class Call:
    """A route with its arguments: ready to be sent.

    `json` is None for requests without a JSON body, `parts` None for those without a multipart form.
    """

    path: str
    query: Query
    json: Mapping[str, Any] | Sequence[Any] | None
    parts: Mapping[str, str | FilePart] | None = None
    headers: Mapping[str, str | Secret] = field(factory=dict)
    form: Mapping[str, str | Secret] | None = None


@frozen
class Route:
    """One operation of the service.

    `name` is ``group.method``. `body` says what the body is, `operation_id` whether it takes an ``operationId``;
    `query` and `headers` name the arguments that go there, `beside` those that stand beside ``data``. `wire` has the
    names that are not simply camelCase. `needs` names the arguments that must be non-empty text, `key_values` those
    that are key/value lists. `settles` is None for a synchronous operation. `marks` says that a new call may be marked
    with the operation's id; `id_query` names the query parameter that carries the id. `unsent` names arguments that
    only completion rules and results read. An operation that may be `bodiless` sends no body when it has no arguments.
    One that `redirects` gives the address that a browser shall go to; one that is not `enveloped` replies without a
    status; one that is `bulk` gives a `PartialResult`; one whose data are an array (or, without an envelope, anything
    but an object) gives them under the name `items`; one that tells things beside its ``data`` gives the `whole` reply.
    The answer to one that `polls` may be held back by the server. `done` are status codes that mean done beside 0;
    `refusal` makes a more telling error of a refused reply. `deprecated` names the successor of a deprecated operation.
    """

    name: str
    method: str
    template: str
    repeat: Repeat = Repeat.ONCE
    settles: Settles | None = None
    body: Body = "none"
    operation_id: bool = False
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    key_values: frozenset[str] = KEY_VALUE_ARGUMENTS
    needs: tuple[str, ...] = ()
    wire: Mapping[str, str] = field(factory=dict)
    gives: Gives | None = None
    domain: str = ""
    enveloped: bool = True
    redirects: bool = False
    bulk: bool = False
    items: str = ""
    whole: bool = False
    bodiless: bool = False
    id_query: str = ""
    polls: bool = False
    done: tuple[int, ...] = ()
    refusal: Refusal | None = None
    marks: bool = False
    deprecated: str | None = None

    @property
    def path_arguments(self) -> tuple[str, ...]:
        """The names in the path template, in order."""
        return tuple(_PLACEHOLDER.findall(self.template))

    def call(self, arguments: Mapping[str, Any], operation_id: str = "") -> Call:
        """Put the arguments where they belong. Raises `InvalidArgument` for what cannot be sent."""
        given = {name: value for name, value in arguments.items() if value is not None}
        for name in self.needs:
            if not _is_text(given.get(name)):
                raise self._refuse(name, "a non-empty string", given.get(name))
        in_path = self.path_arguments
        path = _PLACEHOLDER.sub(lambda m: self._segment(m[1], given.get(m[1])), self.template)
        query = {self._wire_name(name): self._listed(name, given[name]) for name in self.query if name in given}
        if self.id_query:
            query[self.id_query] = operation_id
        sent_as_header = (name for name in self.headers if name in given)
        headers = {self._wire_name(name): self._text_or_secret(name, given[name]) for name in sent_as_header}
        placed = (*in_path, *self.query, *self.headers, *self.beside, *self.unsent)
        rest = [name for name in given if name not in placed]
        if self.body == "none":
            return Call(path, query, None, headers=headers)
        if self.body == "form":
            form = {self._wire_name(name): self._text_or_secret(name, given[name]) for name in rest}
            return Call(path, query, None, headers=headers, form=form)
        if self.body == "parts":
            parts = {self._wire_name(name): self._part(name, given[name]) for name in rest}
            return Call(path, query, None, parts, headers)
        if self.body == "list":
            return Call(path, query, self._array(rest[0] if rest else "", given), headers=headers)
        body: dict[str, Any] = {"operationId": operation_id} if self.operation_id else {}
        body |= {self._wire_name(name): self._value(name, given[name]) for name in self.beside if name in given}
        fields = {self._wire_name(name): self._value(name, given[name]) for name in rest}
        if self.body == "data":
            body["data"] = fields
        elif self.body == "plain":
            body |= fields
        return Call(path, query, None if self.bodiless and not fields else body, headers=headers)

    def expects(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments as completion rules read them."""
        if arguments.get("user_data") is None:
            return arguments
        return {**arguments, "pairs": pairs(arguments["user_data"])}

    def _segment(self, name: str, value: Any) -> str:
        """One path segment, percent-encoded: an id can never change the path it is put into."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value.strip() or value in {".", ".."}:
            raise self._refuse(name, "a non-empty id", value)
        if any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise self._refuse(name, "an id without control characters", value)
        return quote(self._unicode(name, value), safe="")

    def _unicode(self, name: str, text: str) -> str:
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            raise self._refuse(name, "Unicode text without lone surrogates", text)
        return text

    def _text_or_secret(self, name: str, value: Any) -> str | Secret:
        return value if isinstance(value, Secret) else self._text(name, value)

    def _part(self, name: str, value: Any) -> str | FilePart:
        return value if isinstance(value, FilePart) else self._text(name, value)

    def _listed(self, name: str, value: Any) -> str | tuple[str, ...]:
        """A value of the query. A list keeps its elements apart: each is escaped, the commas between them are not."""
        text = self._text(name, value)
        return tuple(value) if isinstance(value, list | tuple) else text

    def _text(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return self._unicode(name, str(value))
        if isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, str) for item in value):
            return self._unicode(name, ",".join(value))
        raise self._refuse(name, "text, a number, a bool or a list of text", value)

    def _value(self, name: str, value: Any) -> Any:
        if name in self.key_values:
            return to_wire(value)
        if isinstance(value, Secret):
            return value  # revealed where the body is written
        if isinstance(value, set | frozenset):
            value = sorted(value)
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise self._refuse(name, "something that JSON can express", value) from error
        return value

    def _array(self, name: str, given: Mapping[str, Any]) -> list[Any]:
        value = given.get(name)
        if not isinstance(value, list | tuple) or not value:
            raise self._refuse(name or "the body", "a list with something in it", value)
        return list(self._value(name, value))

    def _wire_name(self, name: str) -> str:
        if name in self.wire:
            return self.wire[name]
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)

    def _refuse(self, name: str, expected: str, came: Any) -> InvalidArgument:
        return InvalidArgument(f"{self.name}: {name} must be {expected}, not {_shown(came)}")


@frozen
class Family:
    """The routes of one group: what they share, so that each is one line.

    A route's path is `base` + `path` + its name with dashes (``send_dtmf`` → ``send-dtmf``), unless it gives another.
    `domain` is the notification domain that its events and errors come on; `wire`, `gives`, `key_values` and `done` are
    defaults.
    """

    base: str
    group: str
    path: str = "/"
    wire: Mapping[str, str] = field(factory=dict)
    gives: Gives | None = None
    domain: str = ""
    key_values: frozenset[str] = KEY_VALUE_ARGUMENTS
    done: tuple[int, ...] = ()

    def get(self, name: str, **options: Any) -> Route:
        """A read: safe to repeat."""
        return self._route("GET", name, {"repeat": Repeat.SAFE, **options})

    def post(self, name: str, settles: Settles | None = None, **options: Any) -> Route:
        """A request with ``data`` and an ``operationId``, sent once unless the route says that it may be repeated."""
        return self._route("POST", name, {"body": "data", "operation_id": True, "settles": settles, **options})

    def request(self, method: str, name: str, **options: Any) -> Route:
        """A synchronous request of any verb, without a body unless the route says otherwise."""
        return self._route(method, name, options)

    def _route(self, method: str, name: str, options: dict[str, Any]) -> Route:
        path = self.base + options.pop("path", self.path + name.replace("_", "-"))
        defaults = {
            "wire": self.wire,
            "gives": self.gives,
            "domain": self.domain or self.group,
            "key_values": self.key_values,
            "done": self.done,
        }
        return Route(f"{self.group}.{name}", method, path, **{**defaults, **options})


def marked(user_data: KeyValues | None, key: str, value: str) -> list[tuple[str, Any]]:
    """User data with one more pair."""
    return [*(pairs(user_data) if user_data is not None else ()), (key, value)]


def _is_text(value: Any) -> bool:
    return bool(value) if isinstance(value, Secret) else isinstance(value, str) and bool(value.strip())


def _shown(value: Any) -> str:
    if value is None or value == "":
        return repr(value)
    try:
        return f"{type(value).__name__} {str(value)[:40]!r}"
    except RecursionError:
        return f"{type(value).__name__} nested too deeply"
