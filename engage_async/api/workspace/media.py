"""Media channels, and interactions of every media type.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches;
what only emails (`email`) or chats (`chat`) can do.

Every method sends nothing until it is awaited (see `Operation`), and raises `InvalidArgument` for arguments that cannot
be sent, `ApiError` when the server refuses the request, `OperationFailed` when the Interaction Server does
(`InteractionEnded` when the interaction ends first), `OperationTimeout` after `timeout` seconds (default: the setting
`operation_timeout`), `OperationLost` when notifications were lost and the current session proves nothing, `NotSent`
when nothing left this machine.

`mediatype` is the name of a channel: ``email``, ``chat``, ``workitem``, ``outboundpreview``, or one of the deployment's
own. `extensions`, `user_data` and `…_properties` are key/value lists: plain dicts, or lists of pairs where keys repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from engage_async.api.module import ApiModule, Sender
from engage_async.api.results import nothing
from engage_async.api.workspace.media_values import (
    DeletionForm,
    a_channel,
    an_interaction,
    channels_where,
    deletion,
    reason_on_wire,
)
from engage_async.io.downloads import Download
from engage_async.models.interactions import Interaction, InteractionReason
from engage_async.models.media import Channel
from engage_async.models.media_enums import InteractionSubtype, MediaMonitorMode, NextInteractions, PullContext
from engage_async.operation import Operation
from engage_async.protocol import media_completion as when
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.multipart import FilePart, OnProgress, Source
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

REPEATABLE = Repeat.REPEATABLE

_KEY_VALUES = frozenset({"extensions", "user_data", "added_properties", "changed_properties", "deleted_properties"})
_WIRE = {"extensions": "extension", "next_interactions": "monitoringNextInteractionType", "mode": "monitoringMode"}

_all = Family("/workspace/v3", "media", "/media/")
_channel = Family("/workspace/v3", "media", "/media/{mediatype}/", wire=_WIRE, gives=a_channel, key_values=_KEY_VALUES)
_interaction = Family(
    "/workspace/v3",
    "media",
    "/media/{mediatype}/interactions/{interaction_id}/",
    wire=_WIRE,
    gives=an_interaction,
    key_values=_KEY_VALUES,
)
_each = partial(_all.post, repeat=REPEATABLE, body="none", operation_id=False, bulk=True)
_supervise = partial(_interaction.post, settles=when.interaction_accepted, body="bare")

_READY = _channel.post("ready", when.channel_becomes("Ready"), repeat=REPEATABLE)
_NOT_READY = _channel.post("not_ready", when.channel_becomes_not_ready, repeat=REPEATABLE)
_LOGOUT = _channel.post("logout", when.channel_becomes("LoggedOut"), repeat=REPEATABLE)
_READY_ALL = _each(
    "ready_all",
    when.channels_become("state:Ready"),
    path="/media/ready",
    gives=channels_where(lambda channel: channel.state == "Ready", "Ready"),
)
_NOT_READY_ALL = _each(
    "not_ready_all",
    when.channels_become("state:NotReady"),
    path="/media/not-ready",
    body="data",
    wire=_WIRE,
    key_values=_KEY_VALUES,
    unsent=("channels",),
    gives=channels_where(lambda channel: channel.state == "NotReady", "NotReady"),
)
_LOGOUT_ALL = _each(
    "logout_all",
    when.channels_become("state:LoggedOut"),
    path="/media/logout",
    gives=channels_where(lambda channel: channel.state == "LoggedOut", "LoggedOut"),
)
_DND_ON = _each(
    "dnd_on", when.channels_become("dnd:on"), gives=channels_where(lambda channel: channel.dnd, "in do-not-disturb")
)
_DND_OFF = _each(
    "dnd_off",
    when.channels_become("dnd:off"),
    gives=channels_where(lambda channel: not channel.dnd, "out of do-not-disturb"),
)
_ACCEPT = _interaction.post("accept", when.interaction_is_taken)
_REJECT = _interaction.post("reject", when.interaction_is_rejected)
_COMPLETE = _interaction.post("complete", when.interaction_becomes("Completed"))
_ATTACH_USER_DATA = _interaction.post("attach_user_data", when.interaction_has_user_data)
_UPDATE_USER_DATA = _interaction.post("update_user_data", when.interaction_has_user_data, repeat=REPEATABLE)
_DELETE_USER_DATA = _interaction.post("delete_user_data", when.interaction_lacks_user_data, repeat=REPEATABLE)
_SET_COMMENT = _interaction.post("set_comment", when.interaction_has_comment, repeat=REPEATABLE)
_ASSIGN_CONTACT = _interaction.post(
    "assign_contact",
    when.interaction_has_contact,
    path="/media/{mediatype}/interactions/{interaction_id}/assign-contact/{contact_id}",
    repeat=REPEATABLE,
    body="bare",
)
_PLACE_IN_QUEUE = _interaction.post("place_in_queue", when.interaction_is_placed, needs=("queue",))
_TRANSFER_AGENT = _interaction.post("transfer_agent", when.interaction_ends, needs=("agent_id",))
_PULL = _interaction.post("pull", when.interaction_is_taken)
_PUT_ON_HOLD = _interaction.post(
    "put_on_hold",
    when.on("chat", when.interaction_is_held),
    path="/media/chat/interactions/{interaction_id}/put-on-hold",
    needs=("queue",),
)
_CREATE = _interaction.post("create", when.interaction_appears, path="/media/{mediatype}/interactions/create")
_ADD_CONTENT = _interaction.post("add_content", when.interaction_changes)
_ADD_DOCUMENT = _interaction.post("add_document", when.interaction_has_attachment, needs=("document_id",))
_ADD_ATTACHMENT = _interaction.post("add_attachment", when.interaction_has_attachment, body="parts", operation_id=False)
_REMOVE_ATTACHMENT = _interaction.post(
    "remove_attachment",
    when.interaction_lacks_attachment,
    path="/media/{mediatype}/interactions/{interaction_id}/remove-attachment/{document_id}",
    body="bare",
)
_GET_ATTACHMENT = _interaction.get(
    "get_attachment",
    path="/media/{mediatype}/interactions/{interaction_id}/attachments/{document_id}",
    enveloped=False,
)
_START_MONITORING = _channel.post(
    "start_monitoring", when.channel_accepted, needs=("agent_id", "mode", "next_interactions"), gives=nothing
)
_STOP_MONITORING = _channel.post("stop_monitoring", when.channel_accepted, needs=("agent_id",), gives=nothing)
_SWITCH_TO_BARGE_IN = _supervise("switch_to_barge_in")
_SWITCH_TO_COACH = _supervise("switch_to_coach")
_SWITCH_TO_MONITOR = _supervise("switch_to_monitor")


class MediaApi(ApiModule):
    """Operations on the media channels of one agent, and on the interactions that come by them.

    Those for all channels at once (`ready_all`, `not_ready_all`, `logout_all`, `dnd_on`, `dnd_off`) wait for each
    channel on which the agent is logged in when they are called. They settle when each has reported or refused (an
    error event on its own notification channel), or at the deadline with those that have, and give a `PartialResult`:
    the channels that did it as `data`, and a `ChannelRefused` for each that did not.
    """

    def __init__(self, sender: Sender, *, channels: Callable[[], Collection[str]] = tuple) -> None:
        super().__init__(sender)
        self._channels = channels

    def ready(
        self,
        mediatype: str,
        *,
        reason: InteractionReason | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Channel]:
        """Make the agent ready for interactions of one media type.

        Settles with the channel once its state is ``Ready``.
        """
        return self._start(
            _READY, mediatype=mediatype, reason=reason_on_wire(reason), extensions=extensions, timeout=timeout
        )

    def not_ready(
        self,
        mediatype: str,
        *,
        reason_code: str | None = None,
        reason: InteractionReason | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Channel]:
        """Make the agent not ready for interactions of one media type, for a reason.

        Settles with the channel once its state is ``NotReady`` with the reason code asked for; with another, one second
        later.
        """
        return self._start(
            _NOT_READY,
            mediatype=mediatype,
            reason_code=reason_code,
            reason=reason_on_wire(reason),
            extensions=extensions,
            timeout=timeout,
        )

    def logout(
        self,
        mediatype: str,
        *,
        reason: InteractionReason | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Channel]:
        """Log the agent out of one media channel.

        Settles with the channel once its state is ``LoggedOut``.
        """
        return self._start(
            _LOGOUT, mediatype=mediatype, reason=reason_on_wire(reason), extensions=extensions, timeout=timeout
        )

    def ready_all(self, *, timeout: float | None = None) -> Operation[PartialResult[tuple[Channel, ...]]]:
        """Make the agent ready on all media channels.

        Settles with the channels that are ``Ready``, and an error for each that is not.
        """
        return self._start(_READY_ALL, channels=self._channels(), timeout=timeout)

    def not_ready_all(
        self,
        *,
        reason_code: str | None = None,
        reason: InteractionReason | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[PartialResult[tuple[Channel, ...]]]:
        """Make the agent not ready on all media channels, for a reason.

        Settles with the channels that are ``NotReady``, and an error for each that is not.
        """
        return self._start(
            _NOT_READY_ALL,
            channels=self._channels(),
            reason_code=reason_code,
            reason=reason_on_wire(reason),
            extensions=extensions,
            timeout=timeout,
        )

    def logout_all(self, *, timeout: float | None = None) -> Operation[PartialResult[tuple[Channel, ...]]]:
        """Log the agent out of all media channels.

        Settles with the channels that are ``LoggedOut``, and an error for each that is not.
        """
        return self._start(_LOGOUT_ALL, channels=self._channels(), timeout=timeout)

    def dnd_on(self, *, timeout: float | None = None) -> Operation[PartialResult[tuple[Channel, ...]]]:
        """Turn do-not-disturb on for all media channels.

        Settles with the channels where it is on, and an error for each where it is not.
        """
        return self._start(_DND_ON, channels=self._channels(), timeout=timeout)

    def dnd_off(self, *, timeout: float | None = None) -> Operation[PartialResult[tuple[Channel, ...]]]:
        """Turn do-not-disturb off for all media channels.

        Settles with the channels where it is off, and an error for each where it is not.
        """
        return self._start(_DND_OFF, channels=self._channels(), timeout=timeout)

    def accept(
        self,
        mediatype: str,
        interaction_id: str,
        *,
        nickname: str | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Accept an interaction that was offered; `nickname` is the agent's in a chat.

        Settles with the interaction once it is no longer ``Invited``: ``Processing`` (``Composing`` when outbound).
        """
        return self._start(
            _ACCEPT,
            mediatype=mediatype,
            interaction_id=interaction_id,
            nickname=nickname,
            extensions=extensions,
            timeout=timeout,
        )

    def reject(
        self,
        mediatype: str,
        interaction_id: str,
        *,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Reject an interaction that was offered; it is offered to others.

        Settles with the interaction once it has left the agent: the vendor's simulator says ``Completed``.
        """
        return self._start(
            _REJECT, mediatype=mediatype, interaction_id=interaction_id, extensions=extensions, timeout=timeout
        )

    def complete(
        self,
        mediatype: str,
        interaction_id: str,
        *,
        reason_on_stop: str | None = None,
        reason_on_place_in_queue: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Mark an interaction as done.

        Settles with the interaction once it is ``Completed``.
        """
        return self._start(
            _COMPLETE,
            mediatype=mediatype,
            interaction_id=interaction_id,
            reason_on_stop=reason_on_stop,
            reason_on_place_in_queue=reason_on_place_in_queue,
            timeout=timeout,
        )

    def attach_user_data(
        self, mediatype: str, interaction_id: str, user_data: KeyValues, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Add pairs to the interaction's user data; a key that is there already gets a second value.

        Settles with the interaction once its properties have changed and hold the pairs.
        """
        return self._start(
            _ATTACH_USER_DATA, mediatype=mediatype, interaction_id=interaction_id, user_data=user_data, timeout=timeout
        )

    def update_user_data(
        self, mediatype: str, interaction_id: str, user_data: KeyValues, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Set pairs of the interaction's user data, replacing the values of these keys.

        Settles with the interaction once its properties have changed and hold the pairs.
        """
        return self._start(
            _UPDATE_USER_DATA, mediatype=mediatype, interaction_id=interaction_id, user_data=user_data, timeout=timeout
        )

    def delete_user_data(
        self,
        mediatype: str,
        interaction_id: str,
        keys: Iterable[str],
        *,
        form: DeletionForm = "client",
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Remove keys from the interaction's user data.

        The vendor's sources disagree on the body: its clients send the `keys` as such, its simulator reads them from a
        key/value list (``form="simulator"``). Settles with the interaction once its properties have changed and none of
        the keys is left.
        """
        return self._start(
            _DELETE_USER_DATA,
            mediatype=mediatype,
            interaction_id=interaction_id,
            timeout=timeout,
            **deletion(keys, form),
        )

    def set_comment(
        self, mediatype: str, interaction_id: str, comment: str, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Set the interaction's comment.

        Settles with the interaction once it has this comment.
        """
        return self._start(
            _SET_COMMENT, mediatype=mediatype, interaction_id=interaction_id, comment=comment, timeout=timeout
        )

    def assign_contact(
        self, mediatype: str, interaction_id: str, contact_id: str, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Assign the interaction to a contact.

        Settles with the interaction once it has this contact, or ``EventInteractionAssignedToContact`` says so.
        """
        return self._start(
            _ASSIGN_CONTACT, mediatype=mediatype, interaction_id=interaction_id, contact_id=contact_id, timeout=timeout
        )

    def place_in_queue(
        self,
        mediatype: str,
        interaction_id: str,
        queue: str,
        *,
        reason: InteractionReason | None = None,
        extensions: KeyValues | None = None,
        added_properties: KeyValues | None = None,
        changed_properties: KeyValues | None = None,
        deleted_properties: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Put the interaction into a queue, or a workbin's queue; ``__BACK__`` is the queue that it came from.

        Settles with the interaction once it is ``InWorkbin`` or ``Queued`` or has left the agent. Of an ordinary queue
        the vendor's simulator tells nothing: then it settles one second after acceptance, unless an error comes before.
        """
        return self._start(
            _PLACE_IN_QUEUE,
            mediatype=mediatype,
            interaction_id=interaction_id,
            queue=queue,
            reason=reason_on_wire(reason),
            extensions=extensions,
            added_properties=added_properties,
            changed_properties=changed_properties,
            deleted_properties=deleted_properties,
            timeout=timeout,
        )

    def transfer_agent(
        self,
        mediatype: str,
        interaction_id: str,
        agent_id: str,
        *,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Transfer the interaction to another agent, by employee id.

        Settles with the interaction once it has left this agent (``Completed`` here).
        """
        return self._start(
            _TRANSFER_AGENT,
            mediatype=mediatype,
            interaction_id=interaction_id,
            agent_id=agent_id,
            extensions=extensions,
            timeout=timeout,
        )

    def pull(
        self,
        mediatype: str,
        interaction_id: str,
        *,
        workbin_id: str | None = None,
        owner_id: str | None = None,
        use_reviewer: bool | None = None,
        context: PullContext | str | None = None,
        reason: InteractionReason | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Take the interaction out of a workbin, or a queue, onto the agent's desk.

        Settles with the interaction once it is ``Processing`` or ``Composing``.
        """
        return self._start(
            _PULL,
            mediatype=mediatype,
            interaction_id=interaction_id,
            workbin_id=workbin_id,
            owner_id=owner_id,
            use_reviewer=use_reviewer,
            context=context,
            reason=reason_on_wire(reason),
            extensions=extensions,
            timeout=timeout,
        )

    def put_on_hold(
        self,
        interaction_id: str,
        queue: str,
        *,
        reason: InteractionReason | None = None,
        extensions: KeyValues | None = None,
        added_properties: KeyValues | None = None,
        changed_properties: KeyValues | None = None,
        deleted_properties: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Put an asynchronous chat on hold, into `queue`; `ChatApi.resume` takes it up again.

        Settles with the interaction once it is held, or its state has changed.
        """
        return self._start(
            _PUT_ON_HOLD,
            interaction_id=interaction_id,
            queue=queue,
            reason=reason_on_wire(reason),
            extensions=extensions,
            added_properties=added_properties,
            changed_properties=changed_properties,
            deleted_properties=deleted_properties,
            timeout=timeout,
        )

    def create(
        self,
        mediatype: str,
        *,
        subtype: InteractionSubtype | str | None = None,
        queue: str | None = None,
        parent_id: str | None = None,
        contact_id: str | None = None,
        subject: str | None = None,
        user_data: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Create an outbound interaction (for an email see `EmailApi.create`).

        Settles with the **new** interaction once it is ``Composing`` or ``Processing``.
        """
        return self._start(
            _CREATE,
            mediatype=mediatype,
            subtype=subtype,
            queue=queue,
            parent_id=parent_id,
            contact_id=contact_id,
            subject=subject,
            user_data=user_data,
            extensions=extensions,
            timeout=timeout,
        )

    def add_content(
        self,
        mediatype: str,
        interaction_id: str,
        *,
        comment: str | None = None,
        thread_id: str | None = None,
        parent_id: str | None = None,
        contact_id: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Create the record of the interaction in the contact server, with these properties.

        Settles with the interaction once its properties have changed. Which event tells it is not documented: without
        one it settles one second after acceptance, unless an error comes before.
        """
        return self._start(
            _ADD_CONTENT,
            mediatype=mediatype,
            interaction_id=interaction_id,
            comment=comment,
            thread_id=thread_id,
            parent_id=parent_id,
            contact_id=contact_id,
            timeout=timeout,
        )

    def add_document(
        self,
        mediatype: str,
        interaction_id: str,
        document_id: str,
        *,
        name: str | None = None,
        mime: str | None = None,
        size: int | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Attach a document that the contact server has already (`size` in bytes).

        Settles with the interaction once its attachments have changed.
        """
        return self._start(
            _ADD_DOCUMENT,
            mediatype=mediatype,
            interaction_id=interaction_id,
            document_id=document_id,
            name=name,
            mime=mime,
            size=size,
            timeout=timeout,
        )

    def add_attachment(
        self,
        mediatype: str,
        interaction_id: str,
        source: Source,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        size: int | None = None,
        progress: OnProgress | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Attach a file, streamed from a path, bytes, an open binary file or an async iterator of bytes.

        `filename` is needed when the source has none; `content_type` is guessed from it; `size`, in bytes, is told to
        the server when the source cannot tell it; `progress` is called as the bytes go out. `timeout` bounds the upload
        too; the default counts from its end. Settles with the interaction once its attachments have changed. Raises
        `UploadFailed` when the source fails half-way.
        """
        return self._start(
            _ADD_ATTACHMENT,
            mediatype=mediatype,
            interaction_id=interaction_id,
            attachment=FilePart(
                name="attachment",
                source=source,
                filename=filename,
                content_type=content_type,
                size=size,
                progress=progress,
            ),
            timeout=timeout,
        )

    def remove_attachment(
        self, mediatype: str, interaction_id: str, document_id: str, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Remove an attachment.

        Settles with the interaction once its attachments have changed and the document is not among them.
        """
        return self._start(
            _REMOVE_ATTACHMENT,
            mediatype=mediatype,
            interaction_id=interaction_id,
            document_id=document_id,
            timeout=timeout,
        )

    async def get_attachment(
        self, mediatype: str, interaction_id: str, document_id: str, *, timeout: float | None = None
    ) -> Download:
        """Open an attachment for reading: its name, type and size, and its content as a stream.

        ``async with await agent.media.get_attachment(…) as file: await file.save(file.name)``.
        """
        return await self._download(
            _GET_ATTACHMENT,
            mediatype=mediatype,
            interaction_id=interaction_id,
            document_id=document_id,
            timeout=timeout,
        )

    def start_monitoring(
        self,
        mediatype: str,
        agent_id: str,
        *,
        mode: MediaMonitorMode | str = MediaMonitorMode.MONITOR,
        next_interactions: NextInteractions | str = NextInteractions.ALL,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Monitor the interactions of another agent on one channel (supervisors only).

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(
            _START_MONITORING,
            mediatype=mediatype,
            agent_id=agent_id,
            mode=mode,
            next_interactions=next_interactions,
            timeout=timeout,
        )

    def stop_monitoring(self, mediatype: str, agent_id: str, *, timeout: float | None = None) -> Operation[None]:
        """Stop monitoring another agent on one channel.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_STOP_MONITORING, mediatype=mediatype, agent_id=agent_id, timeout=timeout)

    def switch_to_barge_in(
        self, mediatype: str, interaction_id: str, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Join a monitored interaction so that everybody sees the supervisor.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_SWITCH_TO_BARGE_IN, mediatype=mediatype, interaction_id=interaction_id, timeout=timeout)

    def switch_to_coach(
        self, mediatype: str, interaction_id: str, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Supervise a monitored interaction so that only the agent sees the supervisor.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_SWITCH_TO_COACH, mediatype=mediatype, interaction_id=interaction_id, timeout=timeout)

    def switch_to_monitor(
        self, mediatype: str, interaction_id: str, *, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Supervise a monitored interaction unseen.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_SWITCH_TO_MONITOR, mediatype=mediatype, interaction_id=interaction_id, timeout=timeout)
