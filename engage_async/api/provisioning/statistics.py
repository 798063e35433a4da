"""Definitions of statistics: which there are, by type of object and object.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches;
the values of statistics (`api.statistics`).

Methods raise what those of `UsersApi` do. The definitions themselves are plain JSON as the service has them; files with
them are YAML. The vendor's definition calls the name of one that is removed ``object``, and says no more of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.files import a_file
from engage_async.api.provisioning.results import an_object_under, names_under, the_definitions
from engage_async.protocol.multipart import OnProgress, Source
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_WIRE = {"statistic_definitions_file": "statistic-definitions"}

_statistics = Family("/provisioning/v3", "statistics", "/statistic-definitions/", wire=_WIRE)

_GET_DEFINITIONS = _statistics.get(
    "get_definitions", path="/statistic-definitions", enveloped=False, gives=the_definitions
)
_POST_DEFINITIONS = _statistics.request(
    "POST", "post_definitions", path="/statistic-definitions", body="data", enveloped=False, repeat=Repeat.REPEATABLE,
    gives=the_definitions,
)  # fmt: skip
_EXPORT_DEFINITIONS = _statistics.get(
    "export_definitions", path="/export-statistic-definitions", gives=names_under("files")
)
_IMPORT_DEFINITIONS = _statistics.request(
    "POST", "import_definitions", path="/import-statistic-definitions", body="parts"
)
_CHECK_MIGRATE_CONFLICTS = _statistics.get(
    "check_migrate_conflicts", path="/statistic-definitions/migrate-check-for-conflicts",
    gives=an_object_under("migrations"),
)  # fmt: skip
_MIGRATE = _statistics.request("POST", "migrate")
_UPDATE_RESET_TIMES = _statistics.request(
    "POST", "update_reset_times", path="/statistic-definitions/operations/update-reset-times", body="plain",
    needs=("reset_time", "location"), repeat=Repeat.REPEATABLE,
)  # fmt: skip
_DELETE_AGENT = _statistics.request("DELETE", "delete_agent", path="/statistic-definitions/Agent/{statistic_object}")
_DELETE_GROUP_AGENTS = _statistics.request(
    "DELETE", "delete_group_agents", path="/statistic-definitions/GroupAgents/{statistic_object}"
)
_DELETE_QUEUE = _statistics.request("DELETE", "delete_queue", path="/statistic-definitions/Queue/{statistic_object}")
_DELETE_GROUP_QUEUES = _statistics.request(
    "DELETE", "delete_group_queues", path="/statistic-definitions/GroupQueues/{statistic_object}"
)
_DELETE_ROUTE_POINT = _statistics.request(
    "DELETE", "delete_route_point", path="/statistic-definitions/RoutePoint/{statistic_object}"
)


class StatisticDefinitionsApi(SynchronousModule):
    """Definitions of the statistics of a contact centre."""

    async def get_definitions(self, *, timeout: float | None = None) -> Mapping[str, Any]:
        """All definitions."""
        definitions: Mapping[str, Any] = await self._request(_GET_DEFINITIONS, timeout=timeout)
        return definitions

    async def post_definitions(
        self, statistic_definitions: Mapping[str, Any], *, timeout: float | None = None
    ) -> Mapping[str, Any]:
        """Add or change definitions, and give those that there are then."""
        definitions: Mapping[str, Any] = await self._request(
            _POST_DEFINITIONS, statistic_definitions=statistic_definitions, timeout=timeout
        )
        return definitions

    async def export_definitions(self, *, timeout: float | None = None) -> tuple[str, ...]:
        """All definitions as files: the reply's ``files``, as the service has them."""
        files: tuple[str, ...] = await self._request(_EXPORT_DEFINITIONS, timeout=timeout)
        return files

    async def import_definitions(
        self,
        source: Source,
        *,
        filename: str | None = None,
        progress: OnProgress | None = None,
        timeout: float | None = None,
    ) -> None:
        """Import definitions from a YAML file: a path, bytes, a binary file, or an async iterator of bytes.

        `progress` is told of the bytes as they are sent.
        """
        await self._request(
            _IMPORT_DEFINITIONS,
            statistic_definitions_file=a_file(
                "statistic-definitions", source, filename, "statistic-definitions.yaml", "application/x-yaml", progress
            ),
            timeout=timeout,
        )

    async def check_migrate_conflicts(self, *, timeout: float | None = None) -> Mapping[str, Any]:
        """What a migration of the definitions would conflict with."""
        migrations: Mapping[str, Any] = await self._request(_CHECK_MIGRATE_CONFLICTS, timeout=timeout)
        return migrations

    async def migrate(self, *, timeout: float | None = None) -> None:
        """Migrate the definitions."""
        await self._request(_MIGRATE, timeout=timeout)

    async def update_reset_times(self, reset_time: str, location: str, *, timeout: float | None = None) -> None:
        """Change when all statistics of a location are reset.

        `reset_time` becomes the ``dynamicTimeProfile`` of the definitions; `location` is the normalized location.
        """
        await self._request(_UPDATE_RESET_TIMES, reset_time=reset_time, location=location, timeout=timeout)

    async def delete_agent(self, statistic_object: str, *, timeout: float | None = None) -> None:
        """Remove what is defined under this name for agents."""
        await self._request(_DELETE_AGENT, statistic_object=statistic_object, timeout=timeout)

    async def delete_group_agents(self, statistic_object: str, *, timeout: float | None = None) -> None:
        """Remove what is defined under this name for agent groups."""
        await self._request(_DELETE_GROUP_AGENTS, statistic_object=statistic_object, timeout=timeout)

    async def delete_queue(self, statistic_object: str, *, timeout: float | None = None) -> None:
        """Remove what is defined under this name for queues."""
        await self._request(_DELETE_QUEUE, statistic_object=statistic_object, timeout=timeout)

    async def delete_group_queues(self, statistic_object: str, *, timeout: float | None = None) -> None:
        """Remove what is defined under this name for groups of queues."""
        await self._request(_DELETE_GROUP_QUEUES, statistic_object=statistic_object, timeout=timeout)

    async def delete_route_point(self, statistic_object: str, *, timeout: float | None = None) -> None:
        """Remove what is defined under this name for route points."""
        await self._request(_DELETE_ROUTE_POINT, statistic_object=statistic_object, timeout=timeout)
