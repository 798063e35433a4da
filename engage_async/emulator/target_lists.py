"""What each agent keeps of targets: personal favourites, and those used recently, missed calls among them.

Must live here: keeping, finding again, forgetting. Must not: what a target is (targets.py), HTTP.

A favourite is known by its type and id. One that is no custom contact is kept by reference, and shown as it is when
somebody looks. A missed call enters the recents by itself, unacknowledged. The members ``missed`` and ``acknowledged``
of its ``recentInformation`` are this emulator's own: no source shows how the service marks one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from engage_async.emulator.activity import Activity
from engage_async.emulator.exchange import Exchange
from engage_async.emulator.targets import Targets

__all__ = ["KeptTarget", "TargetLists", "TargetRefused"]

_MOST_RECENTS = 100
_TOLD = ("firstName", "lastName", "emailAddresses", "numbers", "phoneNumbers", "favoriteDisplayName")


class TargetRefused(Exception):
    """A target cannot be kept, or is not there; the text says why."""


@frozen
class KeptTarget:
    """A target as an agent named it: `told` is what was said of it, in wire form."""

    kind: str
    id: str
    told: Mapping[str, Any] = field(factory=dict)


@define(eq=False)
class _Recent:
    target: KeptTarget
    information: dict[str, Any]


class TargetLists:
    """The lists of every agent, by user name."""

    def __init__(self, targets: Targets, exchange: Exchange, activity: Activity) -> None:
        self._targets, self._exchange = targets, exchange
        activity.on_missed.append(self._missed)
        self._favorites: dict[str, dict[tuple[str, str], tuple[KeptTarget, str]]] = {}
        self._recents: dict[str, list[_Recent]] = {}
        self._contacts = 0

    def read(self, told: Mapping[str, Any]) -> KeptTarget:
        """The target that a request names. Raises `TargetRefused` for one that does not exist."""
        kind, given = str(told.get("type") or "custom-contact"), told.get("id") or told.get("DBID")
        kept = {name: told[name] for name in _TOLD if told.get(name) is not None}
        if kind == "custom-contact":
            self._contacts += 1
            return KeptTarget(kind, str(given or f"contact-{self._contacts}"), kept)
        if self._targets.find(kind, str(given)) is None:
            raise TargetRefused("Resource not found")
        return KeptTarget(kind, str(given), kept)

    # --- favourites -------------------------------------------------------------------------------------------------

    def save(self, user: str, target: KeptTarget, category: str, *, again: bool) -> None:
        """Keep a favourite. One that is kept already is refused, unless `again` replaces it."""
        mine = self._favorites.setdefault(user, {})
        if (target.kind, target.id) in mine and not again:
            raise TargetRefused("The target is a personal favorite already")
        mine[target.kind, target.id] = (target, category)

    def delete(self, user: str, kind: str, target_id: str) -> None:
        """Forget a favourite."""
        if self._favorites.get(user, {}).pop((kind, target_id), None) is None:
            raise TargetRefused("Resource not found")

    def favorites(self, user: str) -> list[dict[str, Any]]:
        """An agent's favourites, in the order in which they were saved."""
        kept = self._favorites.get(user, {}).values()
        return [{**self._view(target), "category": category} for target, category in kept]

    def contacts(self, user: str) -> list[dict[str, Any]]:
        """The custom contacts among an agent's favourites."""
        return [view for view in self.favorites(user) if view["type"] == "custom-contact"]

    # --- recents ----------------------------------------------------------------------------------------------------

    def add(self, user: str, target: KeptTarget, information: Mapping[str, Any]) -> None:
        """A target was used; what is known of an earlier use on the same medium gives way, but for missed calls."""
        mine = self._recents.setdefault(user, [])
        mine[:] = [recent for recent in mine if not _gives_way(recent, target, information)]
        mine.insert(0, _Recent(target, dict(information)))
        mine.sort(key=lambda recent: -float(recent.information.get("timeStamp") or 0))
        del mine[_MOST_RECENTS:]

    def acknowledge(self, user: str) -> None:
        """The agent has seen the missed calls."""
        for recent in self._recents.get(user, ()):
            if "acknowledged" in recent.information:
                recent.information["acknowledged"] = True

    def recents(self, user: str) -> list[dict[str, Any]]:
        """An agent's recents, newest first."""
        mine = self._recents.get(user, ())
        return [{**self._view(recent.target), "recentInformation": dict(recent.information)} for recent in mine]

    def _missed(self, user: str, call: Mapping[str, Any]) -> None:
        """Nobody answered a call: its caller is a recent target."""
        dn = self._exchange.dns.get(call["ani"])
        if dn is not None and dn.user is not None:
            caller = KeptTarget("agent", str(self._exchange.directory.users[dn.user].dbid))
        else:
            caller = KeptTarget("custom-contact", call["ani"], {"numbers": [call["ani"]]})
        stamp = int(self._exchange.scheduler.now() * 1000)
        self.add(user, caller, {"media": "voice", "timeStamp": stamp, "missed": True, "acknowledged": False})

    def _view(self, target: KeptTarget) -> dict[str, Any]:
        found = self._targets.find(target.kind, target.id)
        if found is not None:
            return {**found, "id": target.id}
        told = dict(target.told)
        numbers = told.get("numbers") or told.get("phoneNumbers") or []
        names = (told.get("firstName"), told.get("lastName"))
        name = told.get("favoriteDisplayName") or " ".join(filter(None, names)) or next(iter(numbers), target.id)
        return {"type": target.kind, "id": target.id, "name": name, "number": next(iter(numbers), None), **told}


def _gives_way(recent: _Recent, target: KeptTarget, information: Mapping[str, Any]) -> bool:
    if recent.information.get("missed") or information.get("missed"):
        return False
    same = (recent.target.kind, recent.target.id) == (target.kind, target.id)
    return same and recent.information.get("media") == information.get("media")
