"""Live state: calls, the DN, channels, the user and the configuration, as the session's events tell them.

Must live here: the last known payload of each object, structured when somebody looks, and waiting for a state. Must
not: requests, correlation.

What is handed out is an immutable snapshot: it never changes under its reader.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from engage_async.errors import CallEnded, EngageError, InvalidArgument, SessionClosed, WaitTimeout
from engage_async.models.codec import structure
from engage_async.models.enums import CallState
from engage_async.models.media import Channel
from engage_async.models.session import Configuration, User
from engage_async.models.voice import Call, Dn
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.readings import ENDED_STATES, call_ids

M = TypeVar("M")

_ENDED_REMEMBERED = 256


class _Known(Generic[M]):
    """One payload, structured once, when it is looked at."""

    __slots__ = ("_cls", "_model", "payload")

    def __init__(self, cls: type[M], payload: Payload) -> None:
        self._cls = cls
        self._model: M | None = None
        self.payload = payload

    @property
    def model(self) -> M:
        if self._model is None:
            self._model = structure(self._cls, self.payload)
        return self._model


class Calls(Mapping[str, Call]):
    """The agent's calls by id (``id`` or ``connId``); a call leaves when it is released.

    ``calls[call_id]`` is a snapshot. `until` waits for a state.
    """

    def __init__(self) -> None:
        self._calls: dict[str, _Known[Call]] = {}
        self._aliases: dict[str, str] = {}
        self._ended: OrderedDict[str, _Known[Call]] = OrderedDict()
        self._waiting: dict[str, dict[asyncio.Future[Call], str]] = {}
        self._closed: BaseException | None = None

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
        """The call as it was last seen, also when it has ended since (the last 256 ended calls are remembered)."""
        known = self._calls.get(self._aliases.get(call_id, call_id)) or self._ended.get(call_id)
        return known.model if known is not None else None

    async def until(self, call_id: str, state: CallState | str, *, timeout: float | None = None) -> Call:
        """Wait until the call is in `state`, and give it as it then is; at once when it already is.

        ``Released`` is also satisfied by ``Completed``. Raises `WaitTimeout` after `timeout` seconds, `CallEnded` when
        the call ends first, `InvalidArgument` for a call that is not and was not the agent's, `SessionClosed`.
        """
        if self._closed is not None:
            raise self._closed
        ended = self._ended.get(call_id)
        if ended is not None and call_id not in self:
            if _satisfies(ended.model.state, state):
                return ended.model
            raise _ended_first(call_id, state, ended.payload)
        if call_id not in self:
            raise InvalidArgument(f"calls.until: the agent has no call {str(call_id)[:60]!r}")
        current = self[call_id]
        if _satisfies(current.state, state):
            return current
        key = self._aliases.get(call_id, call_id)
        future: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, {})[future] = state
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError as error:
            raise WaitTimeout(f"call {call_id} was not {state} within {timeout:g} s") from error
        finally:
            for waiting in self._waiting.values():
                waiting.pop(future, None)
            self._waiting = {k: w for k, w in self._waiting.items() if w}

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
        known = _Known(Call, call)
        if call.get("state") in ENDED_STATES:
            self._end(key, keys, known)
        elif not any(k in self._ended for k in keys) or key in self._calls:
            self._calls[key] = known
            self._aliases |= {k: key for k in keys if k != key}
        self._wake(key, known)
        return True

    def close(self, error: BaseException) -> None:
        """Wake everybody who waits, with `error`."""
        self._closed = error
        for future in [f for waiting in self._waiting.values() for f in waiting]:
            if not future.done():
                future.set_exception(error)

    def _move(self, old: str, new: str) -> None:
        known = self._calls.pop(old, None)
        if known is not None:
            self._calls.setdefault(new, known)
        self._aliases = {k: (new if v == old else v) for k, v in self._aliases.items()} | {old: new}
        if waiting := self._waiting.pop(old, None):
            self._waiting.setdefault(new, {}).update(waiting)

    def _end(self, key: str, keys: list[str], known: _Known[Call]) -> None:
        self._calls.pop(key, None)
        for alias in [alias for alias, target in self._aliases.items() if target == key]:
            del self._aliases[alias]
            keys.append(alias)
        for ended in dict.fromkeys([key, *keys]):
            self._ended[ended] = known
            self._ended.move_to_end(ended)
        while len(self._ended) > _ENDED_REMEMBERED:
            self._ended.popitem(last=False)

    def _wake(self, key: str, known: _Known[Call]) -> None:
        waiting = self._waiting.get(key)
        if not waiting:
            return
        state = known.payload.get("state")
        for future, wanted in list(waiting.items()):
            if future.done():
                continue
            if _satisfies(state, wanted):
                future.set_result(known.model)
            elif state in ENDED_STATES and not (state == "Released" and wanted == "Completed"):
                future.set_exception(_ended_first(key, wanted, known.payload))


class LiveState:
    """Everything a session knows of its agent."""

    def __init__(self) -> None:
        self.calls = Calls()
        self._dn: _Known[Dn] | None = None
        self._channels: dict[str, _Known[Channel]] = {}
        self._user: _Known[User] | None = None
        self._configuration: _Known[Configuration] | None = None
        self._readers: dict[str, Callable[[Payload], bool]] = {
            "CallStateChanged": self.calls.feed,
            "DnStateChanged": self._feed_dn,
            "ChannelStateChanged": self._feed_channels,
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

    def call(self, call_id: str) -> Call | None:
        """A call as it was last seen, also when it has ended since."""
        return self.calls.last_known(call_id)

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
            self._user = _Known(User, user)

    def close(self, error: EngageError | None) -> None:
        """Nothing changes any more."""
        self.calls.close(error or SessionClosed("the session is closed"))

    def _feed_dn(self, payload: Payload) -> bool:
        dn = payload.get("dn")
        if not isinstance(dn, dict):
            return False
        self._dn = _Known(Dn, dn)
        return True

    def _feed_channels(self, payload: Payload) -> bool:
        media = payload.get("media")
        channels = media.get("channels") if isinstance(media, dict) else None
        if not isinstance(channels, list):
            return False
        for channel in channels:
            if isinstance(channel, dict) and isinstance(channel.get("name"), str):
                self._channels[channel["name"]] = _Known(Channel, channel)
        return True

    def _feed_initialization(self, payload: Payload) -> None:
        data = payload.get("data")
        if not isinstance(data, dict):
            return
        self.feed_session(data)
        configuration = data.get("configuration")
        if isinstance(configuration, dict):
            self._configuration = _Known(Configuration, configuration)


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
