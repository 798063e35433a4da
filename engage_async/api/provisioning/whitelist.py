"""The IP addresses from which access is allowed.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `UsersApi` do. Of several addresses some may fail: each of those is one `ApiError` in the
result's `errors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engage_async.api.arguments import some_names
from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.results import whitelist
from engage_async.api.results import nothing
from engage_async.models.provisioning.settings import Whitelist
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_whitelist = Family("/provisioning/v3", "whitelist", gives=nothing)

_GET = _whitelist.get("get", path="/whitelist", whole=True, gives=whitelist)
_ADD = _whitelist.request("POST", "add", path="/whitelist", body="data", needs=("host",), whole=True, gives=whitelist)
_UPDATE = _whitelist.request("PUT", "update", path="/whitelist", body="plain", repeat=Repeat.REPEATABLE, bulk=True)
_DELETE = _whitelist.request("DELETE", "delete", path="/whitelist", body="plain", bulk=True)
_SET_STATUS = _whitelist.request(
    "POST", "set_status", path="/whitelist/status", body="data", needs=("whitelist_status",), repeat=Repeat.REPEATABLE
)


class WhitelistApi(SynchronousModule):
    """The whitelist of a contact centre."""

    async def get(self, *, timeout: float | None = None) -> Whitelist:
        """All addresses, with their ids, and whether they are enforced."""
        found: Whitelist = await self._request(_GET, timeout=timeout)
        return found

    async def add(self, host: str, *, timeout: float | None = None) -> Whitelist:
        """Add an address, and give the list that the reply holds."""
        found: Whitelist = await self._request(_ADD, host=host, timeout=timeout)
        return found

    async def update(self, addresses: Mapping[str, str], *, timeout: float | None = None) -> PartialResult[None]:
        """Change addresses: each id with its new address."""
        data = [{"id": each, "address": address} for each, address in addresses.items()]
        result: PartialResult[None] = await self._request(_UPDATE, data=data, timeout=timeout)
        return result

    async def delete(self, ids: Sequence[str], *, timeout: float | None = None) -> PartialResult[None]:
        """Remove the addresses with these ids."""
        result: PartialResult[None] = await self._request(_DELETE, data=some_names("ids", ids), timeout=timeout)
        return result

    async def set_status(self, whitelist_status: str, *, timeout: float | None = None) -> None:
        """Enforce the list, or do not (the words for it are not documented)."""
        await self._request(_SET_STATUS, whitelist_status=whitelist_status, timeout=timeout)
