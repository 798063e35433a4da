"""Every interaction of the emulated contact centre, what happens to them, and the events that say so.

Must live here: the store, the primitives (invite, change, leave, queue, put into a workbin, end), the publishing of
their events. Must not: when a request is refused, who is offered what (routing.py), the content of emails and chats.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any, Protocol

from attrs import Factory, frozen

from engage_async.emulator.interactions import (
    Content,
    Interaction,
    InteractionState,
    InteractionType,
    Offer,
    Party,
    PartyRole,
    WorkbinPlace,
)
from engage_async.emulator.media_channels import MEDIA
from engage_async.emulator.scheduler import Scheduler

__all__ = ["InteractionStore", "MediaRequest", "MediaSwitches", "UnknownInteraction"]

_REMEMBERED = 2_000
_ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Publish = Callable[[str, str, dict[str, Any]], object]


@frozen
class MediaRequest:
    """A well-formed request of an agent. `operation` is its name, `data` the body's ``data`` and what the path names.

    `mediatype` is None when it is about every channel, `interaction_id` when it is about no interaction.
    """

    user: str
    operation: str
    operation_id: str | None = None
    mediatype: str | None = None
    interaction_id: str | None = None
    data: dict[str, Any] = Factory(dict)


class MediaSwitches(Protocol):
    """Those of the emulator's switches that interactions and their events obey."""

    @property
    def echo_operation_id(self) -> bool:
        """Whether an event that answers a request carries its operation id."""
        ...

    @property
    def error_names(self) -> str:
        """What an ``EventError`` names beside code and message: ``nothing``, ``call`` or ``everything``."""
        ...

    @property
    def invitation_timeout(self) -> float | None:
        """Seconds until an invitation is revoked; None for never."""
        ...


class UnknownInteraction(LookupError):
    """There is no interaction with this id, and none is remembered."""

    def __init__(self, interaction_id: str) -> None:
        super().__init__(f"no interaction {interaction_id[:60]!r}")
        self.interaction_id = interaction_id


class InteractionStore:
    """Every interaction, by id; the last two thousand that ended are kept.

    One method, one thing that happens to an interaction, with its events. `request` is the one that is being carried
    out: the events for its agent answer it.

    `on_queued` is called with an interaction that has come into a queue, `on_taken` with one that somebody handles, is
    invited to handle, or has put into a workbin; `on_moved` with one that has come into a workbin or out of one, and
    the workbin that it was in before (None: in none); `on_ended` with one that is over; `on_left` with one that an
    agent does not have any more, and what the agent was to it; `on_work` with the user name of an agent whose work has
    changed, and the media type.
    """

    def __init__(self, switches: MediaSwitches, publish: Publish, scheduler: Scheduler, random: Random) -> None:
        self.switches: MediaSwitches = switches
        self.scheduler: Scheduler = scheduler
        self.request: MediaRequest | None = None
        self.on_queued: Callable[[Interaction], object] = _nothing
        self.on_taken: Callable[[Interaction], object] = _nothing
        self.on_moved: Callable[[Interaction, WorkbinPlace | None], object] = _nothing
        self.on_ended: Callable[[Interaction], object] = _nothing
        self.on_left: Callable[[Interaction, Party], object] = _nothing
        self.on_work: Callable[[str, str], object] = _nothing
        self._publish, self._random = publish, random
        self._living: dict[str, Interaction] = {}
        self._ended: OrderedDict[str, Interaction] = OrderedDict()
        self._of_user: dict[str, dict[str, Interaction]] = {}
        self._last_number = 0

    # --- looking up ---------------------------------------------------------------------------------------------------

    def get(self, interaction_id: str) -> Interaction:
        """An interaction, living or ended. Raises `UnknownInteraction`."""
        found = self._living.get(interaction_id) or self._ended.get(interaction_id)
        if found is None:
            raise UnknownInteraction(interaction_id)
        return found

    def __iter__(self) -> Iterator[Interaction]:
        """Those that have not ended, oldest first."""
        return iter(list(self._living.values()))

    @property
    def ended(self) -> list[Interaction]:
        """Those that have ended, in the order in which they did."""
        return list(self._ended.values())

    def of(self, user: str, mediatype: str | None = None) -> list[Interaction]:
        """Those that an agent has or is invited to, in the order in which they came to the agent."""
        mine = self._of_user.get(user, {}).values()
        return [interaction for interaction in mine if mediatype in (None, interaction.mediatype)]

    def new_id(self) -> str:
        """An id that nothing has yet."""
        return "".join(self._random.choices(_ID_LETTERS, k=16))

    def new_number(self) -> int:
        """A number that nothing has yet: of an invitation, or a record of a campaign."""
        self._last_number += 1
        return self._last_number

    # --- what happens to interactions ---------------------------------------------------------------------------------

    def create(
        self,
        mediatype: str,
        kind: InteractionType,
        subtype: str,
        *,
        content: Content | None = None,
        user_data: Iterable[dict[str, Any]] = (),
        **more: Any,
    ) -> Interaction:
        """A new interaction that nobody has, in no queue yet. `more` are attributes of `Interaction`."""
        now = self.scheduler.now()
        interaction = Interaction(self.new_id(), mediatype, kind, subtype, now, content=content, **more)
        interaction.attach(user_data)
        interaction.thread_id = interaction.thread_id or interaction.id
        self._living[interaction.id] = interaction
        return interaction

    def join(
        self,
        interaction: Interaction,
        user: str,
        role: PartyRole,
        state: InteractionState,
        offer: Offer | None = None,
        *,
        watch: str | None = None,
    ) -> Party:
        """Let an agent have an interaction, and say so."""
        interaction.ticket = self.new_number()
        party = interaction.parties[user] = Party(user, role, state, offer, watch)
        self._of_user.setdefault(user, {})[interaction.id] = interaction
        before, interaction.workbin = interaction.workbin, None
        if role is PartyRole.HANDLES:
            self.on_taken(interaction)
        self.change(interaction, party, state)
        if before is not None:
            self.on_moved(interaction, before)
        return party

    def change(self, interaction: Interaction, party: Party, state: InteractionState) -> None:
        """Bring an interaction to a state for one of its agents, and say so."""
        party.state = state
        if party.role is PartyRole.HANDLES:
            interaction.state = state
            interaction.handled_by = party.user if party.works else interaction.handled_by
        self.tell(interaction, party.user)
        self.on_work(party.user, interaction.mediatype)

    def leave(self, interaction: Interaction, user: str, state: InteractionState) -> None:
        """Take an interaction from an agent, and say to which state it came."""
        party = interaction.parties[user]
        if interaction.content is not None:
            interaction.content.left(party)
        del interaction.parties[user]
        del self._of_user[user][interaction.id]
        if party.offer is not None and party.offer.timer is not None:
            party.offer.timer.cancel()
        self.tell(interaction, user, state=state)
        self.on_work(user, interaction.mediatype)
        self.on_left(interaction, party)

    def queue(self, interaction: Interaction, queue: str) -> None:
        """Put an interaction into a queue: nobody has it any more."""
        before, interaction.workbin = interaction.workbin, None
        interaction.state, interaction.queue = InteractionState.QUEUED, queue
        interaction.queued_at = self.scheduler.now()
        self._take_from_everybody(interaction, InteractionState.QUEUED)
        if before is not None:
            self.on_moved(interaction, before)
        self.on_queued(interaction)

    def put_in_workbin(self, interaction: Interaction, workbin: WorkbinPlace) -> None:
        """Put an interaction into a workbin: nobody has it any more."""
        before, interaction.workbin = interaction.workbin, workbin
        interaction.state = InteractionState.IN_WORKBIN
        self.on_taken(interaction)
        self._take_from_everybody(interaction, InteractionState.IN_WORKBIN)
        self.on_moved(interaction, before)

    def end(self, interaction: Interaction, state: InteractionState) -> None:
        """The interaction is over, in this (final) state."""
        if interaction.content is not None:
            interaction.content.ended()
        before, interaction.workbin = interaction.workbin, None
        interaction.state, interaction.ended_at = state, self.scheduler.now()
        interaction.held = interaction.online = False
        del self._living[interaction.id]
        self._ended[interaction.id] = interaction
        self._take_from_everybody(interaction, state)
        if before is not None:
            self.on_moved(interaction, before)
        self.on_ended(interaction)
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def _take_from_everybody(self, interaction: Interaction, state: InteractionState) -> None:
        """The agent who handles it is told the state; for others it is complete, and an invitation is revoked."""
        for party in list(interaction.parties.values()):
            if interaction.parties.get(party.user) is not party:
                continue  # a supervisor, who left with the agent
            mine = state if party.role is PartyRole.HANDLES else InteractionState.COMPLETED
            self.leave(interaction, party.user, mine if party.works else InteractionState.REVOKED)

    # --- what is said -------------------------------------------------------------------------------------------------

    def tell(
        self,
        interaction: Interaction,
        user: str,
        notification: str = "StatusChange",
        *,
        state: InteractionState | None = None,
    ) -> None:
        """Tell an agent how an interaction stands; with `state`, that this is the last the agent hears of it."""
        view = interaction.view(user)
        if state is not None:
            view["state"] = state.value
        event = {
            "messageType": "InteractionStateChanged",
            "notificationType": notification,
            "interaction": view,
        }
        self.say(user, interaction, event)

    def tell_all(self, interaction: Interaction, notification: str = "StatusChange") -> None:
        """Tell every agent who has an interaction how it stands."""
        for user in list(interaction.parties):
            self.tell(interaction, user, notification)

    def say(self, user: str, interaction: Interaction, event: dict[str, Any], *, channel: str | None = None) -> None:
        """Send an agent an event about an interaction, with the operation id when it answers this agent's request."""
        request = self.request
        if (
            request is not None
            and request.operation_id is not None
            and request.user == user
            and request.interaction_id in {None, interaction.id, interaction.parent_id}
            and self.switches.echo_operation_id
        ):
            event["operationId"] = request.operation_id
        self._publish(user, channel or f"{MEDIA}/{interaction.mediatype}", event)

    def refuse(self, request: MediaRequest, code: int, text: str) -> None:
        """Answer a request with an ``EventError``."""
        event: dict[str, Any] = {"messageType": "EventError", "error": {"errorCode": code, "errorMessage": text}}
        names = self.switches.error_names
        if names in {"call", "everything"} and request.interaction_id is not None:
            event["interactionId"] = request.interaction_id
        if names == "everything" and request.operation_id is not None:
            event["operationId"] = request.operation_id
        channel = MEDIA if request.mediatype is None else f"{MEDIA}/{request.mediatype}"
        self._publish(request.user, channel, event)


def _nothing(*_: object) -> None:
    """Nobody wants to know."""
