"""REST routes of the workspace group `session`.

Must live here: reading the requests of the group, and their answers. Must not: what happens to agents, channels and
sessions (agents.py, media_channels.py, initialization.py).
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from engage_async.emulator.agents import Activation, ActivationRefused
from engage_async.emulator.configuration import DEFAULT_TYPES, TYPES, business_attribute, configuration, devices
from engage_async.emulator.oauth_http import bearer, unauthorized
from engage_async.emulator.request_forms import Check, Form, boolean, names, one_of, read_body, text
from engage_async.emulator.rest_replies import (
    MalformedRequest,
    accepted,
    answering,
    done,
    flag,
    forbidden,
    in_session,
    refused,
)
from engage_async.emulator.tlib_errors import text_of
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_BASE = "/workspace/v3"
_MOST_STATES = 1_000

_resources: dict[str, Check] = {
    "agentId": text,
    "placeName": text,
    "dn": text,
    "queueName": text,
    "agentWorkMode": one_of("AutoIn", "ManualIn"),
    "dynamicPhoneNumber": text,
    "autoCompleteCall": boolean,
}
_CHANNELS = Form({**_resources, "channels": names})
_VOICE = Form(_resources)
_MEDIA = Form({"placeName": text, "channels": names}, required=("channels",))


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the group."""
    routes = _SessionRoutes(emulator)
    for method, path, handler in (
        ("GET", "login", routes.login),
        ("POST", "initialize-workspace", routes.initialize_workspace),
    ):
        app.router.add_route(method, f"{_BASE}/{path}", answering(handler))
    for method, path, in_a_session in (
        ("POST", "activate-channels", routes.activate_channels),
        ("POST", "voice/activate", routes.activate_voice),
        ("POST", "media/activate", routes.activate_media),
        ("POST", "voice/deactivate", routes.deactivate_voice),
        ("POST", "media/deactivate", routes.deactivate_media),
        ("GET", "current-session", routes.current_session),
        ("GET", "userinfo", routes.user_info),
        ("GET", "configuration", routes.configuration),
        ("GET", "configuration/places/{place}/dns", routes.devices),
        ("GET", "configuration/business-attribute/{id}", routes.business_attribute),
        ("GET", "auth-keep-alive", routes.auth_keep_alive),
        ("POST", "logout", routes.logout),
        ("GET", "logout", routes.logout_redirect),
    ):
        app.router.add_route(method, f"{_BASE}/{path}", in_session(emulator, in_a_session))


class _SessionRoutes:
    """The handlers. `_states`: what ``login`` gave out to be brought back."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._centre, self._agents = emulator.centre, emulator.centre.agents
        self._states: OrderedDict[str, None] = OrderedDict()

    # --- begin --------------------------------------------------------------------------------------------------------

    async def login(self, request: web.Request) -> web.Response:
        """Send the browser to the login page."""
        query = {"response_type": "code", "client_id": next(iter(self._centre.directory.clients), "")}
        if not request.query.get("redirect_uri"):
            raise MalformedRequest("Missing parameters: redirect_uri")
        query |= {name: request.query[name] for name in ("redirect_uri", "type", "locale") if name in request.query}
        if flag(request, "include_state"):
            query["state"] = secrets.token_urlsafe(16)
            self._states[query["state"]] = None
            if len(self._states) > _MOST_STATES:
                self._states.popitem(last=False)
        return self._redirect(f"{self._emulator.base_url}/auth/v3/oauth/authorize?{urlencode(query)}")

    async def initialize_workspace(self, request: web.Request) -> web.Response:
        """Open a session by code or bearer token, or for the user whose session ``start`` has begun.

        A session that the request still names ends with it.
        """
        optimize, code = flag(request, "optimize_config"), request.query.get("code")
        if code is not None:
            redirect_uri, state = request.query.get("redirect_uri"), request.query.get("state")
            if not redirect_uri:
                raise MalformedRequest("Missing parameters: redirect_uri")
            if state is not None and state not in self._states:
                return forbidden()
            self._states.pop(state or "", None)
            user = self._emulator.user_of_code(code, redirect_uri)
        else:
            user = self._user_without_code(request)
            if user is None and self._emulator.oauth.owner(bearer(request) or "") is None:
                return unauthorized(request)
        if user is None:
            return forbidden()
        old = self._emulator.web_sessions.find(request)
        if old is not None:
            self._emulator.web_sessions.end(old)
        session = self._emulator.web_sessions.open(user)
        self._emulator.initializations.begin(session, optimize=optimize)
        response = accepted()
        session.attach(response)
        return response

    def _user_without_code(self, request: web.Request) -> str | None:
        """The user of the bearer token; without a token, of the session that the request's cookies name."""
        token = bearer(request)
        return self._emulator.user_of(request) if token is None else self._emulator.user_of_bearer(request)

    # --- channels -----------------------------------------------------------------------------------------------------

    async def activate_channels(self, request: web.Request, session: WebSession) -> web.Response:
        """Voice and media; without ``channels`` all there are."""
        _, data = read_body(_CHANNELS, await request.read())
        channels = data.get("channels", ("voice", *self._centre.directory.media_channels))
        wanted = _activation(data, channels)
        if wanted.dn is None and wanted.place is None:
            raise MalformedRequest("Either placeName or dn must be provided")
        refusal = self._activate(request, session, wanted)
        return refusal or done({"channels": list(channels)})

    async def activate_voice(self, request: web.Request, session: WebSession) -> web.Response:
        """Voice, on the place of the session unless another is named."""
        _, data = read_body(_VOICE, await request.read())
        return self._activate(request, session, _activation(data, ("voice",)), again=True) or self._channel_reply()

    async def activate_media(self, request: web.Request, session: WebSession) -> web.Response:
        """The media channels named."""
        _, data = read_body(_MEDIA, await request.read())
        if "voice" in data["channels"]:
            raise MalformedRequest("data.channels must name media channels")
        wanted = _activation(data, data["channels"])
        return self._activate(request, session, wanted, again=True) or self._channel_reply()

    async def deactivate_voice(self, _request: web.Request, session: WebSession) -> web.Response:
        """The DN becomes free; done also when it was."""
        self._agents.deactivate_voice(session.user)
        return self._channel_reply()

    async def deactivate_media(self, _request: web.Request, session: WebSession) -> web.Response:
        """Every media channel; done also when none is active."""
        self._agents.deactivate_media(session.user)
        return self._channel_reply()

    def _activate(
        self, request: web.Request, session: WebSession, wanted: Activation, *, again: bool = False
    ) -> web.Response | None:
        """Activate, or give the refusal. `again`: channels must have been activated before."""
        initialization = self._emulator.initializations.of(session)
        if initialization is None or initialization.state != "Complete":
            return refused("The workspace is not initialized")
        if again and self._agents.session(session.user) is None:
            return refused("No channels have been activated in this session")
        refusal = self._emulator.switches.take_refusal(request.path.rpartition("/")[2])
        if refusal is not None:
            return refused(refusal.message or text_of(refusal.code), {"errorCode": refusal.code})
        try:
            self._agents.activate(session.user, wanted)
        except ActivationRefused as reason:
            return refused(reason.text, reason.detail)
        return None

    def _channel_reply(self) -> web.Response:
        return accepted() if self._emulator.switches.channel_reply_code else done()

    # --- look-ups -----------------------------------------------------------------------------------------------------

    async def current_session(self, _request: web.Request, session: WebSession) -> web.Response:
        """The user with the active session, and how far the initialization is."""
        data: dict[str, Any] = {"user": self._agents.user_view(session.user)}
        initialization = self._emulator.initializations.of(session)
        if initialization is not None:
            data["pending-login-async"] = initialization.pending_login(self._centre.scheduler.now())
        return done(data)

    async def user_info(self, _request: web.Request, session: WebSession) -> web.Response:
        """The user."""
        return done({"user": self._agents.user_view(session.user)})

    async def configuration(self, request: web.Request, _session: WebSession) -> web.Response:
        """The sections of the configuration that are asked for."""
        types = request.query.get("types")
        asked = [name.strip() for name in types.split(",")] if types is not None else DEFAULT_TYPES
        if unknown := [name for name in asked if name not in TYPES]:
            raise MalformedRequest(f"types: {', '.join(unknown)!r} is none of {', '.join(TYPES)}")
        return done(configuration(self._centre.directory, asked))

    async def devices(self, request: web.Request, _session: WebSession) -> web.Response:
        """The DNs of a place."""
        place = request.match_info["place"]
        found = devices(self._centre.exchange, place, status=flag(request, "placeStatus"))
        return done({"devices": found}) if found is not None else refused("Resource not found", {"placeName": place})

    async def business_attribute(self, request: web.Request, _session: WebSession) -> web.Response:
        """A business attribute and its values."""
        number = request.match_info["id"]
        if not (number.isascii() and number.isdecimal()):
            raise MalformedRequest("The id of a business attribute must be an integer")
        found = business_attribute(self._centre.directory, int(number))
        return done(found) if found is not None else refused("Resource not found", {"id": int(number)})

    # --- end ----------------------------------------------------------------------------------------------------------

    async def auth_keep_alive(self, _request: web.Request, _session: WebSession) -> web.Response:
        """An empty body."""
        return web.Response()

    async def logout(self, _request: web.Request, session: WebSession) -> web.Response:
        """Log out of every channel and end the session."""
        return self._ended(session, done())

    async def logout_redirect(self, request: web.Request, session: WebSession) -> web.Response:
        """The same for a browser, which is sent on: without a target to the sign-out of the authentication service."""
        target = request.query.get("redirect_uri") or f"{self._emulator.base_url}/auth/v3/sign-out"
        if not target.isprintable():
            raise MalformedRequest("redirect_uri is not a URI")
        return self._ended(session, self._redirect(target))

    def _ended(self, session: WebSession, response: web.Response) -> web.Response:
        self._agents.log_out(session.user)
        self._emulator.web_sessions.end(session)
        session.detach(response)
        return response

    def _redirect(self, target: str) -> web.Response:
        return web.Response(status=302, headers={"Location": target})


def _activation(data: dict[str, Any], channels: Iterable[str]) -> Activation:
    return Activation(
        voice="voice" in channels,
        media=tuple(name for name in channels if name != "voice"),
        dn=data.get("dn"),
        place=data.get("placeName"),
        agent_id=data.get("agentId"),
        queue=data.get("queueName"),
        work_mode=data.get("agentWorkMode"),
        phone=data.get("dynamicPhoneNumber"),
        auto_complete=data.get("autoCompleteCall"),
    )
