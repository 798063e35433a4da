"""The operations of the workspace groups `workbins` and `mediaManagement`: their forms, and what each does.

Must live here: the tables, and the way from a request to workbins, snapshots and interactions, and to the message that
answers it. Must not: how these are kept, HTTP.

Sources: the request models of the vendor's clients; its agent API simulator for the messages. The messages that answer
a request about several workbins, and one for the details of an interaction under media management, are not documented:
here they are an ``EventAck``, and a ``SnapshotMessage`` of the type ``InteractionDetails``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engage_async.emulator.interactions import Interaction, InteractionState, WorkbinPlace
from engage_async.emulator.record_answers import (
    MEDIA_MANAGEMENT,
    WORKBINS,
    Answer,
    NoSuchResource,
    RecordRequest,
    UnknownRecord,
)
from engage_async.emulator.record_requests import RecordOperation, comma_separated, integer, words
from engage_async.emulator.records import Records
from engage_async.emulator.request_forms import Check, Form, boolean, names, pairs, text
from engage_async.emulator.rest_replies import MalformedRequest
from engage_async.emulator.snapshots import Snapshot

__all__ = ["MEDIA_MANAGEMENT_OPERATIONS", "WORKBINS_OPERATIONS"]

_PAGE = 100


# --- workbins ---------------------------------------------------------------------------------------------------------


def _get_workbins(records: Records, _: RecordRequest) -> Answer:
    return "EventWorkbins", {"workbins": records.workbins.all()}


def _get_contents(records: Records, request: RecordRequest) -> Answer:
    contents = {}
    for workbin_id in request.data["workbinIds"]:
        try:
            contents[workbin_id] = records.workbins.content(_place(records, request, workbin_id))
        except NoSuchResource:
            continue
    return "EventWorkbinsContent", {"workbins": contents}


def _get_content(records: Records, request: RecordRequest) -> Answer:
    return "EventWorkbinContent", {"workbin": records.workbins.content(_named_place(records, request))}


def _add_interaction(records: Records, request: RecordRequest) -> None:
    """What is said of it are the events of the interaction and of the workbin."""
    place = _named_place(records, request)
    interaction = records.living(request.data["interactionId"])
    with records.acting(request):
        records.workbins.add(request.user, interaction, place)


def _interaction_details(records: Records, request: RecordRequest) -> Answer:
    interaction = records.interaction(request.named["interactionId"])
    return "EventGetInteractionDetails", {"interaction": records.workbins.details(interaction)}


def _subscribe(records: Records, request: RecordRequest) -> Answer:
    properties = request.data.get("notifyPropertyChanges", False)
    records.workbins.subscribe(request.user, _named_place(records, request), properties=properties)
    return "EventAck", {**request.named, "operation": "SubscribeWorkbinEvents"}


def _unsubscribe(records: Records, request: RecordRequest) -> Answer:
    records.workbins.unsubscribe(request.user, _named_place(records, request))
    return "EventAck", {**request.named, "operation": "UnsubscribeWorkbinEvents"}


def _subscribe_many(records: Records, request: RecordRequest) -> Answer:
    for place in _places(records, request):
        records.workbins.subscribe(request.user, place)
    return "EventAck", {"operation": "SubscribeWorkbinEvents"}


def _unsubscribe_many(records: Records, request: RecordRequest) -> Answer:
    for place in _places(records, request):
        records.workbins.unsubscribe(request.user, place)
    return "EventAck", {"operation": "UnsubscribeWorkbinEvents"}


def _place(records: Records, request: RecordRequest, workbin_id: str) -> WorkbinPlace:
    return records.workbins.place(workbin_id, request.user, request.data.get("ownerId"))


def _named_place(records: Records, request: RecordRequest) -> WorkbinPlace:
    return _place(records, request, request.named["workbinId"])


def _places(records: Records, request: RecordRequest) -> list[WorkbinPlace]:
    return [_place(records, request, workbin_id) for workbin_id in request.data["workbinIds"]]


# --- snapshots --------------------------------------------------------------------------------------------------------


def _get_snapshot(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    taken = records.snapshots.take(records.interactions, data.get("condition"), data.get("order"))
    return "SnapshotContent", _page(records, request, taken)


def _get_snapshot_content(records: Records, request: RecordRequest) -> Answer:
    return "SnapshotContent", _page(records, request, records.snapshots.get(request.named["snapshotId"]))


def _page(records: Records, request: RecordRequest, snapshot: Snapshot) -> dict[str, Any]:
    start, size = request.data.get("startIndex", 0), request.data.get("size", _PAGE)
    return {
        "snapshotId": snapshot.id,
        "condition": snapshot.condition,
        "startIndex": start,
        "size": size,
        "numberOfInteractions": len(snapshot.interactions),
        "interactions": [_as_it_is(records, each) for each in snapshot.interactions[start : start + size]],
    }


def _as_it_is(records: Records, interaction_id: str) -> dict[str, Any]:
    """An interaction of a snapshot as it is now; of one that is forgotten since, what is certain."""
    try:
        return records.workbins.details(records.interaction(interaction_id))
    except UnknownRecord:
        return {"id": interaction_id, "state": InteractionState.COMPLETED.value}


def _release_snapshot(records: Records, request: RecordRequest) -> Answer:
    records.snapshots.release(request.named["snapshotId"])
    return "SnapshotReleased", dict(request.named)


# --- many interactions ------------------------------------------------------------------------------------------------


def _details(records: Records, request: RecordRequest) -> Answer:
    interaction = records.interaction(request.named["interactionId"])
    return "InteractionDetails", {**request.named, "interaction": records.workbins.details(interaction)}


def _manage_user_data(records: Records, request: RecordRequest) -> Answer:
    data = request.data

    def change(interaction: Interaction) -> None:
        interaction.detach(data.get("deletedUserData", ()))
        interaction.update(data.get("updatedUserData", []))
        interaction.attach(data.get("addedUserData", []))
        records.interactions.tell_all(interaction, "PropertiesUpdated")

    _with_each(records, request, change, properties=True)
    return "ManageUserData", {}


def _move_to_queue(records: Records, request: RecordRequest) -> Answer:
    name = request.data["queue"]
    for interaction_id in request.data["interactions"]:
        records.routing.queue_named(name, records.living(interaction_id).mediatype)
    _with_each(records, request, lambda interaction: records.interactions.queue(interaction, name))
    return "MoveToQueue", {}


def _move_to_workbin(records: Records, request: RecordRequest) -> Answer:
    place = _place(records, request, request.data["workbinId"])
    _with_each(records, request, lambda interaction: records.interactions.put_in_workbin(interaction, place))
    return "MoveToWorkbin", {}


def _complete(records: Records, request: RecordRequest) -> Answer:
    _with_each(records, request, lambda interaction: records.interactions.end(interaction, InteractionState.COMPLETED))
    return "complete", {}


def _cancel(records: Records, request: RecordRequest) -> Answer:
    _with_each(records, request, lambda interaction: records.interactions.end(interaction, InteractionState.CANCELED))
    return "cancel", {}


def _with_each(
    records: Records, request: RecordRequest, act: Callable[[Interaction], object], *, properties: bool = False
) -> None:
    """Do something with every interaction of the request, or with none when one of them is not there."""
    interactions = [records.living(interaction_id) for interaction_id in request.data["interactions"]]
    with records.acting(request, interactions if properties else ()):
        for interaction in interactions:
            act(interaction)


# --- the tables -------------------------------------------------------------------------------------------------------


def _reason(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedRequest(f"{name} must be an object")
    return value


_OWNER: dict[str, Check] = {"ownerId": text}
_MANY = Form({"workbinIds": comma_separated, **_OWNER}, required=("workbinIds",))
_INTERACTIONS = Form({"interactions": names}, required=("interactions",))
_WORKBIN, _SNAPSHOT = "/workbins/{workbinId}", "/media-management/{snapshotId}"

WORKBINS_OPERATIONS = (
    RecordOperation("/workbins/get-workbins", WORKBINS, _get_workbins),
    RecordOperation("/workbins/get-contents", WORKBINS, _get_contents, form=_MANY),
    RecordOperation(f"{_WORKBIN}/get-content", WORKBINS, _get_content, form=Form(_OWNER)),
    RecordOperation(
        f"{_WORKBIN}/add-interaction",
        WORKBINS,
        _add_interaction,
        form=Form(
            {"interactionId": text, "reason": _reason, "extension": pairs, **_OWNER}, required=("interactionId",)
        ),
    ),
    RecordOperation("/workbins/interactions/{interactionId}/get-details", WORKBINS, _interaction_details),
    RecordOperation(
        f"{_WORKBIN}/subscribe", WORKBINS, _subscribe, form=Form({"notifyPropertyChanges": boolean, **_OWNER})
    ),
    RecordOperation(f"{_WORKBIN}/unsubscribe", WORKBINS, _unsubscribe, form=Form(_OWNER)),
    RecordOperation("/workbins/subscribe", WORKBINS, _subscribe_many, form=_MANY),
    RecordOperation("/workbins/unsubscribe", WORKBINS, _unsubscribe_many, form=_MANY),
)

MEDIA_MANAGEMENT_OPERATIONS = (
    RecordOperation(
        "/media-management/get-snapshot",
        MEDIA_MANAGEMENT,
        _get_snapshot,
        form=Form({"condition": text, "order": text, "startIndex": integer, "size": integer}),
    ),
    RecordOperation(
        f"{_SNAPSHOT}/get-snapshot-content",
        MEDIA_MANAGEMENT,
        _get_snapshot_content,
        form=Form({"startIndex": integer, "size": integer}),
    ),
    RecordOperation(f"{_SNAPSHOT}/release-snapshot", MEDIA_MANAGEMENT, _release_snapshot),
    RecordOperation("/media-management/interactions/{interactionId}/get-details", MEDIA_MANAGEMENT, _details),
    RecordOperation(
        "/media-management/manage-user-data",
        MEDIA_MANAGEMENT,
        _manage_user_data,
        form=Form(
            {"interactions": names, "addedUserData": pairs, "updatedUserData": pairs, "deletedUserData": words},
            required=("interactions",),
        ),
    ),
    RecordOperation(
        "/media-management/move-to-queue",
        MEDIA_MANAGEMENT,
        _move_to_queue,
        form=Form({"interactions": names, "queue": text}, required=("interactions", "queue")),
    ),
    RecordOperation(
        "/media-management/move-to-workbin",
        MEDIA_MANAGEMENT,
        _move_to_workbin,
        form=Form({"interactions": names, "workbinId": text, **_OWNER}, required=("interactions", "workbinId")),
    ),
    RecordOperation("/media-management/complete", MEDIA_MANAGEMENT, _complete, form=_INTERACTIONS),
    RecordOperation("/media-management/cancel", MEDIA_MANAGEMENT, _cancel, form=_INTERACTIONS),
)
