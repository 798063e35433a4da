"""Who is offered which interaction: queues, invitations, and what follows when nobody takes one.

Must live here: the waiting list, the choice of an agent, the life of an invitation. Must not: requests and their
refusals beyond finding a queue or an agent, what interactions contain, HTTP.

    Offer ──waits in its queue──> an agent is free ──invited──> accepted
              ^                                       │ rejected, revoked after `Switches.invitation_timeout`
              └───────── passed over ─────────────────┘

An agent is free whose channel is ready, without do-not-disturb, and not full; the one who was invited longest ago is
first. Who does not take an interaction is not offered it again before becoming ready anew.
"""

from __future__ import annotations

from functools import partial

from engage_async.emulator.directory import Directory, User
from engage_async.emulator.interaction_store import InteractionStore
from engage_async.emulator.interactions import Interaction, InteractionState, Offer, Party, PartyRole
from engage_async.emulator.media_channels import MediaChannels
from engage_async.emulator.media_setup import MediaSetup, Queue
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["Routing"]


class Routing:
    """The waiting list, queue by queue, in the order in which what is in it came."""

    def __init__(
        self, store: InteractionStore, channels: MediaChannels, directory: Directory, setup: MediaSetup
    ) -> None:
        self._store, self._channels, self._directory, self._setup = store, channels, directory, setup
        self._waiting: dict[str, dict[Offer, None]] = {}
        self._of: dict[Interaction, list[Offer]] = {}
        self._invited: dict[str, int] = {}
        self._invitations = 0
        self._running = False
        self._ready: dict[str, set[str]] = {}
        store.on_queued, store.on_taken, store.on_ended = self._queued, self._taken, self._not_wanted
        store.on_work = self._work_changed
        channels.interactions_of = self._interactions_of
        channels.on_change = self._channels_changed

    # --- finding ------------------------------------------------------------------------------------------------------

    def queue_named(self, name: str, mediatype: str) -> Queue:
        """The queue of this name. Raises `Refused` when there is none, or it takes other media."""
        queue = self._setup.queues.get(name)
        if queue is None or not queue.takes(mediatype):
            raise Refused(TLibError.INVALID_ATTRIBUTE)
        return queue

    def agent_named(self, agent_id: str, mediatype: str) -> User:
        """The agent of this employee id (or user name), who is logged in on the channel. Raises `Refused`."""
        users = self._directory.users
        found = users.get(agent_id) or next((each for each in users.values() if each.employee_id == agent_id), None)
        if found is None:
            raise Refused(TLibError.INVALID_ATTRIBUTE)
        channel = self._channels.find(found.user_name, mediatype)
        if channel is None or not channel.logged_in or channel.dnd:
            raise Refused(TLibError.RESOURCE_UNAVAILABLE)
        return found

    def home_of(self, interaction: Interaction) -> str:
        """The queue that an interaction is put back into."""
        return interaction.queue or self._setup.default_queue(interaction.mediatype)

    def in_queues(self) -> dict[str, int]:
        """How many interactions are in each queue."""
        counts = dict.fromkeys(self._setup.queues, 0)
        for interaction in self._store:
            if interaction.state is InteractionState.QUEUED and interaction.queue in counts:
                counts[interaction.queue] += 1
        return counts

    # --- offering -----------------------------------------------------------------------------------------------------

    def offer(self, offer: Offer) -> None:
        """Invite the agent named at once; or let the offer wait in its queue, and see who is free."""
        if offer.agent is not None:
            self._invite(offer, offer.agent)
            return
        self._wait(offer)
        self.run()

    def withdraw(self, interaction: Interaction, role: PartyRole, by: str) -> bool:
        """Take back what an agent asked for and nobody has accepted yet; whether there was anything."""
        mine = [offer for offer in self._of.get(interaction, ()) if (offer.role, offer.by) == (role, by)]
        for offer in mine:
            self._forget(offer)
        invited = [
            p for p in interaction.parties.values() if p.offer is not None and (p.role, p.offer.by) == (role, by)
        ]
        for party in invited:
            self._store.leave(interaction, party.user, InteractionState.REVOKED)
        return bool(mine or invited)

    def accepted(self, party: Party) -> None:
        """The agent has taken it: the invitation is answered."""
        offer, party.offer = party.offer, None
        if offer is not None and offer.timer is not None:
            offer.timer.cancel()

    def declined(self, interaction: Interaction, party: Party) -> None:
        """The agent does not take it: it goes back to where it came from, and is offered to others."""
        offer = party.offer
        self._store.leave(interaction, party.user, InteractionState.REVOKED)
        if offer is None:
            return
        offer.passed_over.add(party.user)
        if offer.role is not PartyRole.HANDLES:
            if offer.queue is not None:
                self.offer(offer)
            elif offer.by in interaction.parties:
                self._store.tell(interaction, offer.by)
        elif offer.queue is not None:
            interaction.state = InteractionState.QUEUED
            self.offer(offer)
        else:
            self.give_up(interaction, passed_over={party.user})

    def give_up(self, interaction: Interaction, *, passed_over: set[str] | None = None) -> None:
        """Nobody handles an interaction any more: an agent who is on it besides does now, or it goes to its queue."""
        heir = next((p for p in interaction.parties.values() if p.role is PartyRole.CONFERENCE and p.works), None)
        if heir is not None:
            heir.role = PartyRole.HANDLES
            self._store.change(interaction, heir, InteractionState.PROCESSING)
            return
        self._store.queue(interaction, self.home_of(interaction))
        for offer in self._of.get(interaction, ()):
            offer.passed_over |= passed_over or set()
        self.run()

    def run(self) -> None:
        """Invite whoever is free to what waits; while a request is carried out, only after it."""
        if self._running or self._store.request is not None:
            return
        self._running = True
        try:
            for name in list(self._waiting):
                self._serve(name)
        finally:
            self._running = False

    # --- inside -------------------------------------------------------------------------------------------------------

    def _serve(self, name: str) -> None:
        queue, nobody = self._setup.queues[name], set[str]()
        for offer in list(self._waiting.get(name, ())):
            mediatype = offer.interaction.mediatype
            if mediatype in nobody or offer not in self._waiting.get(name, ()):
                continue
            free = [user for user in self._channels.available(mediatype) if queue.serves(user)]
            if not free:
                nobody.add(mediatype)
                continue
            unasked = offer.passed_over.union(offer.interaction.parties)
            asked = [user for user in free if user not in unasked]
            if asked:
                self._forget(offer)
                self._invite(offer, min(asked, key=lambda user: self._invited.get(user, 0)))

    def _invite(self, offer: Offer, user: str) -> None:
        self._invitations += 1
        self._invited[user] = self._invitations
        interaction, timeout = offer.interaction, self._store.switches.invitation_timeout
        party = self._store.join(interaction, user, offer.role, InteractionState.INVITED, offer)
        if timeout is not None and party.offer is offer:
            offer.timer = self._store.scheduler.call_later(timeout, partial(self._time_out, interaction, party))

    def _time_out(self, interaction: Interaction, party: Party) -> None:
        if party.offer is not None and interaction.parties.get(party.user) is party:
            self.declined(interaction, party)

    def _wait(self, offer: Offer) -> None:
        if offer.queue is not None:
            self._waiting.setdefault(offer.queue, {})[offer] = None
            self._of.setdefault(offer.interaction, []).append(offer)

    def _forget(self, offer: Offer) -> None:
        waiting, mine = self._waiting[offer.queue or ""], self._of[offer.interaction]
        del waiting[offer]
        mine.remove(offer)
        if not waiting:
            del self._waiting[offer.queue or ""]
        if not mine:
            del self._of[offer.interaction]

    # --- what happens elsewhere ---------------------------------------------------------------------------------------

    def _queued(self, interaction: Interaction) -> None:
        self._not_wanted(interaction)
        queue = interaction.queue or ""
        if self._setup.queues[queue].routed:
            self._wait(Offer(interaction, PartyRole.HANDLES, queue))
            self.run()

    def _taken(self, interaction: Interaction) -> None:
        for offer in [each for each in self._of.get(interaction, ()) if each.role is PartyRole.HANDLES]:
            self._forget(offer)

    def _not_wanted(self, interaction: Interaction) -> None:
        for offer in list(self._of.get(interaction, ())):
            self._forget(offer)

    def _interactions_of(self, user: str, mediatype: str) -> list[dict[str, object]]:
        return [interaction.view(user) for interaction in self._store.of(user, mediatype)]

    def _work_changed(self, user: str, mediatype: str) -> None:
        """The channel's activity is that of the newest interaction on it."""
        mine = self._store.of(user, mediatype)
        at_work = [each for each in mine if each.parties[user].role is not PartyRole.OBSERVER]
        activity = "Idle"
        if any(not each.parties[user].works for each in mine):
            activity = "DeliveringInteraction"
        elif mine:
            activity = f"Handling{mine[-1].type.value}Interaction"
        self._channels.set_work(user, mediatype, activity, full=len(at_work) >= self._setup.capacity(mediatype))
        self.run()

    def _channels_changed(self, user: str) -> None:
        """Whoever becomes ready is asked again; whoever logs out gives back what is there."""
        ready = {channel.name for channel in self._channels.of(user) if channel.state == "Ready"}
        for mediatype in ready - self._ready.get(user, set()):
            for waiting in self._waiting.values():
                for offer in waiting:
                    if offer.interaction.mediatype == mediatype:
                        offer.passed_over.discard(user)
        self._ready[user] = ready
        for channel in self._channels.of(user):
            if not channel.logged_in:
                for interaction in self._store.of(user, channel.name):
                    self._give_back(interaction, interaction.parties[user])
        self.run()

    def _give_back(self, interaction: Interaction, party: Party) -> None:
        if not party.works:
            self.declined(interaction, party)
        elif party.role is PartyRole.HANDLES:
            self._store.leave(interaction, party.user, InteractionState.QUEUED)
            self.give_up(interaction)
        else:
            self._store.leave(interaction, party.user, InteractionState.COMPLETED)
