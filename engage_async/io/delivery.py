"""A request, sent as often as it takes.

Must live here: the token, the files, the time and the repetitions of a request. Must not: how one attempt is made.

    deliver ─► files? ─► token? ─► attempt ─► answered ───────────────────────────► the answer
                            ▲         ▲          │ 401, the first time: renew the token ─┐
                            │         │          │ 429, 502, 503, 504, or no answer: may it be repeated?
                            │         │          │   (class, files, attempts, deadline)
                            └─────────┴──────────┴─ yes: wait                           no: the last outcome stands

One that cannot be sent again is not "not sent" when an earlier attempt may have been carried out: that one's outcome
stands then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Protocol, TypeVar

from engage_async.config import Settings
from engage_async.errors import EngageError, NotSent, OutcomeUnknown
from engage_async.io.deadlines import Deadline
from engage_async.io.downloads import Download
from engage_async.io.uploads import Upload, prepared
from engage_async.protocol.backoff import Backoff, Dice, retry_after
from engage_async.protocol.multipart import UploadForm
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Answer, Request
from engage_async.secret import Secret

__all__ = ["Delivery", "TokenSource", "bearer_of", "may_be_done", "settle"]

R = TypeVar("R", bound="Answer | Download")

_GATEWAYS = frozenset({502, 503, 504})
_BUSY = _GATEWAYS | {429}


class TokenSource(Protocol):
    """Where bearer tokens come from. Whatever waits raises `AuthenticationError` when there is none to be had."""

    def ready(self) -> Secret | None:
        """A token that is good for now, where there is one without waiting."""
        ...

    async def bearer(self) -> Secret:
        """A token that is good for now."""
        ...

    async def renew(self, stale: Secret) -> Secret:
        """Another token than `stale`, which was refused."""
        ...


class Delivery:
    """Delivers the requests of one session. `dice` and `clock` (Unix time) are those of the engine."""

    def __init__(
        self, settings: Settings, tokens: TokenSource | None, *, dice: Dice, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._dice = dice
        self._clock = clock
        self._backoff = Backoff(settings.retry_first_delay, settings.retry_longest_delay)

    async def deliver(
        self,
        request: Request,
        attempt: Callable[[Upload | None, Secret | None, int, Deadline], Awaitable[R | EngageError]],
    ) -> R:
        """The outcome that stands. `attempt` is given the files, the token, its number (from 1) and the deadline."""
        settings = self._settings
        seconds = request.timeout if request.timeout is not None else settings.request_timeout
        bounded = request.upload is None or request.timeout is not None
        deadline = Deadline(seconds, silence=settings.read_timeout, bounded=bounded)
        if request.upload is None:
            return await self._deliver(request, None, attempt, deadline)
        async with AsyncExitStack() as files:
            upload = await _opened(request.upload, request.operation, files, deadline)
            return await self._deliver(request, upload, attempt, deadline)

    async def _deliver(
        self,
        request: Request,
        upload: Upload | None,
        attempt: Callable[[Upload | None, Secret | None, int, Deadline], Awaitable[R | EngageError]],
        deadline: Deadline,
    ) -> R:
        tokens = self._tokens if request.authenticate else None
        bearer = await bearer_of(tokens, None, deadline) if tokens is not None else None
        number, renewed = 0, False
        doubtful: R | EngageError | None = None
        while True:
            number += 1
            outcome = await attempt(upload, bearer, number, deadline)
            if may_be_done(outcome):
                doubtful = outcome
            elif isinstance(outcome, NotSent) and doubtful is not None:
                outcome = doubtful
            if upload is not None and not upload.repeatable:
                return settle(outcome)
            unauthorized = isinstance(outcome, Answer) and outcome.http_status == 401
            if unauthorized and tokens is not None and not renewed:
                renewed = True
                try:
                    bearer = await bearer_of(tokens, bearer, deadline)
                except EngageError:
                    if doubtful is None:
                        raise
                    return settle(doubtful)
                continue
            pause = self._pause(request, outcome, number - renewed)
            if pause is None or not deadline.allows(pause) or _is_given_up(request, outcome):
                return settle(outcome)
            await asyncio.sleep(pause)
            if _is_given_up(request, outcome):
                return settle(outcome)

    def _pause(self, request: Request, outcome: Answer | Download | EngageError, attempts: int) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none."""
        if attempts >= self._settings.retry_attempts:
            return None
        asked = None
        if isinstance(outcome, Answer | Download):
            if outcome.http_status not in _BUSY or request.repeat is Repeat.ONCE:
                return None
            if outcome.http_status == 429 and not request.throttling:
                return None
            asked = retry_after(outcome.headers.get("retry-after"), self._clock())
        elif not isinstance(outcome, NotSent) and (
            request.repeat is Repeat.ONCE or not isinstance(outcome, OutcomeUnknown)
        ):
            return None
        return max(asked or 0.0, self._backoff.delay(attempts, self._dice))


def _is_given_up(request: Request, outcome: object) -> bool:
    return request.again is not None and not request.again(outcome)


def may_be_done(outcome: object) -> bool:
    """Whether what an attempt came to leaves open that the request was carried out: no reply, or only a gateway's."""
    if isinstance(outcome, Answer | Download):
        return outcome.http_status in _GATEWAYS
    return isinstance(outcome, OutcomeUnknown)


async def bearer_of(tokens: TokenSource, stale: Secret | None, deadline: Deadline) -> Secret:
    """A token, another one than `stale`. Raises `AuthenticationError`, and `NotSent` when none comes in time."""
    if stale is None and (bearer := tokens.ready()) is not None:
        return bearer
    try:
        async with deadline:
            return await (tokens.bearer() if stale is None else tokens.renew(stale))
    except TimeoutError:
        raise NotSent("no access token in time") from None


def settle(outcome: R | EngageError) -> R:
    """Give the outcome of an attempt, or raise it."""
    if isinstance(outcome, EngageError):
        raise outcome
    return outcome


async def _opened(form: UploadForm, operation: str, files: AsyncExitStack, deadline: Deadline) -> Upload:
    """A form, with its files open."""
    deadline.reading()
    try:
        async with deadline:
            return await files.enter_async_context(prepared(form, operation))
    except TimeoutError:
        raise NotSent("the files to be sent could not be opened in time") from None
    finally:
        deadline.sent()
