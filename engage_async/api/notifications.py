"""The notification endpoints of a service, for those who run a Bayeux client of their own.

Must live here: the routes that every service has, and one method for each, in the same order. Must not: the session's
own connection (`io.notifications`), what a Bayeux message means.

The messages are sent as they are, with the session's cookies and token, and the answers given as they come: also a
refusal, which is an answer with ``successful: false``. A session's own connection knows nothing of them; it counts as
another client in the same browser, of which a Bayeux server may allow a few only. Messages that come in an answer are
yours alone: the session does not see them.

Methods raise `InvalidArgument` for what cannot be sent, `ApiError` for an HTTP error, `NotSent` and `OutcomeUnknown`
when no answer came, `MalformedResponse` for an answer that is no array of messages. They are never repeated.
`timeout` is in seconds (default: 60) and must be above the time for which the server may hold a ``/meta/connect``.

Source: the Bayeux 1.0 specification (https://docs.cometd.org/current/reference/#_bayeux).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from engage_async.api.module import Known, SynchronousModule
from engage_async.errors import MalformedResponse
from engage_async.protocol.route import Family, Route

__all__ = ["Message", "NotificationsApi", "notification_routes"]

Message = Mapping[str, Any]
"""A Bayeux message."""


def the_messages(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> tuple[Message, ...]:
    """The messages of an answer (a lone one counts as an array of one)."""
    messages = payload.get("messages", [payload] if payload else [])
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        raise MalformedResponse("notifications: expected an array of Bayeux messages")
    return tuple(messages)


def notification_routes(base: str) -> Mapping[str, Route]:
    """The routes of the service at `base`, by the name of their methods."""
    family = Family(base, "notifications", "/notifications/", gives=the_messages)

    def route(name: str, **options: Any) -> Route:
        shared = {"body": "list", "enveloped": False, "items": "messages", "polls": True}
        return family.request("POST", name, **{**shared, **options})

    return {
        "post": route("post", path="/notifications"),
        "handshake": route("handshake"),
        "connect": route("connect"),
        "subscribe": route("subscribe"),
        "unsubscribe": route("unsubscribe"),
        "disconnect": route("disconnect"),
    }


class NotificationsApi(SynchronousModule):
    """Bayeux messages to the endpoints of one service, whose routes a subclass names."""

    routes: ClassVar[Mapping[str, Route]]

    async def post(self, messages: Sequence[Message], *, timeout: float | None = None) -> tuple[Message, ...]:
        """Post messages of any kind to the endpoint itself, and give the answers."""
        return await self._exchange("post", messages, timeout)

    async def handshake(self, messages: Sequence[Message], *, timeout: float | None = None) -> tuple[Message, ...]:
        """Post a ``/meta/handshake``, and give the answer: in it the ``clientId`` for what follows."""
        return await self._exchange("handshake", messages, timeout)

    async def connect(self, messages: Sequence[Message], *, timeout: float | None = None) -> tuple[Message, ...]:
        """Post a ``/meta/connect``, and give the answer with the events that came until then: a long poll."""
        return await self._exchange("connect", messages, timeout)

    async def subscribe(self, messages: Sequence[Message], *, timeout: float | None = None) -> tuple[Message, ...]:
        """Post ``/meta/subscribe`` messages, and give the answers; events may come with them."""
        return await self._exchange("subscribe", messages, timeout)

    async def unsubscribe(self, messages: Sequence[Message], *, timeout: float | None = None) -> tuple[Message, ...]:
        """Post ``/meta/unsubscribe`` messages, and give the answers."""
        return await self._exchange("unsubscribe", messages, timeout)

    async def disconnect(self, messages: Sequence[Message], *, timeout: float | None = None) -> tuple[Message, ...]:
        """Post a ``/meta/disconnect``, and give the answer: the client id is void after it."""
        return await self._exchange("disconnect", messages, timeout)

    async def _exchange(self, name: str, messages: Sequence[Message], timeout: float | None) -> tuple[Message, ...]:
        answers: tuple[Message, ...] = await self._request(self.routes[name], messages=messages, timeout=timeout)
        return answers
