"""What the workspace service says of itself.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

All operations are synchronous. Methods raise `ApiError` when the server refuses, `NotSent` and `OutcomeUnknown` when no
answer came. `timeout` is in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import Known, SynchronousModule
from engage_async.models.codec import structure
from engage_async.models.service import ServiceInfo
from engage_async.protocol.route import Family


def the_body(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> Any:
    """The body of a reply: an object, or whatever else it is."""
    return payload["body"] if payload.keys() == {"body"} else payload


def service_info(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> ServiceInfo:
    """What the service says of itself."""
    return structure(ServiceInfo, payload)


_documentation = Family("/workspace/v3", "documentation", "/", gives=service_info)

_SWAGGER_DOC = _documentation.get("swagger_doc", path="/doc", enveloped=False, items="body", gives=the_body)
_VERSION_INFO = _documentation.get("version_info", path="/info", enveloped=False)
_VERSION = _documentation.get("version", enveloped=False)


class DocumentationApi(SynchronousModule):
    """The service's description and version."""

    async def swagger_doc(self, *, timeout: float | None = None) -> Any:
        """The description of the API as the server sends it: an OpenAPI object, or the text of a page."""
        return await self._request(_SWAGGER_DOC, timeout=timeout)

    async def version_info(self, *, timeout: float | None = None) -> ServiceInfo:
        """The service's name and version."""
        info: ServiceInfo = await self._request(_VERSION_INFO, timeout=timeout)
        return info

    async def version(self, *, timeout: float | None = None) -> ServiceInfo:
        """The same from a path that only the vendor's simulator is known to have."""
        info: ServiceInfo = await self._request(_VERSION, timeout=timeout)
        return info
