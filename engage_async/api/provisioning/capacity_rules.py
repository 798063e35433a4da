"""Capacity rules: how many interactions of which media an agent may have at once.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `UsersApi` do. A rule is a script object of Configuration Server, with the id `script_dbid`.
Its media rules are logical expressions by media type, in a form that is not documented: they are plain JSON here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.results import an_object_under
from engage_async.api.results import the_data
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_WIRE = {"script_dbid": "script_dbid"}

_rules = Family("/provisioning/v3", "capacity_rules", wire=_WIRE)

_GET = _rules.get("get", path="/capacity-rules", query=("script_dbid", "name"), gives=an_object_under("capacityRules"))
_ADD = _rules.request("POST", "add", path="/capacity-rules", body="data", needs=("name",), gives=the_data)
_UPDATE = _rules.request(
    "PUT", "update", path="/capacity-rules/{script_dbid}", body="data", needs=("name",), repeat=Repeat.REPEATABLE
)
_DELETE = _rules.request("DELETE", "delete", path="/capacity-rules/{script_dbid}")


class CapacityRulesApi(SynchronousModule):
    """Capacity rules of the contact centre."""

    async def get(
        self, *, script_dbid: str | None = None, name: str | None = None, timeout: float | None = None
    ) -> Mapping[str, Any]:
        """All rules, or the one with this id or name, as the service sends them."""
        rules: Mapping[str, Any] = await self._request(_GET, script_dbid=script_dbid, name=name, timeout=timeout)
        return rules

    async def add(
        self, name: str, media_rules: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> Mapping[str, Any]:
        """Make a rule, and give what the service tells of it."""
        told: Mapping[str, Any] = await self._request(_ADD, name=name, media_rules=media_rules, timeout=timeout)
        return told

    async def update(
        self,
        script_dbid: str,
        name: str,
        *,
        media_rules: Mapping[str, Any] | None = None,
        deleted_media_rules: Sequence[str] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Change the rule with this id: its name, the rules of some media types; `deleted_media_rules` names others."""
        await self._request(
            _UPDATE,
            script_dbid=script_dbid,
            name=name,
            media_rules=media_rules,
            deleted_media_rules=deleted_media_rules,
            timeout=timeout,
        )

    async def delete(self, script_dbid: str, *, timeout: float | None = None) -> None:
        """Remove the rule with this id."""
        await self._request(_DELETE, script_dbid=script_dbid, timeout=timeout)
