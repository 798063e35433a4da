"""Whatever agents, supervisors and customers do in whatever order, the media side stays whole."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_room import ID_OF, JOHN, KATE, MEDIATYPES, OMAR, PAULA, RUTH, SAM, Event, Room, pair

from engage_async.emulator.chats import ChatSession
from engage_async.emulator.customers import ChatCustomer
from engage_async.emulator.interactions import Interaction, PartyRole
from engage_async.emulator.media_requests import ALL_CHANNELS, CHANNEL, INTERACTION, NAMED_IN_PATH

_AGENTS = (JOHN, KATE, PAULA, OMAR, SAM, RUTH)
_OPERATIONS = [*INTERACTION, *NAMED_IN_PATH]
_ENDINGS = {"complete", "leave", "send", "cancel", "place-in-queue", "transfer"}
_QUEUES = ("email-outbound", "chat-experts", "chat-parked", "general", "waiting-room", "nowhere")
_OPERATION_OF = {"transfer": "transfer-agent"}


class Walk:
    """Agents who do anything: mostly what their interactions offer them, now and then what they do not."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.room = Room(*_AGENTS, invitation_timeout=1.0)
        self.customers: list[ChatCustomer] = []

    def step(self) -> None:
        agent = self.dice.choice(_AGENTS)
        mine = self.room.store.of(agent)
        match self.dice.randrange(25):
            case 0:
                self.room.clock.advance(0.6)
            case 1:
                self._come_and_go(agent)
            case 2:
                self.room.ask(agent, self.dice.choice([*ALL_CHANNELS]))
            case 3:
                data, media = self._data(), self.dice.choice(MEDIATYPES)
                self.room.ask(agent, self.dice.choice([*CHANNEL, "create"]), media=media, **data)
            case 4 if everything := list(self.room.store):
                self.room.ask(agent, self.dice.choice(_OPERATIONS), self.dice.choice(everything), **self._data())
            case 5 if self.customers:
                self._customer(self.dice.choice(self.customers))
            case dice if dice < 10 or not mine:
                self._arrival()
            case _:
                self._do_what_is_offered(agent, self.dice.choice(mine))

    def _do_what_is_offered(self, agent: str, interaction: Interaction) -> None:
        offered = interaction.capabilities(agent)
        offered = [name for name in offered if name not in _ENDINGS or self.dice.random() < 0.2]
        if not offered:
            return
        operation, before = self.dice.choice(offered), len(self.room.said)
        self.room.ask(agent, _OPERATION_OF.get(operation, operation), interaction, **self._data())
        answers = [event for user, _, event in self.room.said[before:] if user == agent]
        assert answers, f"{operation} of what {agent} has was neither carried out nor refused"
        refused = [event["error"]["errorCode"] for event in answers if event["messageType"] == "EventError"]
        assert not refused or operation == "cancel-consult" or refused[0] != 506, "the state allows what is offered"

    def _arrival(self) -> None:
        scenario = self.room.scenario
        match self.dice.randrange(5):
            case 0:
                scenario.inbound_email()
            case 1:
                scenario.work_item()
            case 2:
                scenario.outbound_preview()
            case _:
                self.customers.append(scenario.inbound_chat(asynchronous=self.dice.random() < 0.3))

    def _customer(self, customer: ChatCustomer) -> None:
        self.dice.choice([lambda: customer.say("something"), customer.types, customer.leave])()

    def _come_and_go(self, agent: str) -> None:
        match self.dice.randrange(3):
            case 0:
                self.room.channels.deactivate(agent)
            case _:
                self.room.channels.activate(agent, MEDIATYPES)
                self.room.channels.ready(agent)

    def _data(self) -> dict[str, Any]:
        """Enough for any operation."""
        action = self.dice.choice(["CloseIfNoAgents", "ForceClose", "KeepAlive"])
        return {
            "agentId": ID_OF[self.dice.choice(_AGENTS)],
            "queue": self.dice.choice(_QUEUES),
            "userData": [pair("key", str(self.dice.randrange(3)))],
            "comment": "so so",
            "contactId": "nobody",
            "documentId": self.dice.choice(["doc-terms", "no such"]),
            "message": "words",
            "url": "https://example.com",
            "nickname": "Nick",
            "visibility": self.dice.choice(["All", "Agent", "Supervisor"]),
            "monitoringMode": self.dice.choice(["Monitor", "Coach", "Bargein"]),
            "monitoringNextInteractionType": self.dice.choice(["NextInteraction", "AllInteractions"]),
            "from": "support@example.com",
            "to": ["ada@example.net"],
            **({"afterAction": action} if self.dice.random() < 0.5 else {}),
        }

    # --- what must hold -----------------------------------------------------------------------------------------------

    def check(self) -> None:
        for interaction in self.room.store:
            self._check(interaction)
        for interaction in self.room.store.ended:
            assert (interaction.parties, interaction.state.final, interaction.workbin) == ({}, True, None)
        for agent in _AGENTS:
            self._check_agent(agent)
        for customer in self.customers:
            assert all(message.visibility == "All" for message in customer.heard)
        assert self.room.store.request is None
        assert self.room.channels.operation_id is None

    def _check(self, interaction: Interaction) -> None:
        roles = Counter(party.role for party in interaction.parties.values())
        assert roles[PartyRole.HANDLES] <= 1
        handler = interaction.handler
        if handler is None:
            assert interaction.state in {"Queued", "InWorkbin"}, interaction
            assert not [party for party in interaction.parties.values() if party.works]
        else:
            assert handler.state == interaction.state
        for user, party in interaction.parties.items():
            assert interaction in self.room.store.of(user)
            assert party.works == (party.offer is None)
        session = interaction.content
        if isinstance(session, ChatSession):
            here = {part.user for part in session.participants if part.user is not None}
            working = {user for user, party in interaction.parties.items() if party.works and party.state != "LeftChat"}
            assert here == working, interaction
            indexes = [message.index for message in session.messages]
            assert indexes == sorted(set(indexes))

    def _check_agent(self, agent: str) -> None:
        for interaction in self.room.store.of(agent):
            assert agent in interaction.parties
            channel = self.room.channels.find(agent, interaction.mediatype)
            assert channel is not None
            assert channel.logged_in, f"{agent} has something on a channel without being there"
        for mediatype in MEDIATYPES:
            channel = self.room.channels.find(agent, mediatype)
            if channel is not None:
                assert (channel.activity == "Idle") == (not self.room.store.of(agent, mediatype))

    def check_what_was_said(self) -> None:
        """No agent is told of messages out of order, or of an interaction that was taken away before."""
        for agent in _AGENTS:
            last: dict[str, int] = {}
            for event in self.room.heard(agent, "MessageLogUpdated"):
                for message in event["messages"]:
                    self._check_message(agent, event, message, last)
        known: dict[tuple[str, str], str] = {}
        for user, _, event in self.room.said:
            if event["messageType"] == "InteractionStateChanged":
                view = event["interaction"]
                key = user, view["id"]
                if known.get(key) in {None, "Completed", "Revoked", "Queued", "Sent", "Canceled"}:
                    assert view["state"] in {"Invited", "Processing", "Composing"}, (user, view)
                known[key] = view["state"]

    def _check_message(self, agent: str, event: Event, message: Event, last: dict[str, int]) -> None:
        rejoined = message["type"] == "ParticipantJoined" and message["index"] == 1
        if not rejoined:
            assert message["index"] > last.get(event["interactionId"], 0), "in order"
        last[event["interactionId"]] = message["index"]
        if message["visibility"] == "Supervisor":
            assert agent in {SAM, RUTH} or message["from"].get("personId") == ID_OF[agent]


def walk(seed: int, steps: int) -> None:
    walk = Walk(seed)
    for _ in range(steps):
        walk.step()
        walk.check()
    walk.check_what_was_said()


@pytest.mark.parametrize("seed", range(3))
def test_long_walk_keeps_the_floor_whole(seed: int) -> None:
    walk(seed, 400)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 120))
def test_any_walk_keeps_the_floor_whole(seed: int, steps: int) -> None:
    walk(seed, steps)
