"""Targets: whom and what an agent can reach, and how available each is at this moment.

Must live here: which targets there are, their wire form with live availability, and the search among them. Must not:
what agents keep of them (target_lists.py), HTTP.

    agent  agent-group  skill                  people: from the directory; availability from DNs and media channels
    acd-queue  route-point                     numbers of the switch
    interaction-queue                          queues of media interactions
    custom-contact                             what an agent keeps as a favourite: that agent's alone

Source of the shapes: what the vendor's Java client reads, and its agent API simulator sends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from attrs import frozen

from engage_async.emulator.directory import Directory, User
from engage_async.emulator.exchange import Exchange
from engage_async.emulator.media_channels import MediaChannels

__all__ = ["KINDS", "MATCHED", "TargetQuery", "Targets"]

KINDS = ("agent", "agent-group", "skill", "acd-queue", "route-point", "interaction-queue", "custom-contact")
MATCHED = ("name", "firstName", "lastName", "userName", "employeeId", "number", "emailAddress")
"""The members of a target that a search looks at."""

_FIRST_INTERACTION_QUEUE = 601

View = dict[str, Any]


@frozen
class TargetQuery:
    """What is searched for: `term` in any of `members`, among targets of these `kinds`.

    `only_groups` and `not_groups` choose agent groups by name, `from_groups` and `not_from_groups` agents by the groups
    that they belong to. None: no restriction.
    """

    term: str
    kinds: Collection[str] = KINDS
    members: Collection[str] = MATCHED
    exact: bool = False
    only_groups: Collection[str] | None = None
    not_groups: Collection[str] = ()
    from_groups: Collection[str] | None = None
    not_from_groups: Collection[str] = ()


class Targets:
    """Every target. `queues` gives the queues of interactions, with how many wait in each."""

    def __init__(self, exchange: Exchange, media: MediaChannels) -> None:
        self.queues: Callable[[], Mapping[str, int]] = dict
        self._exchange, self._media = exchange, media
        self._directory: Directory = exchange.directory
        self._makers: Mapping[str, Callable[[], Iterator[View]]] = {
            "agent": lambda: map(self.agent, self._directory.users.values()),
            "agent-group": self._groups,
            "skill": self._skills,
            "acd-queue": lambda: self._numbers("acd-queue"),
            "route-point": lambda: self._numbers("route-point"),
            "interaction-queue": self._interaction_queues,
        }

    def find(self, kind: str, dbid: str) -> View | None:
        """The target of a kind with this id; None when there is none."""
        maker = self._makers.get(kind)
        return next((view for view in maker() if str(view["DBID"]) == dbid), None) if maker is not None else None

    def search(self, query: TargetQuery, contacts: Collection[View] = ()) -> list[View]:
        """Every target that a query finds, by name. `contacts` are the custom contacts of who asks."""
        found = [view for kind in query.kinds for view in self._of_kind(kind, contacts)]
        return sorted(
            (view for view in found if self._fits(view, query)), key=lambda view: str(view["name"]).casefold()
        )

    def agent(self, user: User) -> View:
        """An agent as a target."""
        dn = self._exchange.dn_of(user.user_name)
        return {
            "type": "agent",
            "DBID": user.dbid,
            "name": f"{user.first_name} {user.last_name}",
            "firstName": user.first_name,
            "lastName": user.last_name,
            "userName": user.user_name,
            "employeeId": user.employee_id,
            "emailAddress": user.email,
            "number": dn.number if dn is not None else None,
            "switchName": dn.switch_name if dn is not None else None,
            "availability": {"channels": self.channels(user.user_name)},
        }

    def channels(self, user: str) -> list[View]:
        """How an agent stands on each channel that is active."""
        now, dn = self._exchange.scheduler.now(), self._exchange.dn_of(user)
        views: list[View] = []
        if dn is not None:
            view = dn.view(now)
            state = {"state": dn.agent_state, "workMode": dn.work_mode, "reason": _reason(dn.reasons)}
            views.append({
                "name": "voice",
                "available": view["available"],
                "activity": view["activity"],
                "userState": state,
                "phoneNumber": dn.number,
                "switchName": dn.switch_name,
            })  # fmt: skip
        for channel in self._media.of(user):
            state = {"state": channel.state, "reason": _reason(channel.reasons)}
            views.append({
                "name": channel.name,
                "available": channel.available,
                "activity": channel.activity,
                "userState": state,
                "timeInCurrentState": int(max(0.0, now - channel.since)),
            })  # fmt: skip
        return views

    # --- the kinds --------------------------------------------------------------------------------------------------

    def _of_kind(self, kind: str, contacts: Collection[View]) -> Iterator[View]:
        return iter(contacts) if kind == "custom-contact" else self._makers[kind]()

    def _groups(self) -> Iterator[View]:
        for group in self._directory.configuration["agentGroups"]:
            members = [user for user in self._directory.users.values() if group["name"] in user.groups]
            yield _of_people("agent-group", group["DBID"], group["name"], self._ready(members))

    def _skills(self) -> Iterator[View]:
        for skill in self._directory.skills.values():
            known_by = [user for user in self._directory.users.values() if skill.name in user.skills]
            yield _of_people("skill", skill.dbid, skill.name, self._ready(known_by))

    def _ready(self, users: Collection[User]) -> int:
        """How many of these agents could be given something now."""
        return sum(any(channel["available"] for channel in self.channels(user.user_name)) for user in users)

    def _numbers(self, kind: str) -> Iterator[View]:
        for queue in self._directory.queues.values():
            if queue.kind == kind:
                yield {
                    "type": kind,
                    "DBID": queue.dbid,
                    "name": queue.name,
                    "number": queue.number,
                    "switchName": self._directory.switch_name,
                    "availability": {"waitingCalls": 0},  # the switch does not let calls wait
                }

    def _interaction_queues(self) -> Iterator[View]:
        for dbid, (name, waiting) in enumerate(self.queues().items(), _FIRST_INTERACTION_QUEUE):
            availability = {"waitingInteractions": waiting}
            yield {"type": "interaction-queue", "DBID": dbid, "name": name, "availability": availability}

    # --- what fits --------------------------------------------------------------------------------------------------

    def _fits(self, view: View, query: TargetQuery) -> bool:
        term, told = query.term.casefold(), [str(view.get(member) or "").casefold() for member in query.members]
        if not any(term == text if query.exact else term in text for text in told):
            return False
        if view["type"] == "agent-group":
            only = query.only_groups
            return (only is None or view["name"] in only) and view["name"] not in query.not_groups
        if view["type"] == "agent":
            groups, only = set(self._directory.users[view["userName"]].groups), query.from_groups
            return (only is None or not groups.isdisjoint(only)) and groups.isdisjoint(query.not_from_groups)
        return True


def _of_people(kind: str, dbid: int, name: str, ready: int) -> View:
    return {"type": kind, "DBID": dbid, "name": name, "availability": {"readyAgents": ready}}


def _reason(reasons: Collection[Mapping[str, Any]]) -> str | None:
    return next((str(pair["value"]) for pair in reasons), None)
