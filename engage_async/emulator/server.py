"""The emulator as a server: what it is made of, its start and stop, and what a test does to its sessions.

Must live here: composition and life cycle. Must not: protocols, operations, what a switch means.

    Emulator ── switches
             ├─ centre (the contact centre) ──publish──► delivery of a service ──► its Bayeux sessions
             ├─ workspace (a service: cookie sessions, notifications) ◄── REST routes
             ├─ statistics (another) ◄── statistic_subscriptions, REST routes
             ├─ callbacks ◄── REST routes of the Engagement API
             ├─ scenario (what happens from outside)
             ├─ initializations (of web sessions)
             └─ oauth (codes and tokens)
"""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from engage_async.config_checks import is_loopback
from engage_async.emulator.callback_setup import CallbackSetup
from engage_async.emulator.callbacks import Callbacks
from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.chance import Chance
from engage_async.emulator.delivery import Delivery
from engage_async.emulator.directory import Directory
from engage_async.emulator.faults import RequestRecord, middleware
from engage_async.emulator.initialization import Initializations
from engage_async.emulator.media_setup import MediaSetup
from engage_async.emulator.oauth import AuthorizationServer
from engage_async.emulator.oauth_http import BearerGate, OAuthEndpoint, bearer
from engage_async.emulator.provision_jobs import Exports, Imports
from engage_async.emulator.provision_settings import ProvisionSettings
from engage_async.emulator.provision_store import ProvisionStore
from engage_async.emulator.record_setup import RecordSetup
from engage_async.emulator.reporting import ReportingSubscriptions
from engage_async.emulator.rest_authentication import add_routes as add_authentication_routes
from engage_async.emulator.rest_engagement import add_routes as add_engagement_routes
from engage_async.emulator.rest_media import add_routes as add_media_routes
from engage_async.emulator.rest_provisioning import add_routes as add_provisioning_routes
from engage_async.emulator.rest_provisioning_files import add_routes as add_provisioning_file_routes
from engage_async.emulator.rest_provisioning_settings import add_routes as add_provisioning_settings_routes
from engage_async.emulator.rest_records import add_routes as add_record_routes
from engage_async.emulator.rest_reporting import add_routes as add_reporting_routes
from engage_async.emulator.rest_service import Feedback
from engage_async.emulator.rest_service import add_routes as add_service_routes
from engage_async.emulator.rest_session import add_routes as add_session_routes
from engage_async.emulator.rest_statistics import add_routes as add_statistics_routes
from engage_async.emulator.rest_targets import add_routes as add_target_routes
from engage_async.emulator.rest_topics import add_routes as add_topic_routes
from engage_async.emulator.rest_users import add_routes as add_user_routes
from engage_async.emulator.rest_voice import add_routes as add_voice_routes
from engage_async.emulator.scenario import Scenario
from engage_async.emulator.scheduler import LoopScheduler
from engage_async.emulator.service import Service
from engage_async.emulator.statistic_subscriptions import StatisticSubscriptions
from engage_async.emulator.switches import Switches
from engage_async.emulator.web_sessions import WebSession, WebSessions
from engage_async.errors import ConfigurationError

__all__ = ["Emulator"]

_SWEEP_EVERY = 0.5
_MOST_REQUESTS = 2_000
_LARGEST_BODY = 16 * 1024 * 1024


class Emulator:
    """A local Engage Cloud. ``async with Emulator() as emulator:`` listens on `host` until the block ends.

    It listens on this machine's loopback interface only: its users and secrets are in its directory file, which
    everybody can read. Another `host` raises `ConfigurationError`.

    `port` 0 takes a free one. `directory` is a `Directory` or the path of a directory file; None: the one that comes
    with the package; `media`, `records` and `callbacks` are the same of queues, of contacts and what is kept beside
    them, and of callback services. `seed` makes the contact centre's ids repeatable. Between starts it may be used
    again; what is stored in the contact centre stays. `requests` holds the last 2,000 requests, oldest first.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        switches: Switches | None = None,
        directory: Directory | str | Path | None = None,
        media: MediaSetup | str | Path | None = None,
        records: RecordSetup | str | Path | None = None,
        callbacks: CallbackSetup | str | Path | None = None,
        seed: int = 0,
    ) -> None:
        if not is_loopback(f"http://[{host}]" if ":" in host else f"http://{host}"):
            raise ConfigurationError("host", f"must be of the loopback interface, like 127.0.0.1, not {host!r}")
        self.switches: Switches = switches or Switches()
        self.requests: deque[RequestRecord] = deque(maxlen=_MOST_REQUESTS)
        self.workspace: Service = Service(self.switches, "/workspace/v3", "WORKSPACE_SESSIONID")
        self.web_sessions: WebSessions = self.workspace.web_sessions
        self.delivery: Delivery = self.workspace.delivery
        loaded = directory if isinstance(directory, Directory) else Directory.load(directory)
        chance = Chance(seed)
        setup = media if isinstance(media, MediaSetup) else MediaSetup.load(media)
        kept = records if isinstance(records, RecordSetup) else RecordSetup.load(records)
        self.centre: ContactCentre = ContactCentre(
            loaded, self.switches, self.publish, LoopScheduler(), chance, media_setup=setup, record_setup=kept
        )
        self.web_sessions.on_end.append(self._web_session_ended)
        self.scenario: Scenario = Scenario(self.centre)
        self.initializations: Initializations = Initializations(self.centre)
        self.oauth: AuthorizationServer = AuthorizationServer(
            loaded.users,
            loaded.clients,
            self.switches,
            audience=lambda: (self.base_url, f"{self.base_url}/auth/v3/oauth/token"),
        )
        self.statistics: Service = Service(
            self.switches, "/statistics/v3", "STATISTICS_SESSIONID", gate=BearerGate(self.oauth)
        )
        self.statistic_subscriptions: StatisticSubscriptions = StatisticSubscriptions(
            self.centre, self.statistics.delivery.publish
        )
        self.statistics.web_sessions.on_end.append(self.statistic_subscriptions.forget)
        self.reporting: ReportingSubscriptions = ReportingSubscriptions(
            self.statistic_subscriptions, self.centre.scheduler, lambda: f"{chance.getrandbits(64):016x}"
        )
        self.web_sessions.on_end.append(self.reporting.forget)
        self.feedback: deque[Feedback] = deque()
        services = callbacks if isinstance(callbacks, CallbackSetup) else CallbackSetup.load(callbacks)
        self.callbacks: Callbacks = Callbacks(services, self.centre)
        # The vendor's client sends files and fetches them with the session's cookie alone.
        self.provisioning: Service = Service(self.switches, "/provisioning/v3", "PROVISIONING_SESSIONID", sticky=False)
        self.provision_store: ProvisionStore = ProvisionStore(loaded)
        self.provision_settings: ProvisionSettings = ProvisionSettings(self.centre.scheduler.now)
        self.imports: Imports = Imports(self.provision_store, self.centre.scheduler, lambda: self.switches.import_pace)
        self.exports: Exports = Exports(self.provision_store, self.centre.scheduler)
        self.services: tuple[Service, ...] = (self.workspace, self.statistics, self.provisioning)
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def base_url(self) -> str:
        """Where it listens: ``http://127.0.0.1:PORT``. Known from the first start on."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._runner = web.AppRunner(
            self._application(), access_log=None, handler_cancellation=True, shutdown_timeout=1.0
        )
        await self._runner.setup()
        try:
            await self._listen(self._runner)
        except OSError:
            await self._runner.cleanup()
            raise
        self._sweep()

    async def stop(self) -> None:
        """Forget all sessions, cut every connection and stop listening. Does nothing when it is not running."""
        runner, self._runner = self._runner, None
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        await self.scenario.stop()
        self.imports.close()
        if runner is None:
            return
        if self._site is not None:
            await self._site.stop()
        for service in self.services:
            service.forget_all()
        _cut(runner)
        await runner.cleanup()
        for service in self.services:
            service.delivery.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    # --- for the contact centre and its routes ------------------------------------------------------------------------

    def publish(self, user: str, channel: str, data: dict[str, Any]) -> None:
        """Send an event to every Bayeux session behind the user's workspace sessions that subscribed to the channel.

        What is published while a request is handled leaves before or after its reply, as `Switches.reply_order` says.
        Initialization messages are kept for late subscribers until the user opens another workspace session; any other
        event that nobody hears is lost.
        """
        self.delivery.publish(user, channel, data)

    def service_at(self, path: str) -> Service | None:
        """The service that a request path belongs to; None for one without notifications."""
        return next((service for service in self.services if service.has(path)), None)

    def user_of(self, request: web.BaseRequest) -> str | None:
        """The user of the living cookie session that the request names; None when it names none."""
        service = self.service_at(request.path)
        web_session = service.web_sessions.find(request) if service is not None else None
        return web_session.user if web_session is not None else None

    def user_of_bearer(self, request: web.BaseRequest) -> str | None:
        """The user whose access token the request carries; None when there is none, or it is not good (any more)."""
        token = self.oauth.owner(bearer(request) or "")
        return token.user if token is not None else None

    def user_of_code(self, code: str, redirect_uri: str) -> str | None:
        """The user who signed in for this authorization code, which is spent by asking."""
        return self.oauth.user_of_code(code, redirect_uri)

    # --- what a test does to it ---------------------------------------------------------------------------------------

    def expire_tokens(self) -> None:
        """Let every access token expire; refresh tokens stay good."""
        self.oauth.expire()

    def revoke_tokens(self, user: str | None = None) -> None:
        """Make every access and refresh token void (of one user)."""
        self.oauth.revoke(user)

    def end_web_sessions(self, user: str | None = None) -> None:
        """End the cookie sessions (of one user): requests are refused, and their Bayeux sessions said goodbye to."""
        for service in self.services:
            service.web_sessions.end_all(user)

    def drop_bayeux_sessions(self, user: str | None = None) -> None:
        """Forget Bayeux sessions (of one user): the next request of each, or its waiting poll, is answered with 402."""
        for service in self.services:
            service.drop(user)

    def disconnect_clients(self, user: str | None = None) -> None:
        """Send every Bayeux session (of one user) a ``/meta/disconnect``."""
        for service in self.services:
            service.dismiss(user)

    async def cut_connections(self) -> None:
        """Abort every open TCP connection, also in the middle of a response. Sessions stay."""
        if self._runner is not None:
            _cut(self._runner)
            await asyncio.sleep(0)

    async def restart(self) -> None:
        """Stop, forget every cookie and Bayeux session, and listen again on the same port. Tokens stay good."""
        await self.stop()
        await self.start()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[middleware(self)], client_max_size=_LARGEST_BODY)
        OAuthEndpoint(self.oauth).add_routes(app)
        for service in self.services:
            service.add_routes(app)
        add_authentication_routes(app, self)
        add_provisioning_routes(app, self)
        add_provisioning_file_routes(app, self)
        add_provisioning_settings_routes(app, self)
        add_media_routes(app, self)
        add_record_routes(app, self)
        add_engagement_routes(app, self)
        add_session_routes(app, self)
        add_statistics_routes(app, self)
        add_voice_routes(app, self)
        add_target_routes(app, self)
        add_user_routes(app, self)
        add_reporting_routes(app, self)
        add_topic_routes(app, self)
        add_service_routes(app, self)
        return app

    def _web_session_ended(self, session: WebSession) -> None:
        """Without a session there is nobody to be told of what comes and goes in workbins."""
        if not any(self.web_sessions.of(session.user)):
            self.centre.records.workbins.forget(session.user)

    async def _listen(self, runner: web.AppRunner) -> None:
        self._site = web.TCPSite(runner, self._host, self._port)
        await self._site.start()
        self._port = runner.addresses[0][1]

    def _sweep(self) -> None:
        for service in self.services:
            service.delivery.bayeux.sweep()
        self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_EVERY, self._sweep)


def _cut(runner: web.AppRunner) -> None:
    if runner.server is None:
        return
    for connection in runner.server.connections:
        if connection.transport is not None:
            connection.transport.abort()
