"""REST routes of the workspace groups `ucs`, `standardResponses`, `workbins` and `mediaManagement`.

Must live here: paths, and the way from a request to the desk and back. Must not: forms, what requests do.

Every well-formed request of a session is accepted; what comes of it is a message. A standard response, category,
workbin or snapshot that never was is the service's own refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from engage_async.emulator.record_answers import NoSuchResource, RecordRequest
from engage_async.emulator.record_requests import RecordOperation
from engage_async.emulator.request_forms import read_body
from engage_async.emulator.rest_documents import Download
from engage_async.emulator.rest_replies import Handler, accepted_as, in_session, refused
from engage_async.emulator.ucs_requests import RESPONSES_OPERATIONS, UCS_OPERATIONS
from engage_async.emulator.web_sessions import WebSession
from engage_async.emulator.workbin_requests import MEDIA_MANAGEMENT_OPERATIONS, WORKBINS_OPERATIONS

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_BASE = "/workspace/v3"


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the groups."""
    for group in (UCS_OPERATIONS, RESPONSES_OPERATIONS, WORKBINS_OPERATIONS, MEDIA_MANAGEMENT_OPERATIONS):
        for operation in group:
            app.router.add_post(_BASE + operation.path, _asynchronous(emulator, operation))
    path = f"{_BASE}/ucs/responses/{{standardResponseId}}/attachments/{{documentId}}"
    app.router.add_get(path, _attachment(emulator))


def _asynchronous(emulator: Emulator, operation: RecordOperation) -> Handler:
    word = operation.path.rpartition("/")[2]

    async def handle(request: web.Request, session: WebSession) -> web.Response:
        operation_id, data = read_body(operation.form, await request.read())
        asked = RecordRequest(session.user, word, operation_id, dict(request.match_info), data)
        records = emulator.centre.records
        try:
            records.desk.answer(operation.service, asked, lambda: operation.work(records, asked))
        except NoSuchResource as unknown:
            return refused("Resource not found", unknown.named)
        return accepted_as(operation_id, emulator.switches)

    return in_session(emulator, handle)


def _attachment(emulator: Emulator) -> Handler:
    async def handle(request: web.Request, _: WebSession) -> web.StreamResponse:
        named = request.match_info
        try:
            file = emulator.centre.records.response_file(named["standardResponseId"], named["documentId"])
        except NoSuchResource as unknown:
            return refused("Resource not found", unknown.named)
        return Download(file)

    return in_session(emulator, handle)
