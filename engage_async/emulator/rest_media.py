"""REST routes of the workspace groups `media`, `email` and `chat`.

Must live here: paths, and the way from a request to the media desk and back. Must not: forms, what requests do, the
files of interactions (rest_documents.py).

Every well-formed request of a session is accepted; what comes of it is an event. A media type or an interaction that
never was is the service's own refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.chats import ChatSession
from engage_async.emulator.interaction_store import MediaRequest, UnknownInteraction
from engage_async.emulator.media_requests import (
    ALL_CHANNELS,
    CHANNEL,
    CREATE,
    CREATE_EMAIL,
    INTERACTION,
    NAMED_IN_PATH,
)
from engage_async.emulator.request_forms import Form, read_body
from engage_async.emulator.rest_documents import add_document_routes
from engage_async.emulator.rest_replies import Handler, accepted_as, done, in_session, refused
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_MEDIA = "/workspace/v3/media"


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the groups."""
    for operation, form in ALL_CHANNELS.items():
        app.router.add_post(f"{_MEDIA}/{operation}", _asynchronous(emulator, operation, form))
    for operation, form in CHANNEL.items():
        app.router.add_post(f"{_MEDIA}/{{mediatype}}/{operation}", _asynchronous(emulator, operation, form))
    interactions = f"{_MEDIA}/{{mediatype}}/interactions"
    app.router.add_post(f"{_MEDIA}/email/interactions/create", _asynchronous(emulator, "create", CREATE_EMAIL, "email"))
    app.router.add_post(f"{interactions}/create", _asynchronous(emulator, "create", CREATE))
    for operation, form in INTERACTION.items():
        app.router.add_post(f"{interactions}/{{id}}/{operation}", _asynchronous(emulator, operation, form))
    for operation, name in NAMED_IN_PATH.items():
        path = f"{interactions}/{{id}}/{operation}/{{{name}}}"
        app.router.add_post(path, _asynchronous(emulator, operation, Form()))
    app.router.add_get(f"{interactions}/{{id}}/messages", _messages(emulator))
    add_document_routes(app, emulator, f"{interactions}/{{id}}")


def _asynchronous(emulator: Emulator, operation: str, form: Form, mediatype: str | None = None) -> Handler:
    async def handle(request: web.Request, session: WebSession) -> web.Response:
        operation_id, data = read_body(form, await request.read())
        named = dict(request.match_info)
        media, interaction_id = named.pop("mediatype", mediatype), named.pop("id", None)
        if media is not None and media not in emulator.centre.directory.media_channels:
            return refused("Resource not found", {"mediatype": media})
        asked = MediaRequest(session.user, operation, operation_id, media, interaction_id, data | named)
        return carried_out(emulator, asked)

    return in_session(emulator, handle)


def carried_out(emulator: Emulator, request: MediaRequest) -> web.Response:
    """Hand a request to the desk; gives the reply."""
    try:
        emulator.centre.media_desk.handle(request)
    except UnknownInteraction as unknown:
        return refused("Resource not found", {"interactionId": unknown.interaction_id})
    return accepted_as(request.operation_id, emulator.switches)


def _messages(emulator: Emulator) -> Handler:
    async def handle(request: web.Request, session: WebSession) -> web.Response:
        named: dict[str, Any] = request.match_info
        try:
            interaction = emulator.centre.interactions.get(named["id"])
        except UnknownInteraction as unknown:
            return refused("Resource not found", {"interactionId": unknown.interaction_id})
        chat = interaction.content
        if interaction.mediatype != named["mediatype"] or not isinstance(chat, ChatSession):
            return refused("Resource not found", {"interactionId": interaction.id})
        seen = chat.visible_to(chat.part_of(session.user))
        return done({"messages": [message.view() for message in seen]})

    return in_session(emulator, handle)
