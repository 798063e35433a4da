"""REST routes for the files of interactions: up as multipart forms, down as streams.

Must live here: reading a file that comes, sending one. Must not: where files are kept (documents.py), what it means for
an interaction that it has one (interaction_control.py).

Neither way is a file whole in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from engage_async.emulator.documents import Document, DocumentStore
from engage_async.emulator.interaction_store import MediaRequest, UnknownInteraction
from engage_async.emulator.rest_replies import Handler, MalformedRequest, accepted_as, in_session, refused
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["Download", "add_document_routes"]

_CHUNK = 256 * 1024
_PART = "attachment"


class Download(web.FileResponse):
    """The bytes of a document, of whatever type, under the name that it has."""

    def __init__(self, document: Document) -> None:
        plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in document.name)
        disposition = f'attachment; filename="{plain}"'
        if plain != document.name:
            disposition += f"; filename*=UTF-8''{quote(document.name, safe='')}"
        headers = {"Content-Disposition": disposition, "Content-Type": "application/octet-stream"}
        super().__init__(document.file, headers=headers)
        self.document = document


def add_document_routes(app: web.Application, emulator: Emulator, interaction: str) -> None:
    """Mount the routes below the path of an interaction."""
    app.router.add_post(f"{interaction}/add-attachment", _add(emulator))
    app.router.add_get(f"{interaction}/attachments/{{documentId}}", _get(emulator))


def _add(emulator: Emulator) -> Handler:
    async def handle(request: web.Request, session: WebSession) -> web.Response:
        mediatype, interaction_id = request.match_info["mediatype"], request.match_info["id"]
        document, operation_id = await _receive(request, emulator.centre.documents)
        data = {"documentId": document.id}
        asked = MediaRequest(session.user, "add-attachment", operation_id, mediatype, interaction_id, data)
        try:
            emulator.centre.media_desk.handle(asked)
        except UnknownInteraction as unknown:
            emulator.centre.documents.remove(document.id)
            return refused("Resource not found", {"interactionId": unknown.interaction_id})
        return accepted_as(operation_id, emulator.switches)

    return in_session(emulator, handle)


async def _receive(request: web.Request, documents: DocumentStore) -> tuple[Document, str | None]:
    """The file of the form, and its operation id if it has one. Raises `MalformedRequest`."""
    if request.content_type != "multipart/form-data":
        raise MalformedRequest("The body must be multipart/form-data")
    document, operation_id = None, None
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            if part.name == _PART and document is None:
                document = await _keep(part, documents)
            elif part.name == "operationId":
                operation_id = (await part.text())[:200]
    except (ValueError, AssertionError) as error:
        raise MalformedRequest(f"The body is not a multipart form: {error}") from None
    if document is None:
        raise MalformedRequest(f"Missing parameters: {_PART}")
    return document, operation_id


async def _keep(part: BodyPartReader, documents: DocumentStore) -> Document:
    writing = documents.begin(part.filename or _PART, part.headers.get("Content-Type", "application/octet-stream"))
    try:
        while chunk := await part.read_chunk(_CHUNK):
            writing.write(chunk)
        return writing.finish()
    finally:
        writing.abandon()


def _get(emulator: Emulator) -> Handler:
    async def handle(request: web.Request, _: WebSession) -> web.StreamResponse:
        named = request.match_info
        try:
            interaction = emulator.centre.interactions.get(named["id"])
        except UnknownInteraction as unknown:
            return refused("Resource not found", {"interactionId": unknown.interaction_id})
        document = interaction.attachments.get(named["documentId"])
        if document is None or interaction.mediatype != named["mediatype"]:
            return refused("Resource not found", {"documentId": named["documentId"]})
        return Download(document)

    return in_session(emulator, handle)
