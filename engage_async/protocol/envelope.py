"""Replies: ``{"status": {"code": …}, "data": …, "errors": […]}``.

Must live here: how a body is read into a `Reply`, and what codes 0, 1 and 2 mean. Must not: HTTP, retries.

Source of the codes: "Introduction to Engage Cloud APIs", section *Responses and errors*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from engage_async.errors import ApiError, MalformedResponse, PartialFailure, api_error

T_co = TypeVar("T_co", covariant=True)

DONE, ACCEPTED, PARTIAL = 0, 1, 2

_EXCERPT = 200
_STATUS = frozenset({"code", "message", "detail"})


@frozen
class Status:
    """``status`` of a reply, or one entry of ``errors``.

    `detail` is its ``detail``; without one, what else the status says (such as a ``corrId``).
    """

    code: int
    message: str = ""
    detail: Any = None


@frozen
class PartialResult(Generic[T_co]):
    """What a bulk request gives back: `data` that worked, and one `ApiError` for each part that did not.

    `errors` keeps the server's order, and is empty when everything worked.
    """

    data: T_co
    errors: Sequence[ApiError] = ()

    def raise_for_errors(self) -> T_co:
        """Give the data, or raise `PartialFailure` (an `ExceptionGroup`) when a part failed."""
        if self.errors:
            raise PartialFailure(f"{len(self.errors)} part(s) of the request failed", list(self.errors))
        return self.data


@frozen
class Reply:
    """One reply, read but not judged."""

    status: Status
    data: Any = None
    errors: Sequence[Status] = ()
    operation_id: str | None = None
    http_status: int = 200
    raw: Any = field(default=None, repr=False)

    @property
    def accepted(self) -> bool:
        """Whether the outcome comes later, as a notification."""
        return self.status.code == ACCEPTED

    @property
    def ok(self) -> bool:
        """Whether the code is 0, 1 or 2 and the HTTP status is not an error."""
        return self.http_status < 400 and self.status.code in (DONE, ACCEPTED, PARTIAL)

    def raise_for_status(self, operation: str) -> Reply:
        """Give itself back, or raise the fitting `ApiError`."""
        if self.ok:
            return self
        raise api_error(self.status, http_status=self.http_status, operation=operation)

    def partial(self, data: Any, operation: str) -> PartialResult[Any]:
        """Pair structured `data` with the typed errors of this reply."""
        return PartialResult(
            data, tuple(api_error(s, http_status=self.http_status, operation=operation) for s in self.errors)
        )


def read_reply(http_status: int, text: str, *, operation: str = "", enveloped: bool = True) -> Reply:
    """Read a body, whatever it claims to be.

    An HTTP error always gives a `Reply` (with the HTTP status as code when the body has none). A success must be a
    JSON object with an integer ``status.code``, unless `enveloped` is False: then any body is the data. Raises
    `MalformedResponse` otherwise. Empty bodies of operations without envelope give ``data=None``.
    """
    try:
        body: Any = json.loads(text) if text.strip() else None
        is_json = True
    except (ValueError, RecursionError):
        body, is_json = text, False
    if http_status >= 400:
        return _read_error(http_status, body, text)
    if not enveloped and not (isinstance(body, Mapping) and _has_code(body)):
        return Reply(Status(DONE), data=body, http_status=http_status, raw=body)
    if not isinstance(body, Mapping):
        came = f"a JSON {_kind(body)}" if is_json else "text that is not JSON"
        raise _malformed(
            "a JSON object with a status", "an empty body" if body is None else came, http_status, text, operation
        )
    status = _status(body.get("status"))
    if status is None:
        raise _malformed(
            "an integer status.code", f"{json.dumps(body.get('status'))[:80]}", http_status, text, operation
        )
    errors = read_errors(body.get("errors"))
    operation_id = body.get("operationId")
    return Reply(
        status,
        data=body.get("data"),
        errors=errors,
        operation_id=operation_id if isinstance(operation_id, str) and operation_id else None,
        http_status=http_status,
        raw=body,
    )


def read_errors(errors: Any) -> tuple[Status, ...]:
    """The ``errors`` of a reply, in their order; none for anything but an array."""
    return tuple(_error_entry(entry) for entry in errors) if isinstance(errors, list) else ()


def _read_error(http_status: int, body: Any, text: str) -> Reply:
    status = _status(body.get("status")) if isinstance(body, Mapping) else None
    if status is None:
        told = body.get("message") if isinstance(body, Mapping) else None
        detail = body if isinstance(body, Mapping | list) else None
        status = Status(http_status, told if isinstance(told, str) else _plain(text), detail)
    return Reply(
        status, data=body.get("data") if isinstance(body, Mapping) else None, http_status=http_status, raw=body
    )


def _has_code(body: Mapping[str, Any]) -> bool:
    return _status(body.get("status")) is not None


def _status(value: Any) -> Status | None:
    if not isinstance(value, Mapping):
        return None
    code = value.get("code")
    if isinstance(code, str) and re.fullmatch(r"-?[0-9]{1,9}", code):
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    message, detail = value.get("message"), value.get("detail")
    if detail is None:
        detail = {name: told for name, told in value.items() if name not in _STATUS} or None
    return Status(code, message if isinstance(message, str) else "", detail)


def _error_entry(entry: Any) -> Status:
    """One element of ``errors``: a status object, or an object that holds one."""
    if isinstance(entry, Mapping):
        status = _status(entry.get("status")) or _status(entry)
        if status is not None:
            return status
    return Status(-1, "an error without a readable status", entry)


def _malformed(expected: str, came: str, http_status: int, text: str, operation: str) -> MalformedResponse:
    where = f"{operation}: " if operation else ""
    return MalformedResponse(
        f"{where}expected {expected}, got {came}", http_status=http_status, excerpt=text[:_EXCERPT]
    )


def _kind(value: Any) -> str:
    kinds = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return kinds.get(type(value), "null")


def _plain(text: str) -> str:
    """An error page's first words: enough to recognise, never the page."""
    start = " ".join(text[:2000].split())
    if start.startswith("<"):
        return "an HTML page"
    return start[:_EXCERPT]
