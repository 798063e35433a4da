"""Live state of interactions, chats included, as the session's events tell them.

Must live here: which interactions are on the agent's desk, what is last known of those that left, and waiting for a
state. Must not: requests, correlation, how a transcript grows (`transcript`).

    on the desk ──parked (in a workbin or queue), or ended──► left: remembered for a while
         ▲──────────pulled, resumed, offered again──────────────┘

What is handed out is an immutable snapshot: it never changes under its reader. Of more interactions than any agent has
the oldest are forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from attrs import evolve

from engage_async.errors import InteractionEnded, InvalidArgument, SessionClosed
from engage_async.models.chat import ChatMessage
from engage_async.models.codec import structure
from engage_async.models.interactions import Interaction
from engage_async.models.media_enums import InteractionState
from engage_async.protocol.media_readings import (
    LEFT_CHAT,
    LEFT_STATES,
    PARKED_STATES,
    chat_of,
    interaction_id_of,
    messages_of,
)
from engage_async.protocol.notices import Payload
from engage_async.protocol.objects import IDLE_LIMIT
from engage_async.protocol.reading import text
from engage_async.sessions.transcript import LiveChat
from engage_async.sessions.waiting import Waiters

__all__ = ["Interactions"]

_LEFT_REMEMBERED = 32
_EARLY_CHATS = 64  # chats whose messages came before the interaction itself did

Watcher = Callable[[], object]


class _Known:
    """What is known of one interaction. `passed` are the final states that it went through since it was last taken."""

    __slots__ = ("_model", "chat", "passed", "payload")

    def __init__(self, payload: Payload, chat: LiveChat | None) -> None:
        self.payload = payload
        self.chat = chat
        self.passed: frozenset[str] = frozenset()
        self._model: Interaction | None = None

    @property
    def state(self) -> str:
        return text(self.payload.get("state")) or ""

    @property
    def model(self) -> Interaction:
        if self._model is None:
            made = structure(Interaction, self.payload)
            self._model = evolve(made, chat=self.chat.model) if self.chat is not None else made
        return self._model

    def changed(self) -> None:
        self._model = None


class Interactions(Mapping[str, Interaction]):
    """The interactions on the agent's desk by id; one leaves when it ends, or is put into a workbin or a queue.

    ``interactions[interaction_id]`` is a snapshot. Of a chat it holds the participants and the whole transcript.
    `until` waits for a state.
    """

    def __init__(self) -> None:
        self._here: dict[str, _Known] = {}
        self._left: OrderedDict[str, _Known] = OrderedDict()
        self._early: OrderedDict[str, LiveChat] = OrderedDict()
        self._waiters: Waiters[Interaction] = Waiters("interaction")
        self._watchers: dict[str, dict[Watcher, None]] = {}
        self.closed: bool = False
        self.error: BaseException | None = None

    def __getitem__(self, interaction_id: str) -> Interaction:
        return self._here[interaction_id].model

    def __iter__(self) -> Iterator[str]:
        return iter(self._here)

    def __len__(self) -> int:
        return len(self._here)

    def __contains__(self, interaction_id: object) -> bool:
        return interaction_id in self._here

    def __repr__(self) -> str:
        shown = (f"{i}: {known.payload.get('mediatype')} {known.state}" for i, known in self._here.items())
        return f"<Interactions {', '.join(shown) or 'none'}>"

    def last_known(self, interaction_id: str) -> Interaction | None:
        """The interaction as it was last seen, also when it has left since (the last 32 that left are remembered)."""
        known = self._known(interaction_id)
        return known.model if known is not None else None

    async def until(
        self, interaction_id: str, state: InteractionState | str, *, timeout: float | None = None
    ) -> Interaction:
        """Wait until the interaction is in `state`, and give it as it then is; at once when it already is.

        ``Sent`` is also satisfied by what follows it. An interaction in a workbin or a queue may come back, and is
        waited for. Raises `WaitTimeout` after `timeout` seconds, `InteractionEnded` when it ends first,
        `InvalidArgument` for one that is not and was not the agent's, `SessionClosed`.
        """

        def now(wanted: str) -> Interaction | BaseException | None:
            known = self._known(interaction_id)
            if known is None:
                return InvalidArgument(f"interactions.until: the agent has no interaction {str(interaction_id)[:60]!r}")
            return _decide(interaction_id, known, wanted)

        return await self._waiters.until(interaction_id, state, now, timeout=timeout)

    # --- for the session ------------------------------------------------------------------------------------------

    def feed(self, payload: Payload) -> bool:
        """Take an ``InteractionStateChanged``; False when it has no readable interaction."""
        interaction, key = payload.get("interaction"), interaction_id_of(payload)
        if not isinstance(interaction, dict) or key is None:
            return False
        before = self._known(key)
        known = _Known(interaction, self._chat(key, interaction, before))
        if known.state in LEFT_STATES:
            known.passed = (before.passed if before is not None else frozenset()) | {known.state}
        if known.state in LEFT_STATES or known.state in PARKED_STATES:
            self._here.pop(key, None)
            self._left[key] = known
            self._left.move_to_end(key)
            while len(self._left) > _LEFT_REMEMBERED:
                self._left.popitem(last=False)
        else:
            self._left.pop(key, None)
            self._here[key] = known
            if len(self._here) > IDLE_LIMIT:
                del self._here[next(iter(self._here))]
        self._changed(key, known)
        return True

    def feed_messages(self, payload: Payload) -> bool:
        """Take a ``MessageLogUpdated``; False when it names no interaction or has no list of messages."""
        key = interaction_id_of(payload)
        if key is None or not isinstance(payload.get("messages"), list):
            return False
        known = self._known(key)
        if known is None:
            self._early.setdefault(key, LiveChat()).log(messages_of(payload))
            while len(self._early) > _EARLY_CHATS:
                self._early.popitem(last=False)
            return True
        if known.chat is None:
            known.chat = LiveChat()
        known.chat.log(messages_of(payload))
        known.changed()
        self._changed(key, known)
        return True

    def payloads(self) -> list[Payload]:
        """The interactions on the desk, as they were sent."""
        return [known.payload for known in self._here.values()]

    def chats(self) -> list[tuple[str, str]]:
        """The chats on the desk that the agent is in: each one's id and media type."""
        found = ((i, known, text(known.payload.get("mediatype")) or "chat") for i, known in self._here.items())
        return [
            (i, mediatype)
            for i, known, mediatype in found
            if (known.chat is not None or mediatype == "chat") and known.state != "Invited" and self.in_chat(i)
        ]

    def close(self, error: BaseException | None) -> None:
        """Nothing changes any more: wake everybody who waits."""
        self.closed = True
        self.error = error
        self._waiters.close(error or SessionClosed("the session is closed"))
        for watcher in [w for watchers in self._watchers.values() for w in watchers]:
            watcher()

    # --- for conversations ----------------------------------------------------------------------------------------

    def watch(self, interaction_id: str, watcher: Watcher) -> None:
        """Call `watcher` whenever the interaction, or its chat, changes."""
        self._watchers.setdefault(interaction_id, {})[watcher] = None

    def unwatch(self, interaction_id: str, watcher: Watcher) -> None:
        """No longer call it."""
        watchers = self._watchers.get(interaction_id, {})
        watchers.pop(watcher, None)
        if not watchers:
            self._watchers.pop(interaction_id, None)

    def in_chat(self, interaction_id: str) -> bool:
        """Whether the chat is on the agent's desk, and the agent in it, or invited into it."""
        known = self._here.get(interaction_id)
        return known is not None and known.state != LEFT_CHAT and not (known.chat is not None and known.chat.left)

    def arrived(self, interaction_id: str, after: int) -> tuple[int, ChatMessage | None]:
        """The next message of a chat after the first `after`, with the number of those between that are forgotten."""
        known = self._known(interaction_id)
        return known.chat.transcript.arrived(after) if known is not None and known.chat is not None else (0, None)

    # --------------------------------------------------------------------------------------------------------------

    def _known(self, key: str) -> _Known | None:
        return self._here.get(key) or self._left.get(key)

    def _chat(self, key: str, interaction: Payload, before: _Known | None) -> LiveChat | None:
        """The interaction's chat, going on from what was known of it."""
        chat = before.chat if before is not None else None
        chat = chat or self._early.pop(key, None)
        if told := chat_of(interaction):
            chat = chat or LiveChat()
            chat.take(told)
        return chat

    def _changed(self, key: str, known: _Known) -> None:
        self._waiters.wake(key, lambda wanted: _decide(key, known, wanted))
        for watcher in tuple(self._watchers.get(key, ())):
            watcher()


def _decide(key: str, known: _Known, wanted: str) -> Interaction | BaseException | None:
    if wanted in (known.state, *known.passed):
        return known.model
    ended = known.state in LEFT_STATES and not (known.state == "Sent" and wanted == "Completed")
    return _ended_first(key, wanted, known.payload) if ended else None


def _ended_first(key: str, wanted: str, payload: Payload) -> InteractionEnded:
    error = InteractionEnded(
        f"interactions.until: interaction {key} ended before it was {wanted}",
        operation="interactions.until",
        operation_id="",
        matched="object",
        raw={"interaction": payload},
    )
    error.interaction_id = key
    return error
