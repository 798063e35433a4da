"""Options, mail, network and recording settings of a contact centre.

Must live here: the records. Must not: requests.

Source: the vendor's API definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from engage_async.models.codec import structure
from engage_async.models.provisioning.enums import ConnectionSecurity, MailboxType
from engage_async.models.provisioning.plain import objects_in, plain
from engage_async.models.record import NOTHING_MORE, Record, local, wire
from engage_async.secret import Secret

__all__ = [
    "InboundMailbox", "Mailbox", "Options", "OutboundMailbox", "RecordingCertificate", "Whitelist", "WhitelistAddress",
    "read_inbound_mailbox", "read_outbound_mailbox", "read_whitelist",
]  # fmt: skip


@frozen(kw_only=True)
class Options(Record):
    """The options of the cloud's application, merged with those of a user or an agent group when one was named.

    `application` is the name of the application object that holds them, `application_dbid` its id.
    """

    options: Mapping[str, Any] = field(default=NOTHING_MORE, hash=False)
    application: str | None = wire(None, "cmeAppName")
    application_dbid: str | None = wire(None, "cmeAppDBID")


@frozen(kw_only=True)
class Mailbox(Record):
    """A corporate mailbox: `mailbox` is the account's login name, `host` and `port` its server."""

    name: str = ""
    type: MailboxType | None = None
    host: str | None = None
    port: int | None = None
    mailbox: str | None = None
    connection_security: ConnectionSecurity | None = None
    password: Secret | None = local(None, shown=False)


@frozen(kw_only=True)
class InboundMailbox(Mailbox):
    """A mailbox that messages are fetched from. `max_message_size` is in MB."""

    enabled: bool | None = None
    max_message_size: int | None = None


@frozen(kw_only=True)
class OutboundMailbox(Mailbox):
    """A mailbox that messages are sent through, with the address they come from."""

    from_email: str | None = None


@frozen(kw_only=True)
class WhitelistAddress(Record):
    """An IP address from which access is allowed."""

    id: str = ""
    address: str = ""


@frozen(kw_only=True)
class Whitelist(Record):
    """The addresses from which access is allowed, and whether that is enforced (`status`, as the service says it)."""

    status: str = wire("", "whitelistStatus")
    addresses: tuple[WhitelistAddress, ...] = local(())


@frozen(kw_only=True)
class RecordingCertificate(Record):
    """A certificate that call recordings are encrypted with. What else the service tells of it is in `extra`."""

    alias: str = ""


def read_inbound_mailbox(payload: Mapping[str, Any]) -> InboundMailbox:
    """A mailbox of a reply."""
    return evolve(structure(InboundMailbox, _without_password(payload)), password=_password(payload))


def read_outbound_mailbox(payload: Mapping[str, Any]) -> OutboundMailbox:
    """A mailbox of a reply."""
    return evolve(structure(OutboundMailbox, _without_password(payload)), password=_password(payload))


def read_whitelist(payload: Mapping[str, Any]) -> Whitelist:
    """The list of a reply, which stands beside its status and not in its data."""
    listed = payload.get("whitelist")
    entries = objects_in(listed.get("addresses") if isinstance(listed, dict) else None)
    addresses = tuple(structure(WhitelistAddress, plain(entry, texts=("id",))) for entry in entries)
    told = {name: value for name, value in payload.items() if name not in {"whitelist", "status"}}
    return evolve(structure(Whitelist, plain(told, texts=("whitelistStatus",))), addresses=addresses)


def _without_password(payload: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in payload.items() if name != "password"}
    return plain(told, numbers=("port", "maxMessageSize"), flags=("enabled",))


def _password(payload: Mapping[str, Any]) -> Secret | None:
    password = payload.get("password")
    return Secret(password) if isinstance(password, str) and password else None
