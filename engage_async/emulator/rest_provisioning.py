"""REST routes of the Provisioning API: sessions, users, other objects, operations answered by a message.

Operations whose definition says nothing of what they take and do (``operations/import``, ``post-users`` …) are not
modelled: they are answered with 501.

Must live here: the mapping of requests to what is kept, and the session. Must not: what is kept, files
(rest_provisioning_files.py), settings (rest_provisioning_settings.py).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from engage_async.emulator.provision_store import ProvisionRefused, told
from engage_async.emulator.rest_replies import accepted, done, forbidden
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["BASE", "Provisioning", "add_routes", "as_object", "data_of"]

BASE = "/provisioning/v3"
_MESSAGES = "/messages"  # the vendor's clients subscribe to "/*": one segment, whose name is not documented

Handle = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


class Provisioning:
    """Mounts handlers that are given the user of the request's session."""

    def __init__(self, app: web.Application, emulator: Emulator) -> None:
        self.app: web.Application = app
        self.emulator: Emulator = emulator

    def add(self, method: str, path: str, handle: Handle) -> None:
        """A route below the API's path, for those who have a session."""

        async def answer(request: web.Request) -> web.StreamResponse:
            session = self.session(request)
            if session is None:
                return forbidden()
            try:
                return await handle(request, session.user)
            except ProvisionRefused as refused:
                return refusal(refused)

        self.app.router.add_route(method, BASE + path, answer)

    def session(self, request: web.Request) -> WebSession | None:
        """The living session that the request's cookies name, if it is initialized."""
        session = self.emulator.provisioning.web_sessions.find(request)
        return session if session is not None and session.initialized else None


def refusal(refused: ProvisionRefused) -> web.Response:
    """A refusal as the API tells it."""
    status: dict[str, Any] = {"code": refused.status, "message": str(refused)}
    if refused.detail is not None:
        status["detail"] = refused.detail
    return web.json_response({"status": status, **_listed(refused.detail)}, status=refused.status)


def _listed(detail: dict[str, Any] | None) -> dict[str, Any]:
    return {"failed": detail["failed"]} if detail is not None and "failed" in detail else {}


async def as_object(request: web.Request) -> dict[str, Any]:
    """The body as an object; empty when there is none. Raises `ProvisionRefused`."""
    text = await request.text()
    try:
        body = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        raise ProvisionRefused("The body is not JSON", status=400) from None
    if not isinstance(body, dict):
        raise ProvisionRefused("The body must be an object", status=400)
    return body


async def data_of(request: web.Request) -> dict[str, Any]:
    """The object ``data`` of the body. Raises `ProvisionRefused`."""
    data = (await as_object(request)).get("data")
    if not isinstance(data, dict):
        raise ProvisionRefused("data must be an object", status=400)
    return data


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes."""
    provisioning, routes = Provisioning(app, emulator), _Routes(emulator)
    for method in ("GET", "POST"):
        app.router.add_route(method, f"{BASE}/initialize-provisioning", routes.initialize)
        provisioning.add(method, "/logout", routes.logout)
    app.router.add_get(f"{BASE}/login", routes.login_page)
    app.router.add_post(f"{BASE}/login", routes.login)
    for users in ("/objects/users", "/users"):
        provisioning.add("GET", users, routes.users)
        provisioning.add("POST", users, routes.add_user)
        provisioning.add("GET", f"{users}/me", routes.me)
        provisioning.add("GET", f"{users}/{{dbid}}", routes.user)
        provisioning.add("PUT", f"{users}/{{dbid}}", routes.change_user)
        provisioning.add("DELETE", f"{users}/{{dbid}}", routes.delete_user)
    provisioning.add("GET", "/objects/{object_type}", routes.objects)
    provisioning.add("GET", "/objects/{object_type}/permissions", routes.permissions)
    provisioning.add("POST", "/objects/{object_type}/permissions", routes.permissions)
    provisioning.add("POST", "/operations/get-users", routes.get_users)
    provisioning.add("POST", "/operations/get-used-skills", routes.get_used_skills)
    provisioning.add("POST", "/operations/delete-users/{dbid}", routes.delete_user)
    provisioning.add("POST", "/operations/watch-objects", routes.watch)
    provisioning.add("DELETE", "/operations/watch-objects", routes.watch_no_more)
    provisioning.add("POST", "/operations/check-import-status", routes.tell_import_status)


class _Routes:
    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._store = emulator.provision_store
        self._store.on_change = self._changed

    # --- sessions -----------------------------------------------------------------------------------------------------

    async def initialize(self, request: web.Request) -> web.StreamResponse:
        """Open a session, by bearer token or by code and redirect URI; GET initializes one that a login has opened."""
        if request.method == "GET":
            return self._initialized(request)
        try:
            body = await as_object(request)
        except ProvisionRefused as refused:
            return refusal(refused)
        if "code" in body:
            user = self._emulator.user_of_code(str(body["code"]), str(body.get("redirect_uri", "")))
            if user is None:
                return forbidden()
        else:
            user = self._emulator.user_of_bearer(request)
            if user is None:
                return web.json_response({"error": "invalid_token"}, status=401)
        return self._opened(user)

    def _initialized(self, request: web.Request) -> web.Response:
        session = self._emulator.provisioning.web_sessions.find(request)
        if session is None or not session.by_login:
            return forbidden()
        session.initialized = True
        return done()

    async def login_page(self, request: web.Request) -> web.StreamResponse:
        """Where a browser logs in."""
        back = request.query.get("redirect_uri")
        if not back:
            return refusal(ProvisionRefused("redirect_uri is missing", status=400))
        client = next(iter(self._emulator.centre.directory.clients), "")
        query = {"response_type": "code", "client_id": client, "redirect_uri": back}
        return web.Response(status=302, headers={"Location": f"/auth/v3/oauth/authorize?{urlencode(query)}"})

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Log in by name and password: the session is of use once it is initialized."""
        try:
            data = await data_of(request)
        except ProvisionRefused as refused:
            return refusal(refused)
        name, password = str(data.get("name", "")), str(data.get("password", ""))
        if not self._emulator.oauth.knows_password(name, password):
            return forbidden()
        return self._opened(name, by_login=True)

    def _opened(self, user: str, *, by_login: bool = False) -> web.Response:
        session = self._emulator.provisioning.web_sessions.open(user)
        session.by_login, session.initialized = by_login, not by_login
        response = done({"sessionId": session.id})
        session.attach(response)
        return response

    async def logout(self, request: web.Request, _user: str) -> web.StreamResponse:
        sessions = self._emulator.provisioning.web_sessions
        session = sessions.find(request)
        if session is not None:
            sessions.end(session)
        return done()

    # --- users --------------------------------------------------------------------------------------------------------

    async def users(self, request: web.Request, _user: str) -> web.StreamResponse:
        found, total = self._store.find(request.query)
        return done({"users": [told(user) for user in found], "totalCount": total})

    async def me(self, _request: web.Request, user: str) -> web.StreamResponse:
        found = self._store.user_named(user)
        if found is None:
            raise ProvisionRefused("The session's user is no longer there", status=404)
        return done({"user": told(found)})

    async def user(self, request: web.Request, _user: str) -> web.StreamResponse:
        return done({"user": told(self._store.user(request.match_info["dbid"]))})

    async def add_user(self, request: web.Request, _user: str) -> web.StreamResponse:
        made = self._store.add_user(await data_of(request))
        return done({"id": made["DBID"], "person": told(made)})

    async def change_user(self, request: web.Request, _user: str) -> web.StreamResponse:
        self._store.change_user(request.match_info["dbid"], await data_of(request))
        return done()

    async def delete_user(self, request: web.Request, _user: str) -> web.StreamResponse:
        self._store.delete_user(request.match_info["dbid"])
        return done()

    # --- other objects ------------------------------------------------------------------------------------------------

    async def objects(self, request: web.Request, _user: str) -> web.StreamResponse:
        kind = request.match_info["object_type"]
        found, total, unknown = self._store.list_objects(kind, request.query)
        return _perhaps_partial({kind: found, "totalCount": total}, "No such object", unknown)

    async def permissions(self, request: web.Request, _user: str) -> web.StreamResponse:
        kind = request.match_info["object_type"]
        if request.method == "GET":
            dbids = [each for each in request.query.get("dbids", "").split(",") if each]
        else:
            dbids = [self._dbid(kind, each) for each in (await data_of(request)).get("objectIds") or ()]
        entries, unknown = self._store.permissions(kind, dbids)
        return _perhaps_partial({"ACLs": entries}, "No such object", unknown)

    def _dbid(self, kind: str, named: Any) -> str:
        """The id of an object that is named by it, or by its name."""
        if not isinstance(named, dict) or not (named.get("id") or named.get("name")):
            raise ProvisionRefused("objectIds must be objects with an id or a name", status=400)
        return str(named.get("id") or self._store.dbid_of(kind, str(named["name"])))

    # --- operations ---------------------------------------------------------------------------------------------------

    async def get_users(self, request: web.Request, user: str) -> web.StreamResponse:
        found, total = self._store.find(request.query)
        return self._answer_later(request, user, {"users": [told(each) for each in found], "totalCount": total})

    async def get_used_skills(self, request: web.Request, user: str) -> web.StreamResponse:
        return self._answer_later(request, user, {"skills": self._store.used_skills()})

    def _answer_later(self, request: web.Request, user: str, data: dict[str, Any]) -> web.Response:
        """Accept, and answer by a message, doubly wrapped as the vendor's clients unwrap it."""
        operation = request.query.get("_aioId")
        if not operation:
            raise ProvisionRefused("_aioId is missing", status=400)
        refusal = self._emulator.switches.take_refusal(request.path.rpartition("/")[2])
        refused = refusal and {"status": {"code": refusal.code, "message": refusal.message or "Refused"}}
        answer = json.dumps(refused or {"status": {"code": 0}, "data": data})
        path = request.path.removeprefix(BASE)
        self._tell(user, "operations", {"id": operation, "path": path, "data": {"data": answer}})
        return accepted()

    async def tell_import_status(self, _request: web.Request, user: str) -> web.StreamResponse:
        self._tell(user, "import", self._emulator.imports.status(user))
        return accepted()

    async def watch(self, request: web.Request, user: str) -> web.StreamResponse:
        types = (await as_object(request)).get("types")
        if not isinstance(types, list):
            raise ProvisionRefused("types must be a list", status=400)
        self._emulator.provision_settings.watched[user] = [str(each) for each in types]
        return done()

    async def watch_no_more(self, _request: web.Request, user: str) -> web.StreamResponse:
        self._emulator.provision_settings.watched.pop(user, None)
        return done()

    def _changed(self, kind: str, dbid: str, change: str) -> None:
        """Tell those who watch objects of this kind. How the service words it is not documented."""
        for user, kinds in self._emulator.provision_settings.watched.items():
            if kind in kinds:
                self._tell(user, "objects", {"type": kind, "DBID": dbid, "change": change})

    def _tell(self, user: str, channel: str, data: Any) -> None:
        self._emulator.provisioning.delivery.publish(user, _MESSAGES, {"channel": channel, "data": data})


def _perhaps_partial(data: dict[str, Any], message: str, unknown: list[str]) -> web.Response:
    """Done; or done in part, with an error for each object that is not there."""
    if not unknown:
        return done(data)
    errors = [{"code": 404, "message": message, "detail": {"dbid": dbid}} for dbid in unknown]
    return web.json_response({"status": {"code": 2}, "data": data, "errors": errors})
