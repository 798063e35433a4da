"""What of a request may be shown.

Must live here: the allow-list of headers, and what a hook or a log line may know. Must not: logging itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

SHOWN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "retry-after",
        "server",
        "user-agent",
        "x-b3-spanid",
        "x-b3-traceid",
    }
)
"""Headers that are shown with their value. Every other one may carry a credential and is left out."""


@frozen(kw_only=True)
class RequestRecord:
    """A request that is about to be sent, without anything secret.

    `path` has no query: `query` tells the names in it alone. `attempt` counts from 1. `session` names the HTTP session.
    """

    method: str
    path: str
    query: tuple[str, ...] = ()
    operation: str = ""
    session: str = ""
    attempt: int = 1
    headers: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class ResponseRecord:
    """What became of a request: the answer's status and headers, or the `error` (its text) when none came.

    `elapsed` is in seconds.
    """

    request: RequestRecord
    http_status: int | None = None
    headers: Mapping[str, str] = field(factory=dict)
    elapsed: float = 0.0
    error: str | None = None


def shown(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers that may be shown, names in lower case."""
    return {name.lower(): value for name, value in headers if name.lower() in SHOWN_HEADERS}
