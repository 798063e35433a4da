"""The statistics service's notifications and errors, as far as they need reading before anything is structured.

Must live here: what its two channels carry, and which statistic an error is about. Must not: I/O, typed models.

    /statistics/v3/updates   {"data": {"statistics": [{"subscriptionId": …, "statisticId": …, "value": …, …}]}}
    /statistics/v3/service   {"data": {"serviceState": "Available"}}

Source: the vendor's Java and JavaScript clients. They accept both with and without the wrapper ``data``, and neither
message has a ``messageType``; the names given here are ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import evolve

from engage_async.protocol.notices import Notice, Payload

__all__ = ["SERVICE", "UPDATES", "blamed", "read_service_notice", "updates_of"]

UPDATES, SERVICE = "/statistics/v3/updates", "/statistics/v3/service"

Asked = Mapping[str, Any]
"""A statistic as its request had it: ``statisticId`` (where there is one), ``name``, ``objectId``, ``objectType``."""

_OBJECT = ("name", "objectId", "objectType")


def read_service_notice(notice: Notice) -> Notice:
    """The notice without its wrapper and with the type that its channel tells; others as they are."""
    if notice.channel == UPDATES:
        return evolve(notice, message_type="StatisticsUpdated", payload=_sound(_unwrapped(notice.payload)))
    if notice.channel == SERVICE:
        payload = {"serviceName": "STATS", **_unwrapped(notice.payload)}
        return evolve(notice, message_type="ServiceStateChanged", payload=payload)
    return notice


def updates_of(payload: Payload) -> Sequence[Payload] | None:
    """The values in an update (`read_service_notice` has read it); None when it has no list of them."""
    statistics = payload.get("statistics")
    return statistics if isinstance(statistics, list) else None


def _unwrapped(payload: Payload) -> Payload:
    inner = payload.get("data")
    return inner if isinstance(inner, dict) else payload


def _sound(payload: Payload) -> Payload:
    """The same without the elements that are no objects."""
    statistics = payload.get("statistics")
    if not isinstance(statistics, list) or all(isinstance(each, dict) for each in statistics):
        return payload
    return {**payload, "statistics": [each for each in statistics if isinstance(each, dict)]}


def blamed(asked: Sequence[Asked], errors: Sequence[tuple[str, Any]], opened: Collection[int]) -> list[int | None]:
    """Which of the statistics asked for each error (its message and detail) is about, by index; None: not to be told.

    How the service names a refused statistic is not documented, so, in this order: the detail is (or holds) an object
    with its ``statisticId``, or with its name and object; its id is a word of the message or detail; as many errors
    name nothing as statistics are neither blamed nor `opened` (by index): then these, in order.
    """
    by_id = {each["statisticId"]: index for index, each in enumerate(asked) if "statisticId" in each}
    by_object: dict[tuple[Any, ...], list[int]] = {}
    for index, each in reversed(list(enumerate(asked))):
        by_object.setdefault(tuple(each.get(name) for name in _OBJECT), []).append(index)
    found: list[int | None] = []
    taken: set[int] = set()
    for message, detail in errors:
        blamed = _by_detail(detail, by_id, by_object, taken)
        if blamed is None:
            blamed = _by_word(f"{message} {detail if isinstance(detail, str) else ''}", by_id, taken)
        found.append(blamed)
        if blamed is not None:
            taken.add(blamed)
    missing = [index for index in range(len(asked)) if index not in taken and index not in opened]
    if missing and found.count(None) == len(missing):
        rest = iter(missing)
        found = [next(rest) if index is None else index for index in found]
    return found


def _by_detail(
    detail: Any, by_id: Mapping[str, int], by_object: Mapping[tuple[Any, ...], list[int]], taken: Collection[int]
) -> int | None:
    objects = [detail, detail.get("statistic")] if isinstance(detail, dict) else []
    for named in objects:
        if not isinstance(named, dict):
            continue
        own = named.get("statisticId")
        if isinstance(own, str) and own in by_id:
            return by_id[own]
        key = tuple(named.get(name) for name in _OBJECT)
        if all(isinstance(part, str) for part in key):
            same = by_object.get(key, [])
            while same:
                if (index := same.pop()) not in taken:
                    return index
    return None


def _by_word(text: str, by_id: Mapping[str, int], taken: Collection[int]) -> int | None:
    """The statistic whose id is a word of the text; short numbers are too common to be told by that."""
    for word in re.findall(r"[\w.@:-]{4,}", text[:1000]):
        index = by_id.get(word, by_id.get(word.strip(".:@-")))
        if index is not None and index not in taken:
            return index
    return None
