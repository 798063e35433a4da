"""A contact centre's media side without HTTP: agents on their channels, a clock moved by hand, every event kept.

Must live here: asking the media desk and reading what it said. Must not: tests.
"""

from __future__ import annotations

from typing import Any

from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.chance import Chance
from engage_async.emulator.directory import Directory
from engage_async.emulator.interaction_store import MediaRequest
from engage_async.emulator.interactions import Interaction
from engage_async.emulator.media_channels import MEDIA
from engage_async.emulator.media_setup import MediaSetup
from engage_async.emulator.scenario import Scenario
from engage_async.emulator.scheduler import ManualScheduler
from engage_async.emulator.switches import Switches

JOHN, KATE, PAULA, OMAR, SAM, RUTH = "JohnSmith", "KateLewis", "PaulaHenry", "OmarDiaz", "SamOkoro", "RuthAdler"
"""Sam and Ruth are supervisors."""
ID_OF = {user: user.lower() for user in (JOHN, KATE, PAULA, OMAR, SAM, RUTH)}
"""Employee ids."""
MEDIATYPES = ("chat", "email", "workitem", "outboundpreview")

Event = dict[str, Any]


class Room:
    """The agents named, each ready on every channel. `said` holds all events: (user, channel, event)."""

    def __init__(self, *agents: str, ready: bool = True, setup: MediaSetup | None = None, **switches: Any) -> None:
        self.switches = Switches(**switches)
        self.clock = ManualScheduler()
        self.said: list[tuple[str, str, Event]] = []
        self.centre = ContactCentre(
            Directory.load(), self.switches, self._hear, self.clock, Chance(7), media_setup=setup
        )
        self.store, self.channels = self.centre.interactions, self.centre.media
        self.scenario = Scenario(self.centre)
        for agent in agents:
            self.channels.activate(agent, MEDIATYPES)
            if ready:
                self.channels.ready(agent)
        self.said.clear()

    def _hear(self, user: str, channel: str, event: Event) -> None:
        self.said.append((user, channel, event))

    def ask(
        self,
        agent: str,
        operation: str,
        about: Interaction | str | None = None,
        *,
        media: str | None = None,
        **data: Any,
    ) -> None:
        """A request about an interaction or a channel, whose operation id is ``agent/operation``."""
        interaction = self.store.get(about) if isinstance(about, str) else about
        mediatype = interaction.mediatype if interaction is not None else media
        identity = interaction.id if interaction is not None else None
        request = MediaRequest(agent, operation, f"{agent}/{operation}", mediatype, identity, data)
        self.centre.media_desk.handle(request)

    def refusal(self, agent: str, operation: str, about: Interaction | None = None, **data: Any) -> int | None:
        """The error code that the request brings its agent, and nothing else; None when it is not refused."""
        before = len(self.said)
        self.ask(agent, operation, about, **data)
        errors = [event["error"]["errorCode"] for _, _, event in self.said[before:] if is_error(event)]
        if not errors:
            return None
        assert len(self.said) == before + 1, "a refusal changes nothing"
        code: int = errors[0]
        return code

    # --- what was said ----------------------------------------------------------------------------------------------

    def heard(self, agent: str, message_type: str | None = None) -> list[Event]:
        """The events for an agent, oldest first."""
        return [e for user, _, e in self.said if user == agent and message_type in (None, e["messageType"])]

    def views(self, agent: str, about: Interaction | None = None) -> list[Event]:
        """What an agent was told of interactions (of this one)."""
        told = (event["interaction"] for event in self.heard(agent, "InteractionStateChanged"))
        return [view for view in told if about is None or view["id"] == about.id]

    def last(self, agent: str, about: Interaction | None = None) -> Event:
        return self.views(agent, about)[-1]

    def states(self, agent: str, about: Interaction | None = None) -> list[str]:
        """The states in which an agent was told of interactions; the same twice counts once."""
        told = [view["state"] for view in self.views(agent, about)]
        return [state for at, state in enumerate(told) if at == 0 or told[at - 1] != state]

    def kinds(self, agent: str) -> list[str]:
        """The notification types of what an agent was told."""
        return [event["notificationType"] for event in self.heard(agent, "InteractionStateChanged")]

    def log(self, agent: str) -> list[Event]:
        """The chat messages that an agent was shown."""
        return [message for event in self.heard(agent, "MessageLogUpdated") for message in event["messages"]]

    def lines(self, agent: str) -> list[tuple[str, str, str | None]]:
        """The same as (type, nickname, text)."""
        return [(m["type"], m["from"]["nickname"], m.get("text")) for m in self.log(agent)]

    def channel(self, agent: str, name: str) -> Event:
        """The newest view that an agent was given of a channel."""
        told = [event["media"]["channels"] for event in self.heard(agent, "ChannelStateChanged")]
        found: Event = [view for views in told for view in views if view["name"] == name][-1]
        return found

    def errors(self, agent: str) -> list[int]:
        return [event["error"]["errorCode"] for event in self.heard(agent, "EventError")]

    def forget(self) -> None:
        self.said.clear()

    # --- short ways -------------------------------------------------------------------------------------------------

    def taken_email(self, agent: str, **email: Any) -> Interaction:
        """An email that the agent has accepted. What was said so far is forgotten."""
        interaction = self.scenario.inbound_email(**email)
        self.ask(agent, "accept", interaction)
        self.forget()
        return interaction

    def taken_item(self, agent: str, **item: Any) -> Interaction:
        """A work item that the agent has accepted. What was said so far is forgotten."""
        interaction = self.scenario.work_item(**item)
        self.ask(agent, "accept", interaction)
        self.forget()
        return interaction


def is_error(event: Event) -> bool:
    return bool(event["messageType"] == "EventError")


def channel_of(interaction: Interaction) -> str:
    """The notification channel of an interaction."""
    return f"{MEDIA}/{interaction.mediatype}"


def values(view: Event) -> list[tuple[str, Any]]:
    """The user data of a view."""
    return [(each["key"], each["value"]) for each in view["userData"]]


def pair(key: str, value: Any) -> Event:
    return {"key": key, "type": "int" if isinstance(value, int) else "str", "value": value}
