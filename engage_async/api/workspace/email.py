"""Emails: what only they can do.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches;
what every interaction can do (`media`).

Methods raise what those of `MediaApi` do. `body` is the email as it is (its type is `mime`, ``text/html`` for example),
`body_as_plain_text` the same as plain text. `extensions` and `user_data` are key/value lists.
"""

from __future__ import annotations

from collections.abc import Sequence

from engage_async.api.arguments import names
from engage_async.api.module import ApiModule
from engage_async.api.workspace.media_values import an_interaction
from engage_async.models.interactions import Interaction
from engage_async.operation import Operation
from engage_async.protocol import media_completion as when
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_email = Family(
    "/workspace/v3",
    "email",
    "/media/email/interactions/{interaction_id}/",
    wire={"from_address": "from", "extensions": "extension"},
    gives=an_interaction,
    domain="media",
    key_values=frozenset({"extensions", "user_data"}),
)

_ACCEPT = _email.post("accept", when.on("email", when.interaction_is_taken))
_CANCEL = _email.post("cancel", when.on("email", when.interaction_becomes("Canceled")), body="bare")
_CREATE = _email.post("create", when.on("email", when.interaction_appears), path="/media/email/interactions/create")
_FORWARD = _email.post("forward", when.on("email", when.interaction_appears), needs=("queue", "from_address"))
_REPLY = _email.post("reply", when.on("email", when.interaction_appears), needs=("queue", "from_address"))
_SAVE = _email.post(
    "save", when.on("email", when.interaction_is_saved), repeat=Repeat.REPEATABLE, needs=("from_address",)
)
_SEND = _email.post(
    "send", when.on("email", when.interaction_becomes("Sent", "Completed")), needs=("queue", "from_address")
)


class EmailApi(ApiModule):
    """Email operations of one agent."""

    def accept(
        self,
        interaction_id: str,
        *,
        use_reviewer: bool | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Accept an email that was offered; `use_reviewer` asks for it to be reviewed before it is sent.

        Settles with the interaction once it is ``Processing`` (``Composing`` when outbound).
        """
        return self._start(
            _ACCEPT, interaction_id=interaction_id, use_reviewer=use_reviewer, extensions=extensions, timeout=timeout
        )

    def cancel(self, interaction_id: str, *, timeout: float | None = None) -> Operation[Interaction]:
        """Throw away an outbound email that was not sent.

        Settles with the interaction once it is ``Canceled``.
        """
        return self._start(_CANCEL, interaction_id=interaction_id, timeout=timeout)

    def create(
        self,
        *,
        queue: str | None = None,
        from_address: str | None = None,
        to: str | None = None,
        subject: str | None = None,
        body: str | None = None,
        body_as_plain_text: str | None = None,
        mime: str | None = None,
        contact_id: str | None = None,
        parent_id: str | None = None,
        thread_id: str | None = None,
        documents: Sequence[str] | None = None,
        user_data: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Begin a new email; `to` is one address here, `documents` are ids of documents to attach.

        Settles with the **new** interaction once it is ``Composing``.
        """
        return self._start(
            _CREATE,
            queue=queue,
            from_address=from_address,
            to=to,
            subject=subject,
            body=body,
            body_as_plain_text=body_as_plain_text,
            mime=mime,
            contact_id=contact_id,
            parent_id=parent_id,
            thread_id=thread_id,
            documents=names("documents", documents),
            user_data=user_data,
            timeout=timeout,
        )

    def forward(
        self,
        interaction_id: str,
        *,
        queue: str,
        from_address: str,
        to: Sequence[str] | None = None,
        cc: Sequence[str] | None = None,
        bcc: Sequence[str] | None = None,
        subject: str | None = None,
        body: str | None = None,
        body_as_plain_text: str | None = None,
        mime: str | None = None,
        user_data: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Begin an email that forwards another.

        Settles with the **new** interaction once it is ``Composing``; its `parent_interaction_id` is `interaction_id`.
        """
        return self._start(
            _FORWARD,
            interaction_id=interaction_id,
            queue=queue,
            from_address=from_address,
            to=names("to", to),
            cc=names("cc", cc),
            bcc=names("bcc", bcc),
            subject=subject,
            body=body,
            body_as_plain_text=body_as_plain_text,
            mime=mime,
            user_data=user_data,
            timeout=timeout,
        )

    def reply(
        self,
        interaction_id: str,
        *,
        queue: str,
        from_address: str,
        to: Sequence[str] | None = None,
        cc: Sequence[str] | None = None,
        bcc: Sequence[str] | None = None,
        subject: str | None = None,
        body: str | None = None,
        body_as_plain_text: str | None = None,
        mime: str | None = None,
        user_data: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Begin an email that replies to another.

        Settles with the **new** interaction once it is ``Composing``; its `parent_interaction_id` is `interaction_id`.
        """
        return self._start(
            _REPLY,
            interaction_id=interaction_id,
            queue=queue,
            from_address=from_address,
            to=names("to", to),
            cc=names("cc", cc),
            bcc=names("bcc", bcc),
            subject=subject,
            body=body,
            body_as_plain_text=body_as_plain_text,
            mime=mime,
            user_data=user_data,
            timeout=timeout,
        )

    def save(
        self,
        interaction_id: str,
        *,
        from_address: str,
        to: Sequence[str],
        cc: Sequence[str] | None = None,
        bcc: Sequence[str] | None = None,
        subject: str | None = None,
        body: str | None = None,
        body_as_plain_text: str | None = None,
        mime: str | None = None,
        comment: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Save what was written so far of an outbound email.

        Settles with the interaction once ``EmailSaved`` says so.
        """
        return self._start(
            _SAVE,
            interaction_id=interaction_id,
            from_address=from_address,
            to=names("to", to),
            cc=names("cc", cc),
            bcc=names("bcc", bcc),
            subject=subject,
            body=body,
            body_as_plain_text=body_as_plain_text,
            mime=mime,
            comment=comment,
            timeout=timeout,
        )

    def send(
        self,
        interaction_id: str,
        *,
        queue: str,
        from_address: str,
        to: Sequence[str],
        cc: Sequence[str] | None = None,
        bcc: Sequence[str] | None = None,
        subject: str | None = None,
        body: str | None = None,
        body_as_plain_text: str | None = None,
        mime: str | None = None,
        comment: str | None = None,
        use_reviewer: bool | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Send an outbound email, by the outbound `queue`.

        Settles with the interaction once it is ``Sent``, or ``Completed`` without that being told.
        """
        return self._start(
            _SEND,
            interaction_id=interaction_id,
            queue=queue,
            from_address=from_address,
            to=names("to", to),
            cc=names("cc", cc),
            bcc=names("bcc", bcc),
            subject=subject,
            body=body,
            body_as_plain_text=body_as_plain_text,
            mime=mime,
            comment=comment,
            use_reviewer=use_reviewer,
            timeout=timeout,
        )
