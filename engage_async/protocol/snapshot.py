"""``GET /current-session`` read as notices, to find out what happened while notifications were lost.

Must live here: the translation. Must not: the request, or what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from engage_async.protocol.notices import Notice
from engage_async.protocol.readings import call_ids

VOICE, MEDIA = "/workspace/v3/voice", "/workspace/v3/media"


def snapshot_notices(data: Any, live_calls: Iterable[frozenset[str]]) -> Iterator[Notice]:
    """The notices that would have told what the snapshot shows.

    `data` is the reply's data, `live_calls` the ids of every call thought to be alive: one that the snapshot does not
    list is completed (a released one would still be there). A snapshot that does not say which calls there are says
    nothing about them.
    """
    user = data.get("user") if isinstance(data, dict) else None
    session = user.get("activeSession") if isinstance(user, dict) else None
    if not isinstance(user, dict) or "activeSession" not in user:
        return
    session = session if isinstance(session, dict) else {"calls": []}
    if isinstance(dn := session.get("dn"), dict):
        yield Notice(VOICE, "DnStateChanged", {"messageType": "DnStateChanged", "dn": dn}, "snapshot")
    calls = session.get("calls")
    if isinstance(calls, list):
        yield from _calls(calls, live_calls)
    if isinstance(media := session.get("media"), dict) and isinstance(media.get("channels"), list):
        yield Notice(MEDIA, "ChannelStateChanged", {"messageType": "ChannelStateChanged", "media": media}, "snapshot")


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


def _call(call: dict[str, Any]) -> Notice:
    return Notice(VOICE, "CallStateChanged", {"messageType": "CallStateChanged", "call": call}, "snapshot")
