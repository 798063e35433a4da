"""REST routes of the Provisioning API for what else is kept: options, rules, mailboxes, addresses, templates …

Must live here: the mapping of requests to `ProvisionSettings`. Must not: what is kept, files.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.provision_store import ProvisionRefused
from engage_async.emulator.rest_provisioning import Provisioning, as_object, data_of
from engage_async.emulator.rest_replies import done

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["add_routes"]


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes."""
    provisioning, routes = Provisioning(app, emulator), _Routes(emulator)
    settings = emulator.provision_settings
    provisioning.add("GET", "/options", routes.options)
    provisioning.add("POST", "/options", routes.replace_options)
    provisioning.add("PUT", "/options", routes.change_options)
    provisioning.add("GET", "/capacity-rules", routes.rules)
    provisioning.add("POST", "/capacity-rules", routes.add_rule)
    provisioning.add("PUT", "/capacity-rules/{script_dbid}", routes.change_rule)
    provisioning.add("DELETE", "/capacity-rules/{script_dbid}", routes.delete_rule)
    for way in ("inbound", "outbound"):
        provisioning.add("GET", f"/email-settings/{way}", partial(routes.mailboxes, way))
        provisioning.add("POST", f"/email-settings/{way}", partial(routes.keep_mailbox, way))
    provisioning.add("DELETE", "/email-settings/inbound", partial(routes.delete_mailbox, "inbound"))
    provisioning.add("GET", "/whitelist", routes.whitelist)
    provisioning.add("POST", "/whitelist", routes.allow)
    provisioning.add("PUT", "/whitelist", routes.change_addresses)
    provisioning.add("DELETE", "/whitelist", routes.forbid)
    provisioning.add("POST", "/whitelist/status", routes.set_whitelist_status)
    for path, name, member, tree in (
        ("api-endpoints", "api-endpoints", "apiEndpoints", lambda: settings.api_endpoints),
        ("templates", "api-templates", "templates", lambda: settings.templates),
    ):
        provisioning.add("GET", f"/settings/{path}", partial(routes.tree, name, tree))
        provisioning.add("POST", f"/settings/{path}", partial(routes.keep_in_tree, member, tree))
        provisioning.add("DELETE", f"/settings/{path}", partial(routes.delete_from_tree, tree))
    provisioning.add("GET", "/recording/certificates", routes.certificates)
    provisioning.add("DELETE", "/recording/certificates", routes.delete_certificate)
    provisioning.add("GET", "/statistic-definitions", routes.definitions)
    provisioning.add("GET", "/export-statistic-definitions", routes.export_definitions)
    provisioning.add("POST", "/statistic-definitions", routes.keep_definitions)
    provisioning.add("POST", "/statistic-definitions/operations/update-reset-times", routes.reset_times)
    for kind in ("Agent", "GroupAgents", "Queue", "GroupQueues", "RoutePoint"):
        provisioning.add("DELETE", f"/statistic-definitions/{kind}/{{object}}", partial(routes.delete_definition, kind))


Tree = Callable[[], dict[str, Any]]


class _Routes:
    def __init__(self, emulator: Emulator) -> None:
        self._settings = emulator.provision_settings

    # --- options and rules --------------------------------------------------------------------------------------------

    async def options(self, request: web.Request, _user: str) -> web.StreamResponse:
        owner = request.query.get("person_dbid") or request.query.get("agent_group_dbid") or ""
        return done(self._settings.options(owner))

    async def replace_options(self, request: web.Request, _user: str) -> web.StreamResponse:
        data = await data_of(request)
        self._settings.replace_options(_owner(data), _object(data, "options"))
        return done()

    async def change_options(self, request: web.Request, _user: str) -> web.StreamResponse:
        data = await data_of(request)
        new, changed, deleted = (_object(data, f"{word}Options") for word in ("new", "changed", "deleted"))
        self._settings.change_options(_owner(data), new, changed, deleted)
        return done()

    async def rules(self, request: web.Request, _user: str) -> web.StreamResponse:
        dbid, name = request.query.get("script_dbid"), request.query.get("name")
        rules = self._settings.capacity_rules if dbid is None else {dbid: self._settings.rule(dbid)}
        return done({"capacityRules": {k: rule for k, rule in rules.items() if name in (None, rule["name"])}})

    async def add_rule(self, request: web.Request, _user: str) -> web.StreamResponse:
        data = await data_of(request)
        return done({"scriptDBID": self._settings.add_rule(_text(data, "name"), _object(data, "mediaRules"))})

    async def change_rule(self, request: web.Request, _user: str) -> web.StreamResponse:
        data = await data_of(request)
        rules, deleted = _object(data, "mediaRules"), data.get("deletedMediaRules") or []
        if not isinstance(deleted, list):
            raise ProvisionRefused("deletedMediaRules must be a list", status=400)
        self._settings.change_rule(request.match_info["script_dbid"], data.get("name"), rules, deleted)
        return done()

    async def delete_rule(self, request: web.Request, _user: str) -> web.StreamResponse:
        self._settings.delete_rule(request.match_info["script_dbid"])
        return done()

    # --- mailboxes ----------------------------------------------------------------------------------------------------

    async def mailboxes(self, way: str, _request: web.Request, _user: str) -> web.StreamResponse:
        return done({"settings": list(self._settings.mailboxes[way].values())})

    async def keep_mailbox(self, way: str, request: web.Request, _user: str) -> web.StreamResponse:
        data = await data_of(request)
        _text(data, "name")
        self._settings.keep_mailbox(way, data)
        return done()

    async def delete_mailbox(self, way: str, request: web.Request, user: str) -> web.StreamResponse:
        self._settings.delete_mailbox(way, request.query.get("name", ""))
        return await self.mailboxes(way, request, user)

    # --- addresses ----------------------------------------------------------------------------------------------------

    async def whitelist(self, _request: web.Request, _user: str) -> web.StreamResponse:
        return web.json_response({"status": {"code": 0}, **self._whitelist()})

    def _whitelist(self) -> dict[str, Any]:
        addresses = [{"id": entry, "address": address} for entry, address in self._settings.whitelist.items()]
        return {"whitelistStatus": self._settings.whitelist_status, "whitelist": {"addresses": addresses}}

    async def allow(self, request: web.Request, user: str) -> web.StreamResponse:
        self._settings.allow(_text(await data_of(request), "host"))
        return await self.whitelist(request, user)

    async def change_addresses(self, request: web.Request, _user: str) -> web.StreamResponse:
        return await self._one_by_one(
            request, lambda each: self._settings.change_address(str(each.get("id", "")), str(each.get("address", "")))
        )

    async def forbid(self, request: web.Request, _user: str) -> web.StreamResponse:
        return await self._one_by_one(request, lambda each: self._settings.forbid(str(each.get("id", ""))))

    async def _one_by_one(self, request: web.Request, do: Callable[[dict[str, Any]], None]) -> web.StreamResponse:
        """Several addresses in one request: code 2, with an error each, when some of them cannot be had."""
        data = (await as_object(request)).get("data")
        entries = data if isinstance(data, list) else [data]
        refusals: list[ProvisionRefused] = []
        for each in entries:
            try:
                do(each if isinstance(each, dict) else {"id": each})
            except ProvisionRefused as refused:
                refusals.append(refused)
        if refusals and len(refusals) == len(entries):
            raise refusals[0]
        if refusals:
            errors = [{"code": each.status, "message": str(each), "detail": each.detail} for each in refusals]
            return web.json_response({"status": {"code": 2}, "errors": errors})
        return done()

    async def set_whitelist_status(self, request: web.Request, _user: str) -> web.StreamResponse:
        self._settings.whitelist_status = _text(await data_of(request), "whitelistStatus")
        return done()

    # --- templates and endpoints --------------------------------------------------------------------------------------

    async def tree(self, name: str, tree: Tree, _request: web.Request, _user: str) -> web.StreamResponse:
        return done({name: tree()})

    async def keep_in_tree(self, member: str, tree: Tree, request: web.Request, _user: str) -> web.StreamResponse:
        tree().update(_object(await data_of(request), member))
        return done()

    async def delete_from_tree(self, tree: Tree, request: web.Request, _user: str) -> web.StreamResponse:
        self._settings.delete_from(tree(), request.query.get("name", ""))
        return done()

    # --- certificates and definitions ---------------------------------------------------------------------------------

    async def certificates(self, _request: web.Request, _user: str) -> web.StreamResponse:
        return done(list(self._settings.certificates.values()))

    async def delete_certificate(self, request: web.Request, _user: str) -> web.StreamResponse:
        self._settings.delete_from(self._settings.certificates, request.query.get("alias", ""))
        return done()

    async def definitions(self, _request: web.Request, _user: str) -> web.StreamResponse:
        return web.json_response({"data": {"statusCode": 0, "statisticDefinitions": self._settings.definitions}})

    async def export_definitions(self, _request: web.Request, _user: str) -> web.StreamResponse:
        """One file with all definitions, of the kind that can be imported. What the files hold is not documented."""
        return done({"files": [json.dumps(self._settings.definitions)]})

    async def keep_definitions(self, request: web.Request, user: str) -> web.StreamResponse:
        self._settings.keep_definitions(_object(await data_of(request), "statisticDefinitions"))
        return await self.definitions(request, user)

    async def delete_definition(self, kind: str, request: web.Request, _user: str) -> web.StreamResponse:
        self._settings.delete_definition(kind, request.match_info["object"])
        return done()

    async def reset_times(self, request: web.Request, _user: str) -> web.StreamResponse:
        self._settings.reset_times = await as_object(request)
        return done()


def _owner(data: dict[str, Any]) -> str:
    return str(data.get("person_dbid") or data.get("agent_group_dbid") or "")


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name) or {}
    if not isinstance(value, dict):
        raise ProvisionRefused(f"{name} must be an object", status=400)
    return value


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ProvisionRefused(f"{name} is missing", status=400)
    return value
