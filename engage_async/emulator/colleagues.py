"""Agents as others see them: the list of users, and what a supervisor does to one.

Must live here: the list, and who may change whose state. Must not: the changes themselves (agent_states.py,
media_channels.py), HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engage_async.emulator.agent_states import AGENT_STATES
from engage_async.emulator.directory import User
from engage_async.emulator.exchange import Exchange, VoiceRequest
from engage_async.emulator.media_channels import MediaChannels
from engage_async.emulator.targets import Targets
from engage_async.emulator.tlib_errors import Refused

__all__ = ["REMOTE_OPERATIONS", "Colleagues", "NotAllowed"]

REMOTE_OPERATIONS = ("ready", "not-ready", "logout")


class NotAllowed(Exception):
    """Only supervisors may do this."""


class Colleagues:
    """The agents of the contact centre."""

    def __init__(self, exchange: Exchange, media: MediaChannels, targets: Targets) -> None:
        self._exchange, self._media, self._targets = exchange, media, targets
        self._directory = exchange.directory
        self._on_media: dict[str, Callable[[str, list[str]], object]] = {
            "ready": media.ready,
            "not-ready": media.not_ready,
            "logout": media.log_out,
        }

    def find(self, dbid: str) -> User | None:
        """The agent with this id in the configuration."""
        return next((user for user in self._directory.users.values() if str(user.dbid) == dbid), None)

    def list(self, term: str, group_id: int | None) -> list[User]:
        """The agents whose names have the term in them, of one agent group or of all, by user name."""
        named = {group["DBID"]: group["name"] for group in self._directory.configuration["agentGroups"]}
        wanted = term.casefold()
        return sorted(
            (
                user
                for user in self._directory.users.values()
                if wanted in f"{user.first_name} {user.last_name}\n{user.user_name}".casefold()
                and (group_id is None or named.get(group_id) in user.groups)
            ),
            key=lambda user: user.user_name.casefold(),
        )

    def view(self, user: User) -> dict[str, Any]:
        """An agent in wire form, with the state on each channel that is active."""
        return {
            "DBID": user.dbid,
            "userName": user.user_name,
            "employeeId": user.employee_id,
            "agentLogin": user.agent_login,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "defaultPlace": user.default_place,
            "availability": {"channels": self._targets.channels(user.user_name)},
            "statistics": [],
        }

    def on_voice(self, supervisor: str, user: User, operation: str) -> bool:
        """Change an agent's state on the voice channel; False when that changes nothing. Raises `NotAllowed`."""
        self._must_supervise(supervisor)
        dn = self._exchange.dn_of(user.user_name)
        if dn is None or not dn.logged_in:
            return False
        try:
            AGENT_STATES[operation](self._exchange, dn, VoiceRequest(user.user_name, operation))
        except Refused:
            return False
        return True

    def on_media(self, supervisor: str, user: User, operation: str, channel: str | None = None) -> bool:
        """The same on media channels: on one, or on all. Raises `NotAllowed`."""
        self._must_supervise(supervisor)
        state = {"ready": "Ready", "not-ready": "NotReady", "logout": "LoggedOut"}[operation]
        mine = [each for each in self._media.of(user.user_name) if channel in (None, each.name)]
        names = [each.name for each in mine if each.logged_in and each.state != state]
        if names:
            self._on_media[operation](user.user_name, names)
        return bool(names)

    def _must_supervise(self, supervisor: str) -> None:
        if not self._directory.users[supervisor].supervisor:
            raise NotAllowed
