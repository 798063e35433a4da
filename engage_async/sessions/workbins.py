"""The workbins that are followed: their content, kept up to date by the session's events.

Must live here: the content of each followed part of a workbin, what a change does to it, and waiting for changes. Must
not: single operations (`api.workspace.workbins`), correlation.

    follow ──► subscribe, then read the content ──► following ──change──► another content
                             ▲                          │
                             └── notifications lost ────┘        aclose ──► unsubscribe

What is handed out is an immutable snapshot: it never changes under its reader.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from engage_async.api.module import Sender
from engage_async.api.workspace.workbins import WorkbinsApi
from engage_async.errors import EngageError, OperationLost, SessionClosed, WaitTimeout
from engage_async.models.codec import structure, unstructure
from engage_async.models.interactions import Interaction
from engage_async.models.workbins import Workbin
from engage_async.protocol.notices import Payload
from engage_async.protocol.reading import operation_id_of, text

__all__ = ["FollowedWorkbin", "WorkbinDesk"]

log: logging.Logger = logging.getLogger("engage_async.sessions")


class FollowedWorkbin:
    """One part of a workbin, followed: ``async with agent.workbins.follow(workbin_id) as workbin``.

    `content` is what lies in it now. ``async for content in workbin`` gives it now and after each change; a reader that
    is slow misses what lay between, never the last; it ends when the block or the session does, and raises what made
    the session fail. `until` waits for a content.

    `changed` is set, and another one put in its place, with each change; `ended` and `error` say that there will be no
    more, and why.
    """

    def __init__(
        self, desk: WorkbinDesk, workbin_id: str, owner_id: str | None, *, properties: bool, timeout: float | None
    ) -> None:
        self.workbin_id: str = workbin_id
        self.owner_id: str | None = owner_id
        self.properties: bool = properties
        self._desk, self._timeout = desk, timeout
        self._head: Payload = {}
        self._lying: dict[str, Payload] = {}
        self._content: Workbin | None = None
        self._loading: str | None = None
        self._subscribed = False
        self.loaded: bool = False
        self.ended: bool = False
        self.error: BaseException | None = None
        self.changed: asyncio.Event = asyncio.Event()

    def __repr__(self) -> str:
        return f"<FollowedWorkbin {self._head.get('workbinName', self.workbin_id)}: {len(self._lying)} interactions>"

    @property
    def content(self) -> Workbin:
        """The workbin with what lies in it now. Raises `SessionClosed` before it is followed."""
        if not self.loaded:
            raise self.error or SessionClosed(f"workbin {self.workbin_id} is not followed: use 'async with'")
        if self._content is None:
            self._content = structure(Workbin, {**self._head, "interactions": list(self._lying.values())})
        return self._content

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What lies in it now."""
        return self.content.interactions

    async def until(self, wanted: Callable[[Workbin], object], *, timeout: float | None = None) -> Workbin:
        """Wait until `wanted` accepts the content, and give it; at once when it already does.

        Raises `WaitTimeout` after `timeout` seconds, `SessionClosed`, and what `wanted` raises.
        """
        try:
            async with asyncio.timeout(timeout):
                async for content in self:
                    if wanted(content):
                        return content
        except TimeoutError as error:
            raise WaitTimeout(f"workbin {self.workbin_id} was not as wanted within {timeout:g} s") from error
        raise SessionClosed(f"workbin {self.workbin_id} is followed no more")

    def __aiter__(self) -> _Contents:
        return _Contents(self)

    async def __aenter__(self) -> Self:
        self._desk.enter(self)
        try:
            await self._desk.subscribe(
                self.workbin_id,
                owner_id=self.owner_id,
                notify_property_changes=self.properties or None,
                timeout=self._timeout,
            )
            self._subscribed = True
            await self.load()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Follow it no more. Does nothing the second time, or when the session has ended."""
        last = self._desk.leave(self)
        self.end(None)
        if last and self._subscribed:
            try:
                await self._desk.unsubscribe(self.workbin_id, owner_id=self.owner_id, timeout=self._timeout)
            except EngageError as error:
                log.info("workbin %s: not unsubscribed: %s", self.workbin_id, error)

    # --- for the desk -------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the content. It is taken over in its place among the events, before this is done."""
        operation = self._desk.get_content(self.workbin_id, owner_id=self.owner_id, timeout=self._timeout)
        self._loading = operation.id
        try:
            found = await operation
        finally:
            unread = self._loading == operation.id
            self._loading = None if unread else self._loading
        if unread:
            self._take(operation.event.get("workbin") if operation.event is not None else unstructure(found))

    def feed(self, payload: Payload, own: frozenset[str]) -> None:
        """Take a message about workbins. `own` are the names that the agent goes by as an owner."""
        name = payload.get("name")
        if name == "EventWorkbinContent" and self._loading is not None:
            if operation_id_of(payload) in (None, self._loading) and _id_of(payload.get("workbin")) == self.workbin_id:
                self._loading = None
                self._take(payload.get("workbin"))
        elif name == "EventWorkbinContentChanged" and self.loaded and self._is_ours(payload.get("workbin"), own):
            self._change(payload)

    def end(self, error: BaseException | None) -> None:
        """Nothing changes any more: cleanly, or because of `error`."""
        if not self.ended:
            self.ended = True
            self.error = error
            self._wake()

    def _take(self, workbin: Any) -> None:
        if not isinstance(workbin, dict):
            return
        self._head = {name: value for name, value in workbin.items() if name != "interactions"}
        lying = workbin.get("interactions")
        entries = lying if isinstance(lying, list) else []
        self._lying = {identity: entry for entry in entries if (identity := _id_of(entry)) is not None}
        self.loaded = True
        self._wake()

    def _is_ours(self, workbin: Any, own: frozenset[str]) -> bool:
        if _id_of(workbin) != self.workbin_id:
            return False
        owner = text(workbin.get("owner"))
        if owner is None or self._head.get("owner") == owner:
            return True
        return owner == self.owner_id if self.owner_id is not None else not own or owner in own

    def _change(self, payload: Payload) -> None:
        interaction = payload.get("interaction")
        identity = _id_of(interaction)
        if identity is None or not isinstance(interaction, dict):
            return
        if payload.get("workbinContentOperation") == "Remove":
            self._lying.pop(identity, None)
        else:
            self._lying[identity] = interaction
        self._wake()

    def _wake(self) -> None:
        self._content = None
        self.changed.set()
        self.changed = asyncio.Event()


class _Contents:
    """The contents of a followed workbin, from now on: an async iterator that ends when it is followed no more."""

    def __init__(self, workbin: FollowedWorkbin) -> None:
        self._workbin = workbin
        self._seen: Workbin | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Workbin:
        while True:
            if self._workbin.ended:
                raise self._workbin.error or StopAsyncIteration
            changed, content = self._workbin.changed, self._workbin.content
            if content is not self._seen:
                self._seen = content
                return content
            await changed.wait()


class WorkbinDesk(WorkbinsApi):
    """Workbins and their content; `follow` keeps one up to date."""

    def __init__(self, sender: Sender, *, own_names: Callable[[], frozenset[str]]) -> None:
        super().__init__(sender)
        self._own_names = own_names
        self._following: dict[tuple[str, str | None], list[FollowedWorkbin]] = {}
        self._resuming = asyncio.Lock()

    def follow(
        self,
        workbin_id: str,
        *,
        owner_id: str | None = None,
        notify_property_changes: bool = False,
        timeout: float | None = None,
    ) -> FollowedWorkbin:
        """Follow a workbin: subscribe to it, read its content, and keep that up to date until the block ends.

        With `notify_property_changes` changes of the interactions in it count too. `timeout` is in seconds for each
        request. When notifications were lost, it is subscribed to and read again by itself.
        """
        return FollowedWorkbin(self, workbin_id, owner_id, properties=notify_property_changes, timeout=timeout)

    @property
    def followed(self) -> Mapping[str, Workbin]:
        """The content of every workbin that is followed, by id; of one with several owners the one followed first."""
        found = [each for following in self._following.values() for each in following if not each.ended]
        return {each.workbin_id: each.content for each in reversed(found) if each.loaded}

    # --- for the session and what is followed -------------------------------------------------------------------------

    def enter(self, workbin: FollowedWorkbin) -> None:
        """It is followed from now on."""
        self._following.setdefault((workbin.workbin_id, workbin.owner_id), []).append(workbin)

    def leave(self, workbin: FollowedWorkbin) -> bool:
        """It is followed no more; gives whether nobody else follows the same."""
        key = (workbin.workbin_id, workbin.owner_id)
        following = self._following.get(key, [])
        if workbin not in following:
            return False
        following.remove(workbin)
        if not following:
            del self._following[key]
        return not following

    def feed(self, payload: Payload) -> bool:
        """Take a ``WorkbinsMessage``."""
        if self._following:
            own = self._own_names()
            for following in self._following.values():
                for workbin in following:
                    workbin.feed(payload, own)
        return True

    async def resume(self) -> None:
        """Notifications were lost: subscribe again to what is followed, and read it again."""
        async with self._resuming:
            for following in list(self._following.values()):
                await self._resume(list(following))

    async def _resume(self, following: list[FollowedWorkbin]) -> None:
        first = following[0]
        try:
            await self.subscribe(
                first.workbin_id, owner_id=first.owner_id, notify_property_changes=first.properties or None
            )
            for workbin in following:
                await workbin.load()
        except OperationLost:
            log.info("workbin %s: notifications were lost again while it was read", first.workbin_id)
        except EngageError as error:
            log.warning("workbin %s is followed no more: %s", first.workbin_id, error)
            for workbin in following:
                workbin.end(error)

    @property
    def is_following(self) -> bool:
        """Whether anything is followed."""
        return bool(self._following)

    def close(self, error: EngageError | None) -> None:
        """The session is over."""
        for following in self._following.values():
            for workbin in following:
                workbin.end(error)
        self._following.clear()


def _id_of(value: Any) -> str | None:
    return text(value.get("id")) if isinstance(value, dict) else None
