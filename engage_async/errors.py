"""Every exception of the package, cut by what the caller can do next.

Must live here: the tree and the data each error carries. Must not: the decision when to raise one, or any I/O.

EngageError
├── ConfigurationError        (ValueError)     a setting is missing or wrong: mend it; names the setting
├── InvalidArgument           (ValueError)     an argument cannot be sent: mend the call; nothing was sent
│   └── SubscriptionInUse                      a subscription with this id is open already
├── SessionClosed                              the session is closed or not yet open: open one
├── WrongEventLoop                             used from another event loop than the one it was opened in
├── TransportError                             no (complete) answer came
│   ├── NotSent                                nothing left this machine: try again as you like
│   ├── OutcomeUnknown                         sent, no answer: look before you try again
│   └── UploadFailed                           a file could not be read to its end: the request was broken off
├── MalformedResponse                          an answer came that is not of the documented form
│   └── EndlessPages                           pages of results repeat, or never end
├── ApiError                                   the server refused: code, message, detail, HTTP status
│   ├── Unauthorized                           401, 403 or code 603: the token or the session is not (or no longer) good
│   ├── NotFound                               404
│   ├── RateLimited                            429: `retry_after` seconds, when the server says
│   ├── SlotFull                               the time of a callback is booked up; `slots` are proposed instead
│   ├── StatisticRefused                       one statistic of several cannot be had; names it
│   ├── ChannelRefused                         one media channel of several did not do what all were asked for
│   ├── ImportInProgress                       an import is running that keeps yours from being begun; names whose
│   ├── ImportRejected                         the file of an import is not taken: `failures` say what is wrong in it
│   ├── ImportRowFailed                        one record of an import was not taken over; `failure` says which
│   ├── ServerFault                            5xx
│   └── PartialSuccess                         code 2 where one result was expected; `partial` holds what worked
├── AuthenticationError                        no token to be had: refused, or credentials are missing
├── NotificationError                          the CometD side
│   ├── HandshakeRefused
│   └── SubscriptionRefused
├── OperationError                             an operation was sent, and its outcome is not its result
│   ├── OperationFailed                        the switch refused it: an `EventError` said so
│   │   ├── CallEnded                          its call ended first
│   │   └── InteractionEnded                   its interaction, or chat, ended first
│   ├── OperationTimeout      (TimeoutError)   its deadline passed; the outcome is unknown
│   └── OperationLost                          the notification session was lost; the outcome is unknown
├── ImportEnded                                an import ended before its last record: `status` says how far it came
├── WaitTimeout               (TimeoutError)   your waiting ended (`wait_for`, `until`); nothing failed
├── EventsDropped                              a stream with the policy "raise" was too slow
└── PartialFailure            (ExceptionGroup) what `PartialResult.raise_for_errors()` raises
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engage_async.models.engagement import Slot
    from engage_async.models.provisioning.jobs import ImportFailure, ImportStatus
    from engage_async.models.statistics import Statistic
    from engage_async.protocol.envelope import PartialResult, Status

__all__ = [
    "ApiError",
    "AuthenticationError",
    "CallEnded",
    "ChannelRefused",
    "ConfigurationError",
    "EndlessPages",
    "EngageError",
    "EventsDropped",
    "HandshakeRefused",
    "ImportEnded",
    "ImportInProgress",
    "ImportRejected",
    "ImportRowFailed",
    "InteractionEnded",
    "InvalidArgument",
    "MalformedResponse",
    "Matched",
    "NotFound",
    "NotSent",
    "NotificationError",
    "OperationError",
    "OperationFailed",
    "OperationLost",
    "OperationTimeout",
    "OutcomeUnknown",
    "PartialFailure",
    "PartialSuccess",
    "RateLimited",
    "ServerFault",
    "SessionClosed",
    "SlotFull",
    "StatisticRefused",
    "SubscriptionInUse",
    "SubscriptionRefused",
    "TransportError",
    "Unauthorized",
    "UploadFailed",
    "WaitTimeout",
    "WrongEventLoop",
]

Matched = Literal["operation-id", "object", "code", "sole", "guess", "snapshot", "reply"]
"""How an outcome found its operation, most certain first but for the last two:

* ``"operation-id"``: the event names the operation;
* ``"object"``: the event names the operation's call, DN, channel, destination …, and is no other operation's;
* ``"code"``: the error code fits this operation only;
* ``"sole"``: no other operation on that channel can have caused the error;
* ``"guess"``: the oldest of several operations that fit equally well, of errors the oldest accepted one. Operations
  that were cancelled, timed out or lost a short while ago count among the several: what comes may still be theirs;
* ``"snapshot"``: proven by ``GET /current-session`` after the notification connection was lost;
* ``"reply"``: settled by the HTTP reply itself.
"""


class EngageError(Exception):
    """The root of everything that this package raises on purpose."""


class ConfigurationError(EngageError, ValueError):
    """A setting is missing or wrong.

    `setting` is its name as an argument, for example ``"base_url"``.
    """

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting = setting
        self.problem = problem


class InvalidArgument(EngageError, ValueError):
    """An argument cannot be sent as it is. Nothing was sent."""


class SubscriptionInUse(InvalidArgument):
    """The session has a subscription with this id already. Nothing was sent."""


class SessionClosed(EngageError):
    """The session is closed, or was never opened."""


class WrongEventLoop(EngageError, RuntimeError):
    """The object belongs to another event loop than the running one."""


class TransportError(EngageError):
    """No complete answer came back. See the chained ``__cause__``."""


class NotSent(TransportError):
    """Nothing of the request left this machine, so repeating it is always safe."""


class OutcomeUnknown(TransportError):
    """The request, or a part of it, was sent and no complete answer came. It may have taken effect."""


class UploadFailed(TransportError):
    """A file could not be read to its end, so the request was broken off in its body and the connection closed.

    The ``__cause__`` is what the file raised, None when it was shorter or longer than it had said. No server should act
    on a body that it did not get completely.
    """


class MalformedResponse(EngageError):
    """An answer is not of the documented form.

    `http_status` is the HTTP status; `excerpt` is the start of the body, as text.
    """

    def __init__(self, message: str, *, http_status: int | None = None, excerpt: str = "") -> None:
        super().__init__(message)
        self.http_status = http_status
        self.excerpt = excerpt


class EndlessPages(MalformedResponse):
    """Pages of results lead nowhere: one holds nothing but what came before, or there are too many of them."""


class ApiError(EngageError):
    """The server answered that it refuses the request.

    `code` is ``status.code`` of the reply, or the HTTP status when the body has none. `message` and `detail` are the
    server's own. `operation` names the operation, for example ``"voice.hold"``. When the request of an operation was
    sent twice, because the first reply was lost, a note on the error says that the first may have taken effect.
    """

    def __init__(
        self, code: int, message: str = "", detail: Any = None, *, http_status: int = 200, operation: str = ""
    ) -> None:
        where = f"{operation}: " if operation else ""
        told = f": {message}" if message else ""
        http = f" (HTTP {http_status})" if http_status != 200 else ""
        super().__init__(f"{where}status code {code}{told}{http}")
        self.code = code
        self.message = message
        self.detail = detail
        self.http_status = http_status
        self.operation = operation


class Unauthorized(ApiError):
    """HTTP 401 or 403, or status code 603: the token, the API key or the session is not (or no longer) accepted."""


class NotFound(ApiError):
    """HTTP 404: no such path or object."""


class RateLimited(ApiError):
    """HTTP 429. `retry_after` is in seconds, None when the server does not say."""

    retry_after: float | None = None


class SlotFull(ApiError):
    """HTTP 429 on the creation of a callback: no more callbacks can be booked for that time. It is no throttling.

    `slots` are those that the server proposes instead, earliest first; empty when it proposes none.
    """

    def __init__(
        self,
        code: int,
        message: str = "",
        detail: Any = None,
        *,
        slots: Sequence[Slot] = (),
        http_status: int = 429,
        operation: str = "",
    ) -> None:
        super().__init__(code, message, detail, http_status=http_status, operation=operation)
        self.slots: tuple[Slot, ...] = tuple(slots)


class StatisticRefused(ApiError):
    """One statistic could not be opened or read; the others of the request are not touched by that.

    `statistic` is the one that was asked for, None when the server does not say which it means.
    """

    def __init__(
        self,
        code: int,
        message: str = "",
        detail: Any = None,
        *,
        statistic: Statistic | None = None,
        http_status: int = 200,
        operation: str = "",
    ) -> None:
        super().__init__(code, message, detail, http_status=http_status, operation=operation)
        self.statistic = statistic

    def __str__(self) -> str:
        return super().__str__() if self.statistic is None else f"{self.statistic}: {super().__str__()}"


class ChannelRefused(ApiError):
    """One media channel did not do what all channels were asked for; the others are not touched by that.

    `channel` is its name. `code` and `message` are those of the error event on the channel; -1 when it merely did not
    report in time.
    """

    def __init__(self, channel: str, code: int, message: str, detail: Any = None, *, operation: str = "") -> None:
        super().__init__(code, f"{channel}: {message}", detail, operation=operation)
        self.channel = channel


class ImportInProgress(ApiError):
    """An import is running that keeps this one from being begun. Nothing was taken over from your file.

    `importers` are the administrators who are importing, as far as the service names them.
    """

    def __init__(
        self,
        code: int,
        message: str = "",
        detail: Any = None,
        *,
        importers: Sequence[str] = (),
        http_status: int = 200,
        operation: str = "",
    ) -> None:
        super().__init__(code, message, detail, http_status=http_status, operation=operation)
        self.importers: tuple[str, ...] = tuple(importers)

    def __str__(self) -> str:
        by = f" (by {', '.join(self.importers)})" if self.importers else ""
        return f"{super().__str__()}; an import is in progress{by}"


class ImportRejected(ApiError):
    """The service does not take the file of an import, and took over nothing. `failures` say what is wrong in it."""

    def __init__(
        self,
        code: int,
        message: str = "",
        detail: Any = None,
        *,
        failures: Sequence[ImportFailure] = (),
        http_status: int = 200,
        operation: str = "",
    ) -> None:
        super().__init__(code, message, detail, http_status=http_status, operation=operation)
        self.failures: tuple[ImportFailure, ...] = tuple(failures)

    def __str__(self) -> str:
        shown = [str(failure) for failure in self.failures[:3]]
        more = [f"and {len(self.failures) - 3} more"] if len(self.failures) > 3 else []
        return f"{super().__str__()}; {'; '.join([*shown, *more])}"


class ImportRowFailed(ApiError):
    """One record of an import was not taken over. `code` is -1 when the service tells none."""

    def __init__(
        self, code: int, message: str = "", detail: Any = None, *, failure: ImportFailure, operation: str = ""
    ) -> None:
        super().__init__(code, message, detail, operation=operation)
        self.failure = failure

    def __str__(self) -> str:
        return f"{self.operation}: {self.failure}"


class ServerFault(ApiError):
    """HTTP 5xx."""

    retry_after: float | None = None


class PartialSuccess(ApiError):
    """Status code 2 on an operation that is not a bulk operation. `partial` holds the data and the errors."""

    def __init__(self, partial: PartialResult[Any], *, operation: str = "") -> None:
        super().__init__(2, f"{len(partial.errors)} part(s) failed", operation=operation)
        self.partial = partial


class AuthenticationError(EngageError):
    """No access token could be had.

    `error` is the OAuth 2 error code (``invalid_grant``, ``invalid_client`` …) when the token endpoint gave one.
    """

    def __init__(self, message: str, *, error: str | None = None, http_status: int | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.http_status = http_status


class NotificationError(EngageError):
    """The notification (CometD) connection could not do what was asked.

    `reply` is the Bayeux message that said so, when there is one.
    """

    def __init__(self, message: str, *, reply: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reply = reply


class HandshakeRefused(NotificationError):
    """The server refused the handshake and advised not to try again."""


class SubscriptionRefused(NotificationError):
    """The server refused a subscription. `channel` is the channel."""

    def __init__(self, message: str, *, channel: str, reply: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, reply=reply)
        self.channel = channel


class OperationError(EngageError):
    """An operation was sent and did not end with its result.

    `operation` is its name (``"voice.hold"``), `operation_id` the id it was sent with. `progress` holds the payloads
    of the events that had already been credited to it, oldest first: an ``initiate_transfer`` whose consult call was
    refused has the parent's ``Held`` there, and the parent is still held.
    """

    def __init__(
        self, message: str, *, operation: str, operation_id: str, progress: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.operation_id = operation_id
        self.progress: tuple[Mapping[str, Any], ...] = tuple(progress)


class OperationFailed(OperationError):
    """The outcome is failure, and an event says so.

    Every attribute but `operation`, `operation_id`, `matched` and `raw` may be None: Genesys's own simulator sends
    nothing but code and message.

    `error_code` and `error_message` are those of the ``EventError``; `dn`, `connection_id` and `call_uuid` what it
    names. `matched` says how the event found this operation (see `Matched`); ``"guess"`` deserves a second look.
    `raw` is the whole payload. When the request was sent twice, because the first reply was lost, a note on the error
    (``__notes__``) says that the first may have taken effect.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        operation_id: str,
        matched: Matched,
        error_code: int | None = None,
        error_message: str | None = None,
        dn: str | None = None,
        connection_id: str | None = None,
        call_uuid: str | None = None,
        raw: Mapping[str, Any] | None = None,
        progress: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message, operation=operation, operation_id=operation_id, progress=progress)
        self.matched: Matched = matched
        self.error_code = error_code
        self.error_message = error_message
        self.dn = dn
        self.connection_id = connection_id
        self.call_uuid = call_uuid
        self.raw: Mapping[str, Any] = raw if raw is not None else {}


class CallEnded(OperationFailed):
    """The operation's call was released or completed before the operation could succeed."""


class InteractionEnded(OperationFailed):
    """The operation's interaction ended, or left the agent, before the operation could succeed.

    `interaction_id` is its id. A chat that has ended is told so before anything is sent.
    """

    interaction_id: str = ""


class OperationTimeout(OperationError, TimeoutError):
    """The operation's deadline passed without an outcome. It may still take effect.

    `sent` is False when the request was still waiting for the notification connection, so that nothing was sent;
    `accepted` is True when the server had accepted the request.
    """

    sent: bool = True
    accepted: bool = False


class OperationLost(OperationError):
    """Notifications were lost while the operation was pending, and the current session does not prove its outcome."""


class ImportEnded(EngageError):
    """An import ended before its last record, and nobody stopped it. What it took over until then stays.

    `status` is its last state: which records those were, and which failed.
    """

    def __init__(self, message: str, *, status: ImportStatus) -> None:
        super().__init__(message)
        self.status = status


class WaitTimeout(EngageError, TimeoutError):
    """Your own waiting ended before what you waited for. Nothing failed, and nothing was cancelled."""


class EventsDropped(EngageError):
    """A stream that was asked to raise on overflow was not read fast enough. `count` events are missing."""

    def __init__(self, message: str, *, count: int) -> None:
        super().__init__(message)
        self.count = count


class PartialFailure(EngageError, ExceptionGroup[ApiError]):
    """Some parts of a bulk request failed; each is one `ApiError`, in the server's order."""


def api_error(status: Status, *, http_status: int, operation: str) -> ApiError:
    """The `ApiError` subclass that fits a refused reply."""
    if http_status in (401, 403) or status.code == 603:
        kind: type[ApiError] = Unauthorized
    elif http_status == 404:
        kind = NotFound
    elif http_status == 429:
        kind = RateLimited
    elif http_status >= 500:
        kind = ServerFault
    else:
        kind = ApiError
    return kind(status.code, status.message, status.detail, http_status=http_status, operation=operation)
