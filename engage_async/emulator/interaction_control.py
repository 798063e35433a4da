"""What an agent does with an interaction of any media type: take it, give it away, its data and its files.

Must live here: what these requests do and when they are refused. Must not: what only emails or chats can, supervision,
HTTP.
"""

from __future__ import annotations

from typing import Any

from engage_async.emulator.chats import entering
from engage_async.emulator.interaction_store import MediaRequest
from engage_async.emulator.interactions import (
    Interaction,
    InteractionState,
    InteractionType,
    Offer,
    Party,
    PartyRole,
    pair_of,
)
from engage_async.emulator.media_floor import Control, MediaFloor
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["INTERACTION_CONTROL", "change_properties", "create_open_media", "pull", "transfer"]

BACK = "__BACK__"
"""The name that stands for the queue that an interaction came from (the vendor's agent API simulator)."""

_CONTACTS = "/workspace/v3/contacts"


def _working_state(interaction: Interaction) -> InteractionState:
    """The state of an interaction that an agent has at hand."""
    outbound = interaction.type is InteractionType.OUTBOUND
    return InteractionState.COMPOSING if outbound else InteractionState.PROCESSING


# --- taking it, giving it away ----------------------------------------------------------------------------------------


def _accept(floor: MediaFloor, interaction: Interaction, party: Party, _: MediaRequest) -> None:
    floor.routing.accepted(party)
    floor.store.change(interaction, party, _working_state(interaction))


def _reject(floor: MediaFloor, interaction: Interaction, party: Party, _: MediaRequest) -> None:
    floor.routing.declined(interaction, party)


def _complete(floor: MediaFloor, interaction: Interaction, _party: Party, _: MediaRequest) -> None:
    floor.store.end(interaction, InteractionState.COMPLETED)


def transfer(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    """Give it to another agent, who is invited. Raises `Refused`."""
    target = floor.routing.agent_named(request.data["agentId"], interaction.mediatype).user_name
    if target in interaction.parties:
        raise Refused(TLibError.ALREADY_SO)
    floor.store.leave(interaction, party.user, InteractionState.COMPLETED)
    floor.routing.offer(Offer(interaction, PartyRole.HANDLES, agent=target, by=party.user))


def _place_in_queue(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    data = request.data
    name = floor.routing.home_of(interaction) if data["queue"] == BACK else data["queue"]
    workbin = floor.workbin_named(name, party.user)
    queue = floor.routing.queue_named(name, interaction.mediatype) if workbin is None else None
    change_properties(interaction, data)
    if workbin is not None:
        floor.store.put_in_workbin(interaction, workbin)
    elif queue is not None:
        floor.store.queue(interaction, queue.name)


def change_properties(interaction: Interaction, data: dict[str, Any]) -> None:
    """Change the user data as a request says that moves the interaction."""
    interaction.detach(pair["key"] for pair in data.get("deletedProperties", []))
    interaction.update(data.get("changedProperties", []))
    interaction.attach(data.get("addedProperties", []))


def pull(floor: MediaFloor, interaction: Interaction, request: MediaRequest) -> None:
    """Take an interaction out of a queue or a workbin. Raises `Refused` when it is not where it is said to be."""
    workbin_id, owner = request.data.get("workbinId"), request.data.get("ownerId")
    place = interaction.workbin
    if interaction.state not in {InteractionState.QUEUED, InteractionState.IN_WORKBIN}:
        raise Refused(TLibError.INVALID_STATE)
    if workbin_id is not None and (place is None or place.workbin_id != workbin_id):
        raise Refused(TLibError.INVALID_STATE)
    if owner is not None and place is not None:
        user = floor.directory.users.get(place.owner)
        if owner not in {place.owner, user.employee_id if user is not None else None}:
            raise Refused(TLibError.INVALID_STATE)
    with entering(interaction, floor.directory.users[request.user]):
        floor.store.join(interaction, request.user, PartyRole.HANDLES, _working_state(interaction))


def create_open_media(floor: MediaFloor, request: MediaRequest) -> None:
    """A new interaction that the agent has at hand."""
    data, mediatype = request.data, request.mediatype or ""
    queue = floor.routing.queue_named(data.get("queue") or floor.setup.default_queue(mediatype), mediatype)
    if data.get("contactId") is not None and not floor.knows_contact(data["contactId"]):
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    interaction = floor.store.create(
        mediatype,
        InteractionType.OUTBOUND,
        data.get("subtype", "OutboundNew"),
        queue=queue.name,
        parent_id=data.get("parentId"),
        contact_id=data.get("contactId"),
        user_data=data.get("userData", []),
    )
    if data.get("subject") is not None:
        interaction.update([pair_of("Subject", data["subject"])])
    floor.store.join(interaction, request.user, PartyRole.HANDLES, InteractionState.COMPOSING)


# --- its data ---------------------------------------------------------------------------------------------------------


def _attach_user_data(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    interaction.attach(request.data["userData"])
    floor.store.tell_all(interaction, "PropertiesUpdated")


def _update_user_data(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    interaction.update(request.data["userData"])
    floor.store.tell_all(interaction, "PropertiesUpdated")


def _delete_user_data(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    """The keys are those of ``keys``; the simulator takes them from ``userData``, as an older client sends them."""
    keys = [*request.data.get("keys", ()), *(pair["key"] for pair in request.data.get("userData", ()))]
    interaction.detach(keys)
    floor.store.tell_all(interaction, "PropertiesUpdated")


def _set_comment(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    interaction.comment = request.data["comment"]
    floor.store.tell_all(interaction)


def _assign_contact(floor: MediaFloor, interaction: Interaction, party: Party, request: MediaRequest) -> None:
    contact_id = request.data["contactId"]
    if not floor.knows_contact(contact_id):
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    interaction.contact_id = contact_id
    floor.store.tell_all(interaction, "PropertiesUpdated")
    event = {"messageType": "UcsMessage", "name": "EventInteractionAssignedToContact"}
    named = {"interactionId": interaction.id, "contactId": contact_id}
    floor.store.say(party.user, interaction, event | named, channel=_CONTACTS)


def _add_content(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    """Keep a record of the interaction among those of its contact."""
    data = request.data
    if data.get("contactId") is not None and not floor.knows_contact(data["contactId"]):
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    interaction.comment = data.get("comment", interaction.comment)
    interaction.thread_id = data.get("threadId", interaction.thread_id)
    interaction.parent_id = data.get("parentId", interaction.parent_id)
    interaction.contact_id = data.get("contactId", interaction.contact_id)
    floor.store.tell_all(interaction, "UCSPropertiesUpdated")


# --- its files --------------------------------------------------------------------------------------------------------


def _add_document(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    """Also of a file that has just been sent: the document is known then."""
    document = floor.document(request.data["documentId"])
    if document is None:
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    interaction.attachments[document.id] = document
    floor.store.tell_all(interaction, "UCSPropertiesUpdated")


def _remove_attachment(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    document = interaction.attachments.pop(request.data["documentId"], None)
    if document is None:
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    floor.store.tell_all(interaction, "UCSPropertiesUpdated")


INTERACTION_CONTROL: Control = {
    "accept": _accept,
    "reject": _reject,
    "complete": _complete,
    "transfer-agent": transfer,
    "place-in-queue": _place_in_queue,
    "attach-user-data": _attach_user_data,
    "update-user-data": _update_user_data,
    "delete-user-data": _delete_user_data,
    "set-comment": _set_comment,
    "assign-contact": _assign_contact,
    "add-content": _add_content,
    "add-document": _add_document,
    "add-attachment": _add_document,
    "remove-attachment": _remove_attachment,
}
