"""Corporate mailboxes: where messages are fetched from and sent through.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `UsersApi` do. Passwords may be given as text, and are shown nowhere.
"""

from __future__ import annotations

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.results import inbound_mailboxes, outbound_mailboxes
from engage_async.models.provisioning.enums import ConnectionSecurity, MailboxType
from engage_async.models.provisioning.settings import InboundMailbox, OutboundMailbox
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.secret import Secret

_mail = Family("/provisioning/v3", "email_settings", "/email-settings/", wire={"mailbox_type": "type"})

_GET_INBOUND = _mail.get("get_inbound", path="/email-settings/inbound", gives=inbound_mailboxes)
_MODIFY_INBOUND = _mail.request(
    "POST", "modify_inbound", path="/email-settings/inbound", body="data", needs=("name",), repeat=Repeat.REPEATABLE
)
_DELETE_INBOUND = _mail.request(
    "DELETE", "delete_inbound", path="/email-settings/inbound", query=("name",), needs=("name",),
    gives=inbound_mailboxes,
)  # fmt: skip
_GET_OUTBOUND = _mail.get("get_outbound", path="/email-settings/outbound", gives=outbound_mailboxes)
_MODIFY_OUTBOUND = _mail.request(
    "POST", "modify_outbound", path="/email-settings/outbound", body="data", needs=("name",), repeat=Repeat.REPEATABLE
)


class EmailSettingsApi(SynchronousModule):
    """Mailboxes of the contact centre."""

    async def get_inbound(self, *, timeout: float | None = None) -> tuple[InboundMailbox, ...]:
        """The mailboxes that messages are fetched from."""
        found: tuple[InboundMailbox, ...] = await self._request(_GET_INBOUND, timeout=timeout)
        return found

    async def modify_inbound(
        self,
        name: str,
        *,
        mailbox_type: MailboxType | str | None = None,
        host: str | None = None,
        port: int | None = None,
        mailbox: str | None = None,
        password: str | Secret | None = None,
        connection_security: ConnectionSecurity | str | None = None,
        enabled: bool | None = None,
        max_message_size: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Add or change the mailbox of this name that messages are fetched from.

        `mailbox_type` is ``POP3``, ``IMAP`` or ``EWS``, `mailbox` the account's login name, `max_message_size` in MB.
        """
        password = None if password is None else Secret.of(password)  # no traceback shows the text
        await self._request(
            _MODIFY_INBOUND,
            name=name,
            mailbox_type=mailbox_type,
            host=host,
            port=port,
            mailbox=mailbox,
            password=password,
            connection_security=connection_security,
            enabled=enabled,
            max_message_size=max_message_size,
            timeout=timeout,
        )

    async def delete_inbound(self, name: str, *, timeout: float | None = None) -> tuple[InboundMailbox, ...]:
        """Remove the mailbox of this name, and give those that the reply lists."""
        left: tuple[InboundMailbox, ...] = await self._request(_DELETE_INBOUND, name=name, timeout=timeout)
        return left

    async def get_outbound(self, *, timeout: float | None = None) -> tuple[OutboundMailbox, ...]:
        """The mailboxes that messages are sent through."""
        found: tuple[OutboundMailbox, ...] = await self._request(_GET_OUTBOUND, timeout=timeout)
        return found

    async def modify_outbound(
        self,
        name: str,
        *,
        mailbox_type: MailboxType | str | None = None,
        host: str | None = None,
        port: int | None = None,
        mailbox: str | None = None,
        password: str | Secret | None = None,
        connection_security: ConnectionSecurity | str | None = None,
        from_email: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Add or change the mailbox of this name that messages are sent through.

        `mailbox_type` is ``SMTP`` or ``IMAP``, `mailbox` the account's login name, `from_email` the sender's address.
        """
        password = None if password is None else Secret.of(password)  # no traceback shows the text
        await self._request(
            _MODIFY_OUTBOUND,
            name=name,
            mailbox_type=mailbox_type,
            host=host,
            port=port,
            mailbox=mailbox,
            password=password,
            connection_security=connection_security,
            from_email=from_email,
            timeout=timeout,
        )
