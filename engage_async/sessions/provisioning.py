"""A session of the Provisioning API.

Must live here: how it is opened, opened again after the server has forgotten it, and closed. Must not: single
operations (`api.provisioning`), correlation.

    initialize (token, or code and redirect URI: the answer sets the session's cookie) ──► handshake, subscribe ──► open
    loss ──► new handshake; pending operations are lost; a session that is gone is initialized again, if by token
    close: pending operations fail ──► disconnect ──► log out ──► streams and handlers end
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Self

from engage_async.api.provisioning.capacity_rules import CapacityRulesApi
from engage_async.api.provisioning.email_settings import EmailSettingsApi
from engage_async.api.provisioning.exports import ExportsApi
from engage_async.api.provisioning.imports import ImportsApi
from engage_async.api.provisioning.notifications import ProvisioningNotificationsApi
from engage_async.api.provisioning.objects import ObjectsApi
from engage_async.api.provisioning.operations import OperationsApi
from engage_async.api.provisioning.options import OptionsApi
from engage_async.api.provisioning.recording_certificates import RecordingCertificatesApi
from engage_async.api.provisioning.session import ProvisioningSessionApi
from engage_async.api.provisioning.settings import SettingsApi
from engage_async.api.provisioning.statistics import StatisticDefinitionsApi
from engage_async.api.provisioning.storage import StorageApi
from engage_async.api.provisioning.users import UsersApi
from engage_async.api.provisioning.users_deprecated import UsersDeprecatedApi
from engage_async.api.provisioning.whitelist import WhitelistApi
from engage_async.config import Settings
from engage_async.errors import EngageError, InvalidArgument, SessionClosed, Unauthorized
from engage_async.io.http import HttpSession
from engage_async.protocol.bayeux import LossReason
from engage_async.protocol.notices import Notice
from engage_async.protocol.provisioning import read_service_notice
from engage_async.protocol.route import Route
from engage_async.secret import Secret
from engage_async.sessions.service import ServiceSession

__all__ = ["ProvisioningSession"]

log: logging.Logger = logging.getLogger("engage_async.sessions")

_CHANNELS = ("/*",)
_PATIENCE = 4  # operations take longer here than on a telephone: times the setting `operation_timeout`


class ProvisioningSession(ServiceSession):
    """One administrator's session. Opened by ``async with engage.provisioning() as provisioning``.

    Each group of operations is an attribute: `users`, `objects`, `imports`, `exports`, `options` and so on. What the
    service notifies of comes as `ProvisioningMessage` events.
    """

    def __init__(
        self,
        http: HttpSession,
        settings: Settings,
        *,
        name: str,
        code: str | Secret | None = None,
        redirect_uri: str | None = None,
        log_out: bool = True,
    ) -> None:
        if (code is None) is not (redirect_uri is None):
            raise InvalidArgument("provisioning: a code and the redirect_uri that it was issued for belong together")
        super().__init__(
            http,
            settings,
            name=name,
            path="/provisioning/v3/notifications",
            channels=_CHANNELS,
            authenticate=code is None,
        )
        self.capacity_rules: CapacityRulesApi = CapacityRulesApi(self)
        self.email_settings: EmailSettingsApi = EmailSettingsApi(self)
        self.exports: ExportsApi = ExportsApi(self)
        self.imports: ImportsApi = ImportsApi(self)
        self.notifications: ProvisioningNotificationsApi = ProvisioningNotificationsApi(self)
        self.objects: ObjectsApi = ObjectsApi(self)
        self.operations: OperationsApi = OperationsApi(self)
        self.options: OptionsApi = OptionsApi(self)
        self.recording_certificates: RecordingCertificatesApi = RecordingCertificatesApi(self)
        self.session: ProvisioningSessionApi = ProvisioningSessionApi(self)
        self.settings: SettingsApi = SettingsApi(self)
        self.statistics: StatisticDefinitionsApi = StatisticDefinitionsApi(self)
        self.storage: StorageApi = StorageApi(self)
        self.users: UsersApi = UsersApi(self)
        self.users_deprecated: UsersDeprecatedApi = UsersDeprecatedApi(self)
        self.whitelist: WhitelistApi = WhitelistApi(self)
        self._code = None if code is None else Secret.of(code)
        self._redirect_uri = redirect_uri
        self._log_out = log_out
        self._logged_in = False

    # --- opening ----------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._begin()
        try:
            await self._initialize()
            await self._notifications.open(deadline=self._settings.initialization_timeout)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def _initialize(self) -> None:
        """Open the session on the server, which sets its cookie."""
        await self.session.initialize_provisioning(
            code=self._code, redirect_uri=self._redirect_uri, timeout=self._settings.initialization_timeout
        )
        self._logged_in = True

    # --- what the base asks -----------------------------------------------------------------------------------------

    def _default_timeout(self, _route: Route) -> float:
        return _PATIENCE * self._settings.operation_timeout

    def _dispatch(self, notices: Sequence[Notice]) -> None:
        super()._dispatch([read_service_notice(notice) for notice in notices])

    async def _recover(self, reason: LossReason) -> None:
        self._lost(reason, ())
        await self._renew(reason)

    async def _renew(self, reason: LossReason) -> None:
        try:
            await self.users.get_current()
        except Unauthorized:
            await self._reopen(reason)
        except EngageError as error:
            log.warning("session %s: not to be told whether it is still there: %s", self.name, error)

    async def _reopen(self, reason: LossReason) -> None:
        """The server has forgotten the session: open it again, if that needs no user."""
        if self._code is not None:
            raise SessionClosed(f"session {self.name} is gone on the server, and its authorization code is spent")
        log.warning("session %s is gone on the server (%s); opening it again", self.name, reason.kind)
        await self._initialize()

    async def _farewell(self) -> None:
        if self._logged_in and self._log_out:
            await self.session.logout(timeout=self._settings.close_timeout)
