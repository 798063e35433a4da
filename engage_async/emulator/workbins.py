"""Workbins: what lies in which part of which, and who is told when that changes.

Must live here: workbins, their content, subscriptions, the events that say what changed. Must not: what happens to an
interaction that is put there (interaction_store.py), answers to requests, HTTP.

A workbin of the type ``Agent`` has a part for each agent, and one agent's part is another's business only when the
owner is named; of any other type there is one part for all, whose owner is ``""``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from engage_async.emulator.directory import Directory
from engage_async.emulator.interaction_store import InteractionStore
from engage_async.emulator.interactions import Interaction, WorkbinPlace
from engage_async.emulator.record_answers import NoSuchResource, RecordRefused
from engage_async.emulator.record_setup import RecordSetup, StartWorkbin
from engage_async.emulator.tlib_errors import TLibError

__all__ = ["Workbins"]


@frozen
class _Subscription:
    """An agent (user name) who wants to know what comes and goes; with `properties`, also what changes meanwhile."""

    user: str
    properties: bool = False


class Workbins:
    """Every workbin, by id. `tell` sends an agent (user name) the news of a change."""

    def __init__(
        self,
        setup: RecordSetup,
        directory: Directory,
        interactions: InteractionStore,
        tell: Callable[[str, dict[str, Any]], object],
    ) -> None:
        self._setup, self._directory, self._interactions, self._tell = setup, directory, interactions, tell
        self._subscriptions: dict[WorkbinPlace, dict[str, _Subscription]] = {}
        interactions.on_moved = self._moved

    # --- looking up ---------------------------------------------------------------------------------------------------

    def all(self) -> list[dict[str, Any]]:
        """Every workbin in wire form, without its content."""
        return [_view(workbin) for workbin in self._setup.workbins.values()]

    def place(self, workbin_id: str, user: str, owner: str | None = None) -> WorkbinPlace:
        """A part of a workbin: the agent's own, or that of the owner who is named (user name or employee id).

        Raises `NoSuchResource` for an unknown workbin, `RecordRefused` for an unknown owner.
        """
        workbin = self._setup.workbins.get(workbin_id)
        if workbin is None:
            raise NoSuchResource(workbinId=workbin_id)
        if workbin.type != "Agent":
            return WorkbinPlace(workbin.id, "")
        return WorkbinPlace(workbin.id, user if owner is None else self._agent(owner))

    def named(self, name: str, user: str) -> WorkbinPlace | None:
        """An agent's part of the workbin that goes by this name as a queue; None when there is none."""
        workbin = self._setup.workbins_by_name.get(name.removesuffix("/PrivateQueue"))
        return self.place(workbin.id, user) if workbin is not None else None

    def content(self, place: WorkbinPlace) -> dict[str, Any]:
        """A part of a workbin in wire form, with what lies in it."""
        lying = [self.details(each) for each in self._interactions if each.workbin == place]
        return _view(self._setup.workbins[place.workbin_id]) | {"owner": place.owner or None, "interactions": lying}

    def _agent(self, owner: str) -> str:
        for user in self._directory.users.values():
            if owner in {user.user_name, user.employee_id}:
                return user.user_name
        raise RecordRefused(TLibError.INVALID_ATTRIBUTE, "No such agent", ownerId=owner)

    def details(self, interaction: Interaction) -> dict[str, Any]:
        """An interaction in wire form, with the workbin that it lies in."""
        view = interaction.view() | {"mediaType": interaction.mediatype}
        if interaction.workbin is not None:
            name = self._setup.workbins[interaction.workbin.workbin_id].name
            owner = interaction.workbin.owner or None
            view |= {"queue": f"{name}/PrivateQueue", "workbinTypeId": name, "agentId": owner, "assignedTo": owner}
        return view

    # --- what agents do -----------------------------------------------------------------------------------------------

    def add(self, user: str, interaction: Interaction, place: WorkbinPlace) -> None:
        """Put an interaction that the agent has at hand, or in a workbin of the agent's own, into a workbin."""
        party = interaction.parties.get(user)
        at_hand = party is not None and party.works
        own = interaction.workbin is not None and interaction.workbin.owner == user
        if interaction.ended:
            raise RecordRefused(TLibError.INVALID_STATE, "The interaction has ended", interactionId=interaction.id)
        if not at_hand and not own:
            raise RecordRefused(TLibError.ACCESS_RESTRICTED, interactionId=interaction.id)
        self._interactions.put_in_workbin(interaction, place)

    def subscribe(self, user: str, place: WorkbinPlace, *, properties: bool = False) -> None:
        """Let an agent know of changes of a part of a workbin."""
        self._subscriptions.setdefault(place, {})[user] = _Subscription(user, properties)

    def unsubscribe(self, user: str, place: WorkbinPlace) -> None:
        """Let an agent know no more."""
        mine = self._subscriptions.get(place, {})
        mine.pop(user, None)
        if not mine:
            self._subscriptions.pop(place, None)

    def forget(self, user: str) -> None:
        """End every subscription of an agent, whose session is over."""
        for place in list(self._subscriptions):
            self.unsubscribe(user, place)

    def properties_changed(self, interaction: Interaction) -> None:
        """Something about an interaction changed; those who want to know of that where it lies are told."""
        if interaction.workbin is not None:
            self._changed(interaction, interaction.workbin, "UpdateProperties", "Update", properties=True)

    # --- what is told -------------------------------------------------------------------------------------------------

    def _moved(self, interaction: Interaction, before: WorkbinPlace | None) -> None:
        if before is not None and before != interaction.workbin:
            self._changed(interaction, before, "Pull", "Remove")
        if interaction.workbin is not None and before != interaction.workbin:
            self._changed(interaction, interaction.workbin, "PlaceInWorkbin", "Add")

    def _changed(
        self,
        interaction: Interaction,
        place: WorkbinPlace,
        operation: str,
        change: str,
        *,
        properties: bool = False,
    ) -> None:
        for subscription in self._subscriptions.get(place, {}).values():
            if not properties or subscription.properties:
                self._tell(
                    subscription.user,
                    {
                        "operation": operation,
                        "workbinContentOperation": change,
                        "workbin": {"id": place.workbin_id, "owner": place.owner or None},
                        "interaction": self.details(interaction),
                    },
                )


def _view(workbin: StartWorkbin) -> dict[str, Any]:
    return {
        "id": workbin.id,
        "workbinName": workbin.name,
        "displayName": workbin.display_name,
        "type": workbin.type,
    }
