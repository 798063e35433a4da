"""The media channels of agents: which are active, in which state, and the events that say so.

Must live here: a channel, its changes and their events. Must not: when a change is refused, interactions themselves,
HTTP.

    (not active) ──activate──► NotReady ◄──► Ready
                                  │            │
                                  └─ log_out ──┴──► LoggedOut ──activate──► NotReady

A channel's do-not-disturb is apart from its state: it only makes the channel unavailable.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from attrs import evolve, frozen

__all__ = ["MEDIA", "Channel", "MediaChannels"]

MEDIA = "/workspace/v3/media"

KeyValues = Iterable[dict[str, Any]]


class Clock(Protocol):
    """A clock."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...


@frozen(eq=False)
class Channel:
    """One media channel of one agent, as it is at a moment. `since` is its last change.

    `activity` says what the agent does there, `full` that the agent has as many interactions as can be handled.
    """

    name: str
    since: float
    state: str = "NotReady"
    reasons: tuple[dict[str, Any], ...] = ()
    dnd: bool = False
    activity: str = "Idle"
    full: bool = False

    @property
    def logged_in(self) -> bool:
        """Whether the agent is logged in on it."""
        return self.state != "LoggedOut"

    @property
    def available(self) -> bool:
        """Whether it can be given an interaction."""
        return self.state == "Ready" and not self.dnd and not self.full

    @property
    def capabilities(self) -> list[str]:
        """The operations that can be asked of it now."""
        if not self.logged_in:
            return []
        return [
            *(["not-ready"] if self.state == "Ready" else ["ready", "not-ready"]),
            "dnd-off" if self.dnd else "dnd-on",
            "logout",
        ]

    def view(self, interactions: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
        """The channel in wire form, with the agent's interactions there in theirs."""
        return {
            "name": self.name,
            "state": self.state,
            "dnd": self.dnd,
            "available": self.available,
            "activity": self.activity,
            "reasons": list(self.reasons),
            "capabilities": self.capabilities,
            "interactions": list(interactions),
            "timestamp": int(self.since * 1000),
        }


class MediaChannels:
    """The channels of every agent, by user name. Every change is told to the agent.

    One event holds all channels after an activation; any other change is told channel by channel. The methods that
    change channels take their names, or None for all that are active, and give back those they changed; a name that is
    not active raises LookupError before anything changes.

    `operation_id` is that of the request which is being carried out: the events answer it. `interactions_of` gives the
    interactions, in wire form, of an agent on a channel. `on_change` hears of each agent whose channels have changed.
    """

    def __init__(self, publish: Callable[[str, str, dict[str, Any]], object], clock: Clock) -> None:
        self.operation_id: str | None = None
        self.interactions_of: Callable[[str, str], list[dict[str, Any]]] = _none
        self.on_change: Callable[[str], object] = _none
        self._publish, self._clock = publish, clock
        self._of_user: dict[str, dict[str, Channel]] = {}

    def of(self, user: str) -> list[Channel]:
        """The channels that an agent has activated, also those logged out since; in the order of activation."""
        return list(self._of_user.get(user, {}).values())

    def find(self, user: str, name: str) -> Channel | None:
        """An agent's channel; None when it is not active."""
        return self._of_user.get(user, {}).get(name)

    def available(self, name: str) -> list[str]:
        """The user names of those who can be given an interaction on this channel."""
        return [user for user, mine in self._of_user.items() if name in mine and mine[name].available]

    def views(self, user: str) -> list[dict[str, Any]]:
        """An agent's channels in wire form, with their interactions."""
        return [channel.view(self.interactions_of(user, channel.name)) for channel in self.of(user)]

    def activate(self, user: str, names: Iterable[str]) -> None:
        """Log an agent in on channels; on those where the agent is logged in already nothing changes."""
        mine = self._of_user.setdefault(user, {})
        for name in names:
            if name not in mine or not mine[name].logged_in:
                mine[name] = Channel(name, self._clock.now())
        self.tell(user, mine.values())
        self.on_change(user)

    def deactivate(self, user: str) -> None:
        """Log an agent out of all channels and forget them."""
        self.log_out(user)
        self._of_user.pop(user, None)

    def ready(self, user: str, names: Collection[str] | None = None) -> list[Channel]:
        """Let the agent be given interactions."""
        return self._change(user, names, state="Ready", reasons=())

    def not_ready(self, user: str, names: Collection[str] | None = None, *, reasons: KeyValues = ()) -> list[Channel]:
        """Let the agent not be given interactions, for these reasons (key/value list)."""
        return self._change(user, names, state="NotReady", reasons=tuple(reasons))

    def set_dnd(self, user: str, on: bool, names: Collection[str] | None = None) -> list[Channel]:
        """Turn do-not-disturb on or off."""
        return self._change(user, names, dnd=on)

    def log_out(self, user: str, names: Collection[str] | None = None, *, reasons: KeyValues = ()) -> list[Channel]:
        """Log the agent out of channels. They stay known; those that were logged out already are left alone."""
        logged_in = [channel.name for channel in self._pick(user, names) if channel.logged_in]
        return self._change(user, logged_in, state="LoggedOut", reasons=tuple(reasons), dnd=False)

    def set_work(self, user: str, name: str, activity: str, *, full: bool) -> None:
        """Note what the agent does on a channel; told when it is another thing than before."""
        channel = self.find(user, name)
        if channel is None or (channel.activity, channel.full) == (activity, full):
            return
        changed = self._of_user[user][name] = evolve(channel, activity=activity, full=full, since=self._clock.now())
        operation_id, self.operation_id = self.operation_id, None
        self.tell(user, [changed])
        self.operation_id = operation_id

    def tell(self, user: str, channels: Iterable[Channel]) -> None:
        """Tell the agent, in one event, how these channels stand."""
        views = [channel.view(self.interactions_of(user, channel.name)) for channel in channels]
        if views:
            event: dict[str, Any] = {"messageType": "ChannelStateChanged", "media": {"channels": views}}
            if self.operation_id is not None:
                event["operationId"] = self.operation_id
            self._publish(user, MEDIA, event)

    def _pick(self, user: str, names: Collection[str] | None) -> list[Channel]:
        mine = self._of_user.get(user, {})
        return [mine[name] for name in (mine if names is None else names)]

    def _change(self, user: str, names: Collection[str] | None, **changes: Any) -> list[Channel]:
        mine, now = self._of_user.get(user, {}), self._clock.now()
        changed = [evolve(channel, since=now, **changes) for channel in self._pick(user, names)]
        for channel in changed:
            mine[channel.name] = channel
            self.tell(user, [channel])
        if changed:
            self.on_change(user)
        return changed


def _none(*_: str) -> list[dict[str, Any]]:
    """There is nothing, and nobody wants to know."""
    return []
