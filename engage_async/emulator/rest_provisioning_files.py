"""REST routes of the Provisioning API that take or give files.

Must live here: reading the parts of an upload, sending a download. Must not: what a file means.

An upload is written to a temporary file as it comes; it is never whole in memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web
from attrs import Factory, define

from engage_async.emulator.provision_store import ProvisionRefused
from engage_async.emulator.rest_provisioning import Provisioning, as_object
from engage_async.emulator.rest_replies import done

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["add_routes"]

_CHUNK = 256 * 1024
_LONGEST_FIELD = 4 * 1024
_TTL = 3600.0


@define
class _Form:
    """A multipart form: its fields, and where its files are."""

    fields: dict[str, str] = Factory(dict)
    files: dict[str, Path] = Factory(dict)
    names: dict[str, str] = Factory(dict)

    def content(self, name: str) -> bytes:
        """A file that must be there. Raises `ProvisionRefused`."""
        return self.path(name).read_bytes()

    def path(self, name: str) -> Path:
        """Where a file is that must be there. Raises `ProvisionRefused`."""
        if name not in self.files:
            raise ProvisionRefused(f"The part {name} is missing", status=400)
        return self.files[name]


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes."""
    provisioning, routes = Provisioning(app, emulator), _Routes(emulator)
    provisioning.add("POST", "/import-users/csv", routes.import_users)
    provisioning.add("DELETE", "/import-users/csv", routes.stop_import)
    provisioning.add("POST", "/import-users/validate-csv", routes.validate)
    provisioning.add("GET", "/import-users/check-status", routes.import_status)
    provisioning.add("POST", "/export-users", routes.export_users)
    provisioning.add("GET", "/export-users", routes.export_status)
    provisioning.add("GET", "/export-users/", routes.download)
    provisioning.add("POST", "/recording/certificates", routes.add_certificate)
    provisioning.add("POST", "/recording/certificates/check", routes.check_certificate)
    provisioning.add("POST", "/recording/certificates/check-key", routes.check_key)
    provisioning.add("POST", "/temporary-storage", routes.store)
    provisioning.add("POST", "/import-statistic-definitions", routes.import_definitions)


class _Routes:
    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._settings = emulator.provision_settings

    # --- imports and exports ------------------------------------------------------------------------------------------

    async def import_users(self, request: web.Request, user: str) -> web.StreamResponse:
        async with _received(request) as form:
            path = form.path("csvfile")
            if form.fields.get("validateBeforeImport", "false").lower() == "true":
                self._must_be_sound(path)
            self._emulator.imports.begin(user, path)
            del form.files["csvfile"]  # it is the import's now
        return done()

    async def validate(self, request: web.Request, _user: str) -> web.StreamResponse:
        async with _received(request) as form:
            self._must_be_sound(form.path("csvfile"))
        return done()

    def _must_be_sound(self, path: Path) -> None:
        failed = self._emulator.imports.check(path)
        if failed:
            raise ProvisionRefused(f"{len(failed)} rows are wrong", status=400, detail={"failed": failed})

    async def stop_import(self, _request: web.Request, user: str) -> web.StreamResponse:
        self._emulator.imports.stop(user)
        return done()

    async def import_status(self, request: web.Request, user: str) -> web.StreamResponse:
        return done(self._emulator.imports.status(request.query.get("adminName", user)))

    async def export_users(self, request: web.Request, _user: str) -> web.StreamResponse:
        body = await as_object(request)
        filters = body.get("filterParameters")
        fields, dbids = (_texts(body, name) for name in ("fields", "personDBIDs"))
        name = str(body.get("fileName") or "users.csv")
        return done(
            {"id": self._emulator.exports.begin(fields, name, dbids, filters if isinstance(filters, dict) else {})}
        )

    async def export_status(self, request: web.Request, user: str) -> web.StreamResponse:
        if request.query.get("download") == "true":
            return await self.download(request, user)
        export_id = request.query.get("id", "")
        return done({"id": export_id, "progress": self._emulator.exports.progress(export_id)})

    async def download(self, request: web.Request, _user: str) -> web.StreamResponse:
        name, content = self._emulator.exports.file(request.query.get("id", ""))
        shown = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/' else "_" for c in name)
        headers = {"Content-Disposition": f'attachment; filename="{shown}"'}
        return web.Response(body=content, content_type="text/csv", headers=headers)

    # --- other files --------------------------------------------------------------------------------------------------

    async def add_certificate(self, request: web.Request, _user: str) -> web.StreamResponse:
        async with _received(request) as form:
            certificate = form.content("certificate_file")
            key = form.content("key_file") if "key_file" in form.files else None
            alias = Path(form.names["certificate_file"]).stem
            self._settings.add_certificate(alias, certificate, key)
        return done()

    async def check_certificate(self, request: web.Request, _user: str) -> web.StreamResponse:
        async with _received(request) as form:
            self._settings.check_pem(form.content("certificate_file"), "CERTIFICATE")
        return done()

    async def check_key(self, request: web.Request, _user: str) -> web.StreamResponse:
        async with _received(request) as form:
            self._settings.check_pem(form.content("key_file"), "PRIVATE KEY")
        return done()

    async def store(self, request: web.Request, _user: str) -> web.StreamResponse:
        async with _received(request) as form:
            try:
                ttl = float(form.fields.get("ttl", _TTL))
            except ValueError:
                raise ProvisionRefused("ttl must be a number of seconds", status=400) from None
            key = self._settings.store(form.content("storage_file"), ttl)
        return done({"id": key})

    async def import_definitions(self, request: web.Request, _user: str) -> web.StreamResponse:
        async with _received(request) as form:
            self._settings.read_definitions(form.content("statistic-definitions"))
        return done()


@asynccontextmanager
async def _received(request: web.Request) -> AsyncIterator[_Form]:
    """The form of a request; files that nobody has taken are removed at the end. Raises `ProvisionRefused`."""
    if request.content_type != "multipart/form-data":
        raise ProvisionRefused("The body must be multipart/form-data", status=400)
    form = _Form()
    try:
        await _read(request, form)
        yield form
    finally:
        for path in form.files.values():
            path.unlink(missing_ok=True)


async def _read(request: web.Request, form: _Form) -> None:
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            if part.filename is None:
                form.fields[part.name] = (await part.read(decode=True))[:_LONGEST_FIELD].decode("utf-8", "replace")
            else:
                form.names[part.name] = part.filename
                form.files[part.name] = await _kept(part)
    except ValueError as error:
        raise ProvisionRefused(f"The body is not a multipart form: {error}", status=400) from None


async def _kept(part: BodyPartReader) -> Path:
    handle, name = tempfile.mkstemp(prefix="engage-upload-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            while chunk := await part.read_chunk(_CHUNK):
                file.write(chunk)
    except BaseException:
        os.unlink(name)  # the upload was cut off
        raise
    return path


def _texts(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ProvisionRefused(f"{name} must be a list of strings", status=400)
    return value
