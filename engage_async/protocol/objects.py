"""The objects of a session (calls, the DN, …) as far as correlation needs them, without I/O.

Must live here: under which keys an object goes, what is known of it, who waits for what on it, and the limits that keep
a hostile stream of events from filling the memory. Must not: the decision which operation an event belongs to.

    known ──ended──► remembered as ended, so that a late event does not look like a new call
      └──re-keyed──► the same object under one more key
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from attrs import define, field

from engage_async.protocol.completion import Before, Key, Role, Step
from engage_async.protocol.pending import Pending

V = TypeVar("V")

IDLE_LIMIT = 10_000
"""Objects that are remembered although nobody waits for anything on them; the one not heard of for longest goes."""
ENDED_LIMIT = 1_024
KEYS_LIMIT = 16
"""Keys of one object; the oldest goes, unless an operation waits under it."""


@define(eq=False)
class Object:
    """One call, the DN, …: what is known of it, and who waits for what on it."""

    keys: dict[Key, None] = field(factory=dict)
    before: Before | None = None
    waiting: dict[str, dict[Pending, Step]] = field(factory=dict)
    pendings: dict[Pending, None] = field(factory=dict)


class Objects:
    """Every object that is known, or that an operation waits for, by each of its keys."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Object] = {}
        self._idle: OrderedDict[Object, None] = OrderedDict()
        self._ended: OrderedDict[Key, None] = OrderedDict()
        self._uuids: OrderedDict[str, Key] = OrderedDict()

    def get(self, key: Key) -> Object | None:
        """The object of this key."""
        return self._by_key.get(key)

    def has_ended(self, key: Key) -> bool:
        """Whether the object of this key is known to have ended."""
        return key in self._ended

    def before(self, keys: tuple[Key, ...]) -> Before | None:
        """What was known of the object of these keys before; None when it was never seen."""
        for key in keys:
            if found := self._by_key.get(key):
                return found.before or Before()
            if key in self._ended:
                return Before("Completed")
        return None

    def live_calls(self) -> list[frozenset[str]]:
        """The ids, alias by alias, of each call that is known and not ended, or waited for."""
        calls = {found: None for key, found in self._by_key.items() if key[0] == "call"}
        return [frozenset(key[1] for key in found.keys) for found in calls]

    def is_waited_for(self) -> bool:
        """Whether any operation waits on any object."""
        return any(found.pendings or found.waiting for found in self._by_key.values())

    # --- who waits ------------------------------------------------------------------------------------------------

    def wait(self, pending: Pending, step: Step) -> None:
        """Let an operation wait for a step on the object of its key."""
        found = self._by_key.get(step.key)
        if found is None:
            found = Object()
            self._add_keys(found, (step.key,))
        found.waiting.setdefault(bucket_of(step), {}).setdefault(pending, step)
        found.pendings[pending] = None
        self._idle.pop(found, None)
        pending.slots.append((step.key, step))

    def leave(self, pending: Pending) -> None:
        """Take an operation out of everything that it waits on."""
        for key, step in pending.slots:
            if found := self._by_key.get(key):
                name = bucket_of(step)
                if bucket := found.waiting.get(name):
                    bucket.pop(pending, None)
                    if not bucket:
                        del found.waiting[name]
                found.pendings.pop(pending, None)
                self._tidy(found)

    # --- what is known --------------------------------------------------------------------------------------------

    def find(self, keys: tuple[Key, ...], *, remember: bool) -> Object | None:
        """The object of these keys; a new one when it shall be remembered. Keys not known yet become its own."""
        found = next((o for key in keys if (o := self._by_key.get(key))), None)
        if found is None:
            if not remember or any(key in self._ended for key in keys):
                return None
            found = Object()
        for key in keys:
            other = self._by_key.get(key)
            if other is not None and other is not found:
                self._merge(other, found)
        self._add_keys(found, keys)
        return found

    def heard(self, found: Object, keys: tuple[Key, ...], now: Before) -> None:
        """Remember what an event said of a living object; nothing of one that has ended under these keys."""
        if not any(key in self._ended for key in keys):
            found.before = now
            self._tidy(found)

    def end(self, found: Object | None, keys: tuple[Key, ...]) -> None:
        """The object is no more: forget it. A call's end is remembered; other objects may come back."""
        for key in found.keys if found is not None else keys:
            if key[0] == "call":
                self._ended[key] = None
        while len(self._ended) > ENDED_LIMIT:
            self._ended.popitem(last=False)
        if found is not None:
            found.before = None
            self._tidy(found)

    def rekey(self, previous: Key, keys: tuple[Key, ...]) -> None:
        """An object goes on under other keys: what waits under the old one waits under the new."""
        old = self._by_key.get(previous)
        if old is None:
            return
        current = next((o for key in keys if (o := self._by_key.get(key))), None)
        if current is None:
            self._add_keys(old, keys)
        elif current is not old:
            self._merge(old, current)

    def call_of_uuid(self, call_uuid: str) -> Key | None:
        """The key of the call that was seen with this UUID."""
        return self._uuids.get(call_uuid)

    def remember_uuid(self, call_uuid: str, key: Key) -> None:
        """A call was seen with this UUID."""
        self._uuids[call_uuid] = key
        self._uuids.move_to_end(call_uuid)
        if len(self._uuids) > IDLE_LIMIT:
            self._uuids.popitem(last=False)

    # --------------------------------------------------------------------------------------------------------------

    def _add_keys(self, found: Object, keys: Iterable[Key]) -> None:
        for key in keys:
            self._by_key[key] = found
            found.keys[key] = None
        if len(found.keys) > KEYS_LIMIT:
            needed = {*keys, *(key for pending in found.pendings for key, _ in pending.slots)}
            spare = [key for key in found.keys if key not in needed]
            for key in spare[: len(found.keys) - KEYS_LIMIT]:
                del found.keys[key]
                del self._by_key[key]

    def _merge(self, old: Object, into: Object) -> None:
        for name, bucket in old.waiting.items():
            into.waiting[name] = _by_age({**into.waiting.get(name, {}), **bucket})
        into.pendings = _by_age({**into.pendings, **old.pendings})
        into.before = into.before or old.before
        self._idle.pop(old, None)
        self._add_keys(into, old.keys)
        self._tidy(into)

    def _tidy(self, found: Object) -> None:
        """Forget an object that nobody waits for, unless something is known of it and there is room."""
        self._idle.pop(found, None)
        if found.pendings:
            return
        if found.before is None:
            for key in found.keys:
                self._by_key.pop(key, None)
            return
        self._idle[found] = None
        if len(self._idle) > IDLE_LIMIT:
            oldest = next(iter(self._idle))
            oldest.before = None
            self._tidy(oldest)


def bucket_of(step: Step) -> str:
    """Steps that are only kept wait apart from those that compete for the event."""
    return f"({step.aspect})" if step.role is Role.PROGRESS else step.aspect


def _by_age(waiting: dict[Pending, V]) -> dict[Pending, V]:
    return dict(sorted(waiting.items(), key=lambda item: item[0].sequence))
