"""API endpoints and templates that are kept as settings.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `UsersApi` do. What an endpoint or a template holds is not documented: both are plain JSON,
by their names. What the two operations without arguments do is not documented either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.results import an_object_under
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_settings = Family("/provisioning/v3", "settings", "/settings/")

_POST = _settings.request("POST", "post", path="/settings")
_GET_API_ENDPOINTS = _settings.get(
    "get_api_endpoints", path="/settings/api-endpoints", gives=an_object_under("api-endpoints")
)
_POST_API_ENDPOINTS = _settings.request(
    "POST", "post_api_endpoints", path="/settings/api-endpoints", body="data", repeat=Repeat.REPEATABLE
)
_DELETE_API_ENDPOINTS = _settings.request(
    "DELETE", "delete_api_endpoints", path="/settings/api-endpoints", query=("name",), needs=("name",)
)
_GET_TEMPLATES = _settings.get("get_templates", path="/settings/templates", gives=an_object_under("api-templates"))
_POST_TEMPLATES = _settings.request(
    "POST", "post_templates", path="/settings/templates", body="data", repeat=Repeat.REPEATABLE
)
_PUT_TEMPLATES = _settings.request("PUT", "put_templates", path="/settings/templates")
_DELETE_TEMPLATES = _settings.request(
    "DELETE", "delete_templates", path="/settings/templates", query=("name",), needs=("name",)
)


class SettingsApi(SynchronousModule):
    """Settings of the contact centre."""

    async def post(self, *, timeout: float | None = None) -> None:
        """Post to the settings themselves (see above)."""
        await self._request(_POST, timeout=timeout)

    async def get_api_endpoints(self, *, timeout: float | None = None) -> Mapping[str, Any]:
        """The API endpoints, by name."""
        endpoints: Mapping[str, Any] = await self._request(_GET_API_ENDPOINTS, timeout=timeout)
        return endpoints

    async def post_api_endpoints(self, api_endpoints: Mapping[str, Any], *, timeout: float | None = None) -> None:
        """Add or change API endpoints, by name."""
        await self._request(_POST_API_ENDPOINTS, api_endpoints=api_endpoints, timeout=timeout)

    async def delete_api_endpoints(self, name: str, *, timeout: float | None = None) -> None:
        """Remove the API endpoint of this name."""
        await self._request(_DELETE_API_ENDPOINTS, name=name, timeout=timeout)

    async def get_templates(self, *, timeout: float | None = None) -> Mapping[str, Any]:
        """The templates, by name."""
        templates: Mapping[str, Any] = await self._request(_GET_TEMPLATES, timeout=timeout)
        return templates

    async def post_templates(self, templates: Mapping[str, Any], *, timeout: float | None = None) -> None:
        """Add or change templates, by name."""
        await self._request(_POST_TEMPLATES, templates=templates, timeout=timeout)

    async def put_templates(self, *, timeout: float | None = None) -> None:
        """Put to the templates themselves (see above)."""
        await self._request(_PUT_TEMPLATES, timeout=timeout)

    async def delete_templates(self, name: str, *, timeout: float | None = None) -> None:
        """Remove the template of this name."""
        await self._request(_DELETE_TEMPLATES, name=name, timeout=timeout)
