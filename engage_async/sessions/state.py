"""Live state: calls, the DN, channels, the user and the configuration, as the session's events tell them.

Must live here: the last known payload of each object, structured when somebody looks, and waiting for a state. Must
not: requests, correlation.

What is handed out is an immutable snapshot: it never changes under its reader. A server that goes on inventing calls,
names of a call or channels fills no memory: the oldest calls are forgotten, further names and channels are not kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engage_async.errors import CallEnded, EngageError, InvalidArgument, SessionClosed
from engage_async.models.enums import CallState
from engage_async.models.interactions import Interaction
from engage_async.models.media import Channel
from engage_async.models.session import Configuration, User
from engage_async.models.voice import Call, Dn
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.objects import IDLE_LIMIT, KEYS_LIMIT
from engage_async.protocol.reading import text
from engage_async.protocol.readings import ENDED_STATES, LOGGED_OUT_STATES, call_ids
from engage_async.sessions.interactions import Interactions
from engage_async.sessions.lazy import Lazy, Packed
from engage_async.sessions.waiting import Waiters

_ENDED_REMEMBERED = 32
_MOST_CHANNELS = 128


class Calls(Mapping[str, Call]):
    """The agent's calls by id (``id`` or ``connId``); a call leaves when it is released.

    ``calls[call_id]`` is a snapshot. `until` waits for a state.
    """

    def __init__(self) -> None:
        self._calls: dict[str, Lazy[Call]] = {}
        self._aliases: dict[str, str] = {}
        self._names: dict[str, dict[str, None]] = {}  # the aliases of each call
        self._ended: OrderedDict[str, Lazy[Call]] = OrderedDict()
        self._waiters: Waiters[Call] = Waiters("call")

    def __getitem__(self, call_id: str) -> Call:
        return self._calls[self._aliases.get(call_id, call_id)].model

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._calls or call_id in self._aliases

    def __repr__(self) -> str:
        return f"<Calls {', '.join(f'{i}: {self[i].state}' for i in self._calls) or 'none'}>"

    def last_known(self, call_id: str) -> Call | None:
        """The call as it was last seen, also when it has ended since (the last 32 ended calls are remembered)."""
        known = self._calls.get(self._aliases.get(call_id, call_id)) or self._ended.get(call_id)
        return known.model if known is not None else None

    async def until(self, call_id: str, state: CallState | str, *, timeout: float | None = None) -> Call:
        """Wait until the call is in `state`, and give it as it then is; at once when it already is.

        ``Released`` is also satisfied by ``Completed``. Raises `WaitTimeout` after `timeout` seconds, `CallEnded` when
        the call ends first, `InvalidArgument` for a call that is not and was not the agent's, `SessionClosed`.
        """

        def now(wanted: str) -> Call | BaseException | None:
            known = self._calls.get(key) or self._ended.get(call_id)
            if known is None:
                return InvalidArgument(f"calls.until: the agent has no call {str(call_id)[:60]!r}")
            if _satisfies(known.payload.get("state"), wanted):
                return known.model
            return None if key in self._calls else _ended_first(call_id, wanted, known.payload)

        key = self._aliases.get(call_id, call_id)
        return await self._waiters.until(key, state, now, timeout=timeout)

    # --- for the session ------------------------------------------------------------------------------------------

    def feed(self, payload: Payload) -> bool:
        """Take a ``CallStateChanged``; False when it has no readable call."""
        call = payload.get("call")
        keys = [key[1] for key in call_ids(call)]
        if not keys or not isinstance(call, dict):
            return False
        key = next((self._aliases.get(k, k) for k in keys if k in self), keys[0])
        previous = call.get("previousConnId")
        if isinstance(previous, str) and previous in self and previous not in keys:
            self._move(self._aliases.get(previous, previous), key)
        known = Lazy(Call, call)
        if text(call.get("state")) in ENDED_STATES:
            self._end(key, keys, known)
        elif not any(k in self._ended for k in keys) or key in self._calls:
            self._calls[key] = known
            self._name(key, keys)
            if len(self._calls) > IDLE_LIMIT:
                oldest = next(iter(self._calls))
                del self._calls[oldest]
                self._unname(oldest)
        self._wake(key, known)
        return True

    def close(self, error: BaseException) -> None:
        """Wake everybody who waits, with `error`."""
        self._waiters.close(error)

    def _move(self, old: str, new: str) -> None:
        known = self._calls.pop(old, None)
        if known is not None:
            self._calls.setdefault(new, known)
        self._name(new, [*self._unname(old), old])
        self._waiters.rekey(old, new)

    def _end(self, key: str, keys: list[str], known: Lazy[Call]) -> None:
        self._calls.pop(key, None)
        for ended in dict.fromkeys([key, *keys, *self._unname(key)]):
            self._ended[ended] = known
            self._ended.move_to_end(ended)
        while len(self._ended) > _ENDED_REMEMBERED:
            self._ended.popitem(last=False)

    def _name(self, key: str, keys: Iterable[str]) -> None:
        """Let the call be known by `keys` too."""
        names = self._names.setdefault(key, {})
        for alias in keys:
            if alias != key and (alias in names or len(names) < KEYS_LIMIT):
                names[alias] = None
                self._aliases[alias] = key

    def _unname(self, key: str) -> list[str]:
        """Take the call's other names from it, and give them."""
        names = [alias for alias in self._names.pop(key, {}) if self._aliases.get(alias) == key]
        for alias in names:
            del self._aliases[alias]
        return names

    def _wake(self, key: str, known: Lazy[Call]) -> None:
        state = text(known.payload.get("state"))

        def then(wanted: str) -> Call | BaseException | None:
            if _satisfies(state, wanted):
                return known.model
            ended = state in ENDED_STATES and not (state == "Released" and wanted == "Completed")
            return _ended_first(key, wanted, known.payload) if ended else None

        self._waiters.wake(key, then)


class LiveState:
    """Everything a session knows of its agent."""

    def __init__(self) -> None:
        self.calls: Calls = Calls()
        self.interactions: Interactions = Interactions()
        self._dn: Lazy[Dn] | None = None
        self._channels: dict[str, Lazy[Channel]] = {}
        self._user: Lazy[User] | None = None
        self._configuration: Packed[Configuration] | None = None
        self._readers: dict[str, Callable[[Payload], bool]] = {
            "CallStateChanged": self.calls.feed,
            "DnStateChanged": self._feed_dn,
            "ChannelStateChanged": self._feed_channels,
            "InteractionStateChanged": self.interactions.feed,
            "MessageLogUpdated": self.interactions.feed_messages,
        }

    @property
    def dn(self) -> Dn | None:
        """The agent's DN; None while no voice channel is active."""
        return self._dn.model if self._dn is not None else None

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The media channels by name."""
        return {name: known.model for name, known in self._channels.items()}

    @property
    def user(self) -> User | None:
        """The agent."""
        return self._user.model if self._user is not None else None

    @property
    def configuration(self) -> Configuration | None:
        """What the session's initialization told of the configuration."""
        return self._configuration.model if self._configuration is not None else None

    def own_names(self) -> frozenset[str]:
        """The names that the agent goes by: user name and employee id, as far as they are known."""
        user = self.user
        return frozenset(name for name in (user.user_name, user.employee_id) if name) if user else frozenset()

    def call(self, call_id: str) -> Call | None:
        """A call as it was last seen, also when it has ended since."""
        return self.calls.last_known(call_id)

    def channel(self, name: str) -> Channel | None:
        """A media channel as it was last seen."""
        known = self._channels.get(name)
        return known.model if known is not None else None

    def channel_names(self) -> list[str]:
        """The media channels on which the agent is logged in."""
        return [n for n, known in self._channels.items() if text(known.payload.get("state")) not in LOGGED_OUT_STATES]

    def interaction(self, interaction_id: str) -> Interaction | None:
        """An interaction as it was last seen, also when it has left the agent since."""
        return self.interactions.last_known(interaction_id)

    def feed(self, notice: Notice) -> bool:
        """Take one event; False when its type is known here and it lacks its essential member."""
        reader = self._readers.get(notice.message_type)
        if reader is not None:
            return reader(notice.payload)
        if notice.channel.endswith("/initialization"):
            self._feed_initialization(notice.payload)
        return True

    def feed_session(self, data: Any) -> None:
        """Take the data of ``GET /current-session``: the user (its calls come as notices)."""
        user = data.get("user") if isinstance(data, dict) else None
        if isinstance(user, dict):
            self._user = Lazy(User, user)

    def close(self, error: EngageError | None) -> None:
        """Nothing changes any more."""
        self.calls.close(error or SessionClosed("the session is closed"))
        self.interactions.close(error)

    def _feed_dn(self, payload: Payload) -> bool:
        dn = payload.get("dn")
        if not isinstance(dn, dict):
            return False
        self._dn = Lazy(Dn, dn)
        return True

    def _feed_channels(self, payload: Payload) -> bool:
        media = payload.get("media")
        channels = media.get("channels") if isinstance(media, dict) else None
        if not isinstance(channels, list):
            return False
        for channel in channels:
            name = channel.get("name") if isinstance(channel, dict) else None
            if isinstance(name, str) and (name in self._channels or len(self._channels) < _MOST_CHANNELS):
                self._channels[name] = Lazy(Channel, channel)
        return True

    def _feed_initialization(self, payload: Payload) -> None:
        data = payload.get("data")
        if not isinstance(data, dict):
            return
        self.feed_session(data)
        configuration = data.get("configuration")
        if isinstance(configuration, dict):
            self._configuration = Packed(Configuration, configuration)


def _satisfies(state: Any, wanted: CallState | str) -> bool:
    return bool(state == wanted or (wanted == "Released" and state == "Completed"))


def _ended_first(call_id: str, wanted: str, payload: Payload) -> CallEnded:
    return CallEnded(
        f"calls.until: call {call_id} ended before it was {wanted}",
        operation="calls.until",
        operation_id="",
        matched="object",
        connection_id=call_id,
        raw={"call": payload},
    )
