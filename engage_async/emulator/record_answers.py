"""How the services that keep records (contacts, workbins, snapshots) answer a request: by one message.

Must live here: the forms of messages and errors, and the switches about them. Must not: what any request does, HTTP.

    request ──► work ──► message with the operation's id, on the service's channel
                 └─ RecordRefused ──► error: an ``EventError``, or the service's own message with an error in it

Sources: the vendor's agent API simulator for the messages. It shows no errors: their forms and numbers follow those of
the voice channel, which are in tlib_errors.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from attrs import Factory, frozen

from engage_async.emulator.switches import Refusal
from engage_async.emulator.tlib_errors import Refused, TLibError, text_of

__all__ = [
    "CONTACTS", "MEDIA_MANAGEMENT", "WORKBINS", "Answer", "NoSuchResource", "RecordDesk", "RecordRefused",
    "RecordRequest", "RecordSwitches", "Service", "UnknownRecord",
]  # fmt: skip

Answer = tuple[str, dict[str, Any]]
"""The name of a message, and what it holds."""


@frozen
class Service:
    """A service: its channel, the type of its messages, and the member that names them."""

    channel: str
    message_type: str
    naming: str = "name"


CONTACTS = Service("/workspace/v3/contacts", "UcsMessage")
WORKBINS = Service("/workspace/v3/workbins", "WorkbinsMessage")
MEDIA_MANAGEMENT = Service("/workspace/v3/media-management", "SnapshotMessage", "notificationType")


@frozen
class RecordRequest:
    """A well-formed request. `operation` is the last word of its path, `named` the ids that the path holds, by the
    names that messages have for them, `data` the body's ``data``.
    """

    user: str
    operation: str
    operation_id: str | None = None
    named: dict[str, str] = Factory(dict)
    data: dict[str, Any] = Factory(dict)


class RecordRefused(Exception):
    """The service does not do what it is asked for: an error says so."""

    def __init__(self, code: TLibError, text: str | None = None, **named: str) -> None:
        super().__init__(text or code.text)
        self.code: TLibError = code
        self.text: str = text or code.text
        self.named: dict[str, str] = named


class UnknownRecord(RecordRefused):
    """There is no contact or interaction with this id."""

    def __init__(self, what: str, **named: str) -> None:
        super().__init__(TLibError.INVALID_ATTRIBUTE, f"No such {what}", **named)


class NoSuchResource(LookupError):
    """There is no response, category, workbin or snapshot with this id: the request itself is refused."""

    def __init__(self, **named: str) -> None:
        super().__init__(str(named))
        self.named = named


class RecordSwitches(Protocol):
    """Those of the emulator's switches that answers obey."""

    @property
    def echo_operation_id(self) -> bool:
        """Whether a message carries the operation id of its request."""
        ...

    @property
    def error_names(self) -> str:
        """What an error names beside code and message: ``nothing``, ``call`` (the objects) or ``everything``."""
        ...

    @property
    def error_form(self) -> str:
        """``event``: an ``EventError``; ``answer``: the service's own message with an error in it."""
        ...

    @property
    def report_unknown(self) -> bool:
        """Whether an unknown contact or interaction is told; if not, there is no answer."""
        ...

    def take_refusal(self, operation: str) -> Refusal | None:
        """The refusal that strikes this operation."""
        ...


class RecordDesk:
    """Answers requests. `new_id` makes the operation id of a request that came without one."""

    def __init__(
        self,
        switches: RecordSwitches,
        publish: Callable[[str, str, dict[str, Any]], object],
        new_id: Callable[[], str],
    ) -> None:
        self.switches = switches
        self._publish, self._new_id = publish, new_id

    def answer(self, service: Service, request: RecordRequest, work: Callable[[], Answer | None]) -> None:
        """Do the work and tell its outcome; nothing more is told of work that says everything by itself (None).

        Raises what the work raises but for a refusal, which is an outcome.
        """
        refusal = self.switches.take_refusal(request.operation)
        if refusal is not None:
            self._refuse(service, request, refusal.code, refusal.message or text_of(refusal.code), {})
            return
        try:
            answer = work()
        except Refused as refused:
            self._refuse(service, request, refused.code, refused.code.text, {})
        except RecordRefused as refused:
            if self.switches.report_unknown or not isinstance(refused, UnknownRecord):
                self._refuse(service, request, refused.code, refused.text, refused.named)
        else:
            if answer is not None:
                name, content = answer
                self.tell(service, request.user, name, self._signature(request) | content)

    def tell(self, service: Service, user: str, name: str, content: dict[str, Any]) -> None:
        """Send a message."""
        head = {"messageType": service.message_type, service.naming: name}
        self._publish(user, service.channel, head | content)

    def _signature(self, request: RecordRequest) -> dict[str, Any]:
        if not self.switches.echo_operation_id:
            return {}
        return {"operationId": request.operation_id or self._new_id()}

    def _refuse(self, service: Service, request: RecordRequest, code: int, text: str, named: dict[str, str]) -> None:
        names = self.switches.error_names
        objects = request.named | named if names in {"call", "everything"} else {}
        error = {"errorCode": int(code), "errorMessage": text}
        if self.switches.error_form == "answer":
            self.tell(service, request.user, "EventError", self._signature(request) | objects | error)
            return
        event: dict[str, Any] = {"messageType": "EventError", "error": error} | objects
        if names == "everything" and request.operation_id is not None:
            event["operationId"] = request.operation_id
        self._publish(request.user, service.channel, event)
