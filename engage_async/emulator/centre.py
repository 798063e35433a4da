"""The emulated contact centre as one thing.

Must live here: what it is made of. Must not: what any part does, HTTP.

    ContactCentre ── exchange (DNs and calls)
                  ├─ voice (carries out agents' voice requests on the exchange)
                  ├─ outside (calls, answers and hangs up at the other end)
                  ├─ media (media channels)
                  ├─ interactions, routing, documents (what is on these channels, who is offered it, its files)
                  ├─ media_desk (carries out agents' media requests on them)
                  ├─ records (contacts, history, standard responses, workbins, snapshots)
                  ├─ agents (who is logged in, where, on which channels)
                  ├─ activity (what each agent has done, learnt from the events that all of these publish)
                  ├─ stat_server (statistics of agents, groups and virtual queues, made of that)
                  ├─ targets, target_lists (whom and what agents can reach; their favourites, recents, missed calls)
                  ├─ colleagues (agents as others see them, and what supervisors do to them)
                  └─ topics (user events among agents and the outbound dialler)
"""

from __future__ import annotations

from typing import Any

from engage_async.emulator.activity import Activity
from engage_async.emulator.agents import Agents
from engage_async.emulator.arrivals import arrive_at_start
from engage_async.emulator.chance import Chance
from engage_async.emulator.colleagues import Colleagues
from engage_async.emulator.directory import Directory
from engage_async.emulator.documents import DocumentStore
from engage_async.emulator.exchange import Exchange, Publish
from engage_async.emulator.interaction_store import InteractionStore
from engage_async.emulator.media_channels import MediaChannels
from engage_async.emulator.media_desk import MediaDesk
from engage_async.emulator.media_floor import MediaFloor
from engage_async.emulator.media_setup import MediaSetup
from engage_async.emulator.outside import Outside
from engage_async.emulator.record_setup import RecordSetup
from engage_async.emulator.records import Records
from engage_async.emulator.routing import Routing
from engage_async.emulator.scheduler import Scheduler
from engage_async.emulator.stat_server import StatServer
from engage_async.emulator.switches import Switches
from engage_async.emulator.target_lists import TargetLists
from engage_async.emulator.targets import Targets
from engage_async.emulator.topics import Topics
from engage_async.emulator.voice_switch import VoiceSwitch


class ContactCentre:
    """Who and what there is, and what happens to it."""

    def __init__(
        self,
        directory: Directory,
        switches: Switches,
        publish: Publish,
        scheduler: Scheduler,
        random: Chance,
        *,
        media_setup: MediaSetup | None = None,
        record_setup: RecordSetup | None = None,
    ) -> None:
        self.directory: Directory = directory
        self.switches: Switches = switches
        self.scheduler: Scheduler = scheduler
        self.random: Chance = random
        self.activity: Activity = Activity(scheduler)
        self.stat_server: StatServer = StatServer(self.activity, directory, scheduler)
        self._publish = publish
        publish = self.publish
        self.exchange: Exchange = Exchange(directory, switches, publish, scheduler, random)
        self.voice: VoiceSwitch = VoiceSwitch(self.exchange, switches)
        self.outside: Outside = Outside(self.exchange)
        self.media: MediaChannels = MediaChannels(publish, scheduler)
        setup = media_setup or MediaSetup.load()
        ids = random.branch()
        self.interactions: InteractionStore = InteractionStore(switches, publish, scheduler, ids)
        self.routing: Routing = Routing(self.interactions, self.media, directory, setup)
        self.documents: DocumentStore = DocumentStore(self.interactions.new_id)
        self.media_floor: MediaFloor = MediaFloor(
            self.interactions, self.routing, self.media, self.documents, directory, setup
        )
        self.media_desk: MediaDesk = MediaDesk(self.media_floor, switches)
        self.records: Records = Records(
            record_setup or RecordSetup.load(),
            self.media_floor,
            self.exchange,
            switches,
            publish,
            random.branch(),
        )
        self.agents: Agents = Agents(self.exchange, self.media)
        self.targets: Targets = Targets(self.exchange, self.media)
        self.targets.queues = self.routing.in_queues
        self.target_lists: TargetLists = TargetLists(self.targets, self.exchange, self.activity)
        self.colleagues: Colleagues = Colleagues(self.exchange, self.media, self.targets)
        self.topics: Topics = Topics(publish)
        arrive_at_start(self.media_floor)

    def publish(self, user: str, channel: str, data: dict[str, Any]) -> None:
        """Tell an agent of something that happened."""
        self.activity.hear(user, data)
        self._publish(user, channel, data)
