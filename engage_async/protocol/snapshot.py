"""``GET /current-session`` read as notices, to find out what happened while notifications were lost.

Must live here: the translation. Must not: the request, or what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from engage_async.protocol.media_readings import interaction_id_of
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.reading import text
from engage_async.protocol.readings import call_ids

VOICE, MEDIA = "/workspace/v3/voice", "/workspace/v3/media"


def snapshot_notices(
    data: Any, live_calls: Iterable[frozenset[str]], live_interactions: Iterable[Payload] = ()
) -> Iterator[Notice]:
    """The notices that would have told what the snapshot shows.

    `data` is the reply's data, `live_calls` the ids of every call thought to be alive: one that the snapshot does not
    list is completed (a released one would still be there). A snapshot that does not say which calls there are says
    nothing about them. `live_interactions` are those thought to be on the agent's desk: likewise, channel by channel.
    """
    user = data.get("user") if isinstance(data, dict) else None
    session = user.get("activeSession") if isinstance(user, dict) else None
    if not isinstance(user, dict) or "activeSession" not in user:
        return
    session = session if isinstance(session, dict) else {"calls": [], "media": {"channels": []}}
    if isinstance(dn := session.get("dn"), dict):
        yield Notice(VOICE, "DnStateChanged", {"messageType": "DnStateChanged", "dn": dn}, "snapshot")
    calls = session.get("calls")
    if isinstance(calls, list):
        yield from _calls(calls, live_calls)
    if isinstance(media := session.get("media"), dict) and isinstance(media.get("channels"), list):
        yield Notice(MEDIA, "ChannelStateChanged", {"messageType": "ChannelStateChanged", "media": media}, "snapshot")
        yield from _interactions(media["channels"], live_interactions)


def _calls(calls: list[Any], live_calls: Iterable[frozenset[str]]) -> Iterator[Notice]:
    listed: set[str] = set()
    for call in calls:
        keys = call_ids(call)
        if keys:
            listed.update(key[1] for key in keys)
            if isinstance(previous := call.get("previousConnId"), str):
                listed.add(previous)
            yield _call(call)
    for ids in live_calls:
        if not ids & listed:
            call_id = min(ids)
            yield _call({"id": call_id, "connId": call_id, "state": "Completed"})


def _interactions(channels: list[Any], live_interactions: Iterable[Payload]) -> Iterator[Notice]:
    """Those of the channels that say which they have; of such a channel, or one that is gone, the others are over."""
    silent: set[str] = set()
    listed: set[str | None] = set()
    for channel in channels:
        name = text(channel.get("name")) if isinstance(channel, dict) else None
        there = channel.get("interactions") if isinstance(channel, dict) else None
        if name and not isinstance(there, list):
            silent.add(name)
        for interaction in there if name and isinstance(there, list) else ():
            if isinstance(interaction, dict):
                listed.add(interaction_id_of({"interaction": interaction}))
                yield _interaction({"mediatype": name, **interaction})
    for interaction in live_interactions:
        known, mediatype = interaction_id_of({"interaction": interaction}), text(interaction.get("mediatype"))
        if known not in listed and mediatype not in silent:
            yield _interaction({**interaction, "state": "Completed"})


def _interaction(interaction: Payload) -> Notice:
    payload = {"messageType": "InteractionStateChanged", "interaction": interaction}
    mediatype = text(interaction.get("mediatype")) or ""
    return Notice(f"{MEDIA}/{mediatype}", "InteractionStateChanged", payload, "snapshot")


def _call(call: dict[str, Any]) -> Notice:
    return Notice(VOICE, "CallStateChanged", {"messageType": "CallStateChanged", "call": call}, "snapshot")
