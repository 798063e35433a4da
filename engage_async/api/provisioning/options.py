"""Options of the contact centre's cloud application.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `UsersApi` do. Options are sections with keys and values: ``{"section": {"key": "value"}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.results import options
from engage_async.models.provisioning.settings import Options
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_WIRE = {"person_dbid": "person_dbid", "agent_group_dbid": "agent_group_dbid"}

_options = Family("/provisioning/v3", "options", wire=_WIRE)

_GET = _options.get("get", path="/options", query=("person_dbid", "agent_group_dbid"), gives=options)
_REPLACE = _options.request("POST", "replace", path="/options", body="data", repeat=Repeat.REPEATABLE)
_UPDATE = _options.request("PUT", "update", path="/options", body="data")


class OptionsApi(SynchronousModule):
    """Options of the contact centre."""

    async def get(
        self, *, person_dbid: str | None = None, agent_group_dbid: str | None = None, timeout: float | None = None
    ) -> Options:
        """The options, merged with those of a user and the user's agent groups, or with those of an agent group."""
        result: Options = await self._request(
            _GET, person_dbid=person_dbid, agent_group_dbid=agent_group_dbid, timeout=timeout
        )
        return result

    async def replace(self, options: Mapping[str, Any], *, timeout: float | None = None) -> None:
        """Put these options in place of all that there are."""
        await self._request(_REPLACE, options=options, timeout=timeout)

    async def update(
        self,
        *,
        new_options: Mapping[str, Any] | None = None,
        changed_options: Mapping[str, Any] | None = None,
        deleted_options: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Add, change and delete options; the others stay."""
        await self._request(
            _UPDATE,
            new_options=new_options,
            changed_options=changed_options,
            deleted_options=deleted_options,
            timeout=timeout,
        )
