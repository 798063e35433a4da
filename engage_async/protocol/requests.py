"""One request, as it is to be sent, and one answer, as it came.

Must live here: the two records and what can be refused before sending. Must not: sending, the meaning of a body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from attrs import field, frozen

from engage_async.config_checks import header_problem
from engage_async.errors import InvalidArgument
from engage_async.protocol.multipart import UploadForm
from engage_async.protocol.repeat import Repeat
from engage_async.secret import Secret

_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_PATH = re.compile(r"/[^\x00-\x20\x7f-\U0010ffff?#\\]*")
_to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=Secret.revealed).encode
_DOT_SEGMENTS = frozenset({".", "..", "%2e", "%2e%2e", ".%2e", "%2e."})

Query = Mapping[str, str | Sequence[str]]
"""Names and values. The elements of a list are escaped one by one, the commas between them are not."""


@frozen(kw_only=True)
class Request:
    """One request of an operation. Nothing that may be secret is in its repr.

    `path` begins with ``/``, is percent-encoded already and is sent as it is; one with a ``.`` or ``..`` segment is
    refused, because it could reach another operation. At most one of `json`, `form`, `content` (with its
    `content_type`) and `upload` is the body. `timeout` bounds everything, waiting for a token and repetitions included,
    in seconds; None takes the setting, and then the time in which an upload flows is not counted. `authenticate` asks
    for the bearer token. `throttling` says that HTTP 429 means too many requests; without it, 429 is an answer like any
    other and is never a reason to repeat. `again`, when given, is asked before each repetition, given what the last
    attempt came to, an answer or an error; when it says no, that outcome stands.
    """

    method: str
    path: str
    operation: str = ""
    query: Query = field(factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str | Secret] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    content_type: str = "application/octet-stream"
    upload: UploadForm | None = None
    repeat: Repeat = Repeat.ONCE
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    timeout: float | None = None
    authenticate: bool = True
    throttling: bool = True
    again: Callable[[object], bool] | None = field(default=None, repr=False)

    def target(self) -> str:
        """Path and query, as they go on the wire. Raises `InvalidArgument`."""
        if not _PATH.fullmatch(self.path):
            raise InvalidArgument(f"{self.operation}: the path is not percent-encoded")
        if "/." in self.path or "%2" in self.path:
            for segment in self.path.lower().split("/"):
                if segment in _DOT_SEGMENTS:
                    raise InvalidArgument(f"{self.operation}: the path has a dot segment")
        return f"{self.path}?{_written(self.query)}" if self.query else self.path

    def own_headers(self) -> dict[str, str]:
        """The `headers`, names in lower case. Raises `InvalidArgument`, which never quotes a value."""
        for name, value in self.headers.items():
            problem = header_problem(name, value)
            if problem is None and name.lower() in _FRAMING:
                problem = f"must not have {name}: it is set for you"
            if problem is not None:
                raise InvalidArgument(f"{self.operation}: headers: {problem}")
        return {name.lower(): value for name, value in self.headers.items()}

    def body(self) -> tuple[bytes | None, str]:
        """The body and its content type. Raises `InvalidArgument` for what JSON cannot express."""
        if self.json is not None:
            try:
                return _to_json(self.json).encode(), "application/json"
            except (TypeError, ValueError, RecursionError) as error:
                problem = type(error).__name__  # its text may quote the body
            raise InvalidArgument(f"{self.operation}: the body cannot be written as JSON: {problem}")
        if self.form is not None:
            try:
                revealed = {name: Secret.revealed(value) for name, value in self.form.items()}
                return urlencode(revealed).encode(), "application/x-www-form-urlencoded"
            except UnicodeEncodeError:
                revealed = {}  # it would show in the traceback's variables
            raise InvalidArgument(f"{self.operation}: the form has text with lone surrogates")
        return self.content, self.content_type


@frozen
class Answer:
    """One answer, read but not judged. Header names are lower-case; ``set-cookie`` is not among them."""

    http_status: int
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        """The content as text, decoded anew each time."""
        return self.content.decode(errors="replace").removeprefix("\ufeff")


def _written(query: Query) -> str:
    def text(value: str | Sequence[str]) -> str:
        return quote(value, safe="") if isinstance(value, str) else ",".join(quote(each, safe="") for each in value)

    return "&".join(f"{quote(name, safe='')}={text(value)}" for name, value in query.items())
