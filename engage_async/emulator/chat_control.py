"""What an agent does in a chat: join, talk, ask others in, hold, leave.

Must live here: what these requests do and when they are refused. Must not: the session itself (chats.py), supervision,
HTTP.
"""

from __future__ import annotations

from functools import partial

from engage_async.emulator.chats import ChatSession, Participant, entering
from engage_async.emulator.configuration import as_object
from engage_async.emulator.interaction_control import change_properties, transfer
from engage_async.emulator.interaction_store import MediaRequest
from engage_async.emulator.interactions import Interaction, InteractionState, Offer, Party, PartyRole
from engage_async.emulator.media_floor import Carry, Control, MediaFloor
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["CHAT_CONTROL"]


def _session(interaction: Interaction) -> ChatSession:
    """The session of an interaction that is a chat: only such have these operations."""
    if not isinstance(interaction.content, ChatSession):
        raise Refused(TLibError.INVALID_STATE)
    return interaction.content


def _me(interaction: Interaction, party: Party) -> Participant:
    part = _session(interaction).part_of(party.user)
    if part is None:
        raise Refused(TLibError.INVALID_STATE)
    return part


# --- joining and leaving ----------------------------------------------------------------------------------------------


def _accept(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    visibility = "Agent" if party.role is PartyRole.CONSULT else "All"
    user = floor.directory.users[party.user]
    with entering(interaction, user, request.data.get("nickname"), visibility=visibility):
        floor.routing.accepted(party)
        floor.store.change(interaction, party, InteractionState.PROCESSING)


def _leave(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    """The chat goes on for the others; the last agent closes it, and still has the interaction to complete."""
    session, data = _session(interaction), request.data
    action = data.get("afterAction", "CloseIfNoAgents")
    if action == "ForceClose" and party.role not in _TALKING:
        raise Refused(TLibError.ACCESS_RESTRICTED)
    if data.get("message") and session.open:
        _say("Text", floor, interaction, party, request)
    others = [p for p in interaction.parties.values() if p is not party and p.works and p.role in _TALKING]
    if action == "ForceClose" or (action == "CloseIfNoAgents" and not others and party.role in _TALKING):
        session.close()
        for other in others:
            if party.role is PartyRole.HANDLES:
                floor.store.leave(interaction, other.user, InteractionState.COMPLETED)
            else:
                floor.store.tell(interaction, other.user)
    if party.role is not PartyRole.HANDLES:
        floor.store.leave(interaction, party.user, InteractionState.COMPLETED)
    elif not session.open:
        session.left(party)
        floor.store.change(interaction, party, InteractionState.LEFT_CHAT)
    elif others:
        floor.store.leave(interaction, party.user, InteractionState.COMPLETED)
        floor.routing.give_up(interaction)
    else:
        floor.store.queue(interaction, floor.routing.home_of(interaction))


_TALKING = frozenset({PartyRole.HANDLES, PartyRole.CONFERENCE})


def _put_on_hold(floor: MediaFloor, interaction: Interaction, _party: Party, request: MediaRequest) -> None:
    data = request.data
    interaction.queue = floor.routing.queue_named(data["queue"], interaction.mediatype).name
    change_properties(interaction, data)
    interaction.held = True
    floor.store.tell_all(interaction)


def _resume(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    interaction.held = False
    part = _me(interaction, party)
    if part.nickname != request.data["nickname"]:
        _rename(floor, interaction, party, request)
    floor.store.tell_all(interaction)


# --- talking ----------------------------------------------------------------------------------------------------------


def _say(kind: str, _: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    """``kind`` is the type of the message that the transcript gets."""
    data = request.data
    pairs = data.get("userData")
    _session(interaction).post(
        kind,
        _me(interaction, party),
        data.get("message") if kind != "PushUrl" else data["url"],
        visibility=data.get("visibility", "All"),
        messageType=data.get("messageType"),
        treatAs=data.get("treatAs"),
        userData=as_object(pairs) if pairs else None,
    )


def _rename(_: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    part = _me(interaction, party)
    part.nickname = request.data["nickname"]
    _session(interaction).post("NicknameUpdated", part, visibility=request.data.get("visibility", "All"))


# --- asking others in -------------------------------------------------------------------------------------------------


def _ask_agent(
    role: PartyRole, floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest
) -> None:
    """Somebody who is consulted already, and is invited now, becomes visible to the customer."""
    target = floor.routing.agent_named(request.data["agentId"], interaction.mediatype).user_name
    there = interaction.parties.get(target)
    if there is not None:
        if not (role is PartyRole.CONFERENCE and there.role is PartyRole.CONSULT and there.works):
            raise Refused(TLibError.ALREADY_SO)
        there.role = PartyRole.CONFERENCE
        _show(interaction, there)
        floor.store.tell_all(interaction)
        return
    floor.routing.offer(Offer(interaction, role, agent=target, by=party.user))
    floor.store.tell(interaction, party.user)


def _ask_queue(
    role: PartyRole, floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest
) -> None:
    queue = floor.routing.queue_named(request.data["queue"], interaction.mediatype)
    floor.routing.offer(Offer(interaction, role, queue.name, by=party.user))
    floor.store.tell(interaction, party.user)


def _cancel_consult(floor: MediaFloor, interaction: Interaction, party: Party, _: MediaRequest) -> None:
    """An invitation that was accepted cannot be taken back."""
    if not floor.routing.withdraw(interaction, PartyRole.CONSULT, party.user):
        raise Refused(TLibError.INVALID_STATE)
    floor.store.tell(interaction, party.user)


def _remove_from_conference(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    target = floor.routing.agent_named(request.data["agentId"], interaction.mediatype).user_name
    there = interaction.parties.get(target)
    if there is None or there is party or there.role not in {PartyRole.CONFERENCE, PartyRole.CONSULT}:
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    floor.store.leave(interaction, target, InteractionState.COMPLETED if there.works else InteractionState.REVOKED)
    floor.store.tell_all(interaction)


def _transfer(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    """To somebody who is on the chat at once; anybody else is invited first."""
    target = floor.routing.agent_named(request.data["agentId"], interaction.mediatype).user_name
    there = interaction.parties.get(target)
    if there is None:
        transfer(floor, interaction, party, request)
        return
    if there is party or not there.works or there.role is PartyRole.OBSERVER:
        raise Refused(TLibError.ALREADY_SO)
    floor.store.leave(interaction, party.user, InteractionState.COMPLETED)
    there.role = PartyRole.HANDLES
    _show(interaction, there)
    floor.store.change(interaction, there, InteractionState.PROCESSING)


def _show(interaction: Interaction, party: Party) -> None:
    session, part = _session(interaction), _session(interaction).part_of(party.user)
    if part is not None:
        session.show(part, "All")


_SAID: dict[str, Carry] = {
    "send-message": partial(_say, "Text"),
    "send-url": partial(_say, "PushUrl"),
    "send-custom-notification": partial(_say, "CustomNotice"),
    "send-system-command": partial(_say, "Notice"),
    "send-typing-started": partial(_say, "TypingStarted"),
    "send-typing-stopped": partial(_say, "TypingStopped"),
}

CHAT_CONTROL: Control = {
    **_SAID,
    "accept": _accept,
    "leave": _leave,
    "put-on-hold": _put_on_hold,
    "resume": _resume,
    "update-nickname": _rename,
    "invite": partial(_ask_agent, PartyRole.CONFERENCE),
    "consult": partial(_ask_agent, PartyRole.CONSULT),
    "invite-by-queue": partial(_ask_queue, PartyRole.CONFERENCE),
    "consult-by-queue": partial(_ask_queue, PartyRole.CONSULT),
    "cancel-consult": _cancel_consult,
    "remove-from-conference": _remove_from_conference,
    "transfer-agent": _transfer,
}
