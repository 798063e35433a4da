"""What else the Provisioning API keeps: options, rules, mailboxes, addresses, templates, certificates, definitions.

Must live here: the values, and what is refused. Must not: HTTP, configuration objects (provision_store.py).
"""

from __future__ import annotations

import ipaddress
import itertools
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from engage_async.emulator.provision_store import ProvisionRefused

__all__ = ["ProvisionSettings"]

Tree = dict[str, Any]

_APPLICATION = {"cmeAppName": "Cloud_WWE", "cmeAppDBID": "150"}
_OBJECT_KINDS = ("Agent", "GroupAgents", "Queue", "GroupQueues", "RoutePoint")
_LARGEST_CERTIFICATE = 64 * 1024


class ProvisionSettings:
    """The settings of one contact centre. Methods raise `ProvisionRefused`."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ids = itertools.count(1)
        self._options: dict[str, Tree] = {
            "": {"interaction-workspace": {"login.available-channels": "voice,chat,email"}}
        }
        self.capacity_rules: dict[str, Tree] = {}
        self.mailboxes: dict[str, dict[str, Tree]] = {"inbound": {}, "outbound": {}}
        self.templates: Tree = {}
        self.api_endpoints: Tree = {}
        self.whitelist: dict[str, str] = {}
        self.whitelist_status: str = "disabled"
        self.certificates: dict[str, Tree] = {}
        self.definitions: Tree = {kind: {} for kind in _OBJECT_KINDS}
        self.reset_times: Tree = {}
        self.watched: dict[str, list[str]] = {}
        self._stored: dict[str, tuple[float, bytes]] = {}

    # --- options ------------------------------------------------------------------------------------------------------

    def options(self, owner: str) -> Tree:
        """The options of the application, with those of an owner (a user or a group; ``""``: nobody) laid over."""
        merged = {section: dict(values) for section, values in self._options[""].items()}
        for section, values in self._options.get(owner, {}).items():
            merged[section] = {**merged.get(section, {}), **values}
        return {"options": merged, **_APPLICATION}

    def replace_options(self, owner: str, options: Mapping[str, Any]) -> None:
        """Put options in the place of the owner's."""
        self._options[owner] = _sections("options", options)

    def change_options(self, owner: str, new: Tree, changed: Tree, deleted: Tree) -> None:
        """Add and change options, and delete those named (a section without names goes as a whole)."""
        own = self._options.setdefault(owner, {})
        for section, values in [*_sections("newOptions", new).items(), *_sections("changedOptions", changed).items()]:
            own.setdefault(section, {}).update(values)
        for section, names in deleted.items():
            if not names:
                own.pop(section, None)
            for name in names or ():
                own.get(section, {}).pop(name, None)

    # --- rules, mailboxes, templates ----------------------------------------------------------------------------------

    def add_rule(self, name: str, rules: Tree) -> str:
        """Make a capacity rule, and give its id."""
        if any(rule["name"] == name for rule in self.capacity_rules.values()):
            raise ProvisionRefused(f"Capacity rule {name} exists already", status=409)
        dbid = str(1_000 + next(self._ids))
        self.capacity_rules[dbid] = {"name": name, "mediaRules": dict(rules)}
        return dbid

    def change_rule(self, dbid: str, name: str | None, rules: Tree, deleted: Collection[Any]) -> None:
        """Change a capacity rule."""
        rule = self.rule(dbid)
        rule["mediaRules"] = {k: v for k, v in {**rule["mediaRules"], **rules}.items() if k not in deleted}
        rule["name"] = name or rule["name"]

    def delete_rule(self, dbid: str) -> None:
        """Forget a capacity rule."""
        self.rule(dbid)
        del self.capacity_rules[dbid]

    def rule(self, dbid: str) -> Tree:
        """One capacity rule."""
        if dbid not in self.capacity_rules:
            raise ProvisionRefused("No such capacity rule", status=404, detail={"script_dbid": dbid})
        return self.capacity_rules[dbid]

    def keep_mailbox(self, way: str, data: Tree) -> None:
        """Make or change a mailbox."""
        port = data.get("port")
        if port is not None and not (isinstance(port, int) and 0 < port < 65_536):
            raise ProvisionRefused("port must be from 1 to 65535", status=400)
        self.mailboxes[way].setdefault(str(data["name"]), {}).update(data)

    def delete_mailbox(self, way: str, name: str) -> None:
        """Forget a mailbox."""
        if self.mailboxes[way].pop(name, None) is None:
            raise ProvisionRefused("No such mailbox", status=404, detail={"name": name})

    @staticmethod
    def delete_from(tree: Tree, name: str) -> None:
        """Forget a template or an endpoint."""
        if tree.pop(name, None) is None:
            raise ProvisionRefused("There is none of this name", status=404, detail={"name": name})

    # --- addresses ----------------------------------------------------------------------------------------------------

    def allow(self, address: str) -> str:
        """Put an address on the whitelist, and give its id."""
        self._must_be_address(address)
        if address in self.whitelist.values():
            raise ProvisionRefused(f"{address} is on the whitelist already", status=409)
        entry = str(next(self._ids))
        self.whitelist[entry] = address
        return entry

    def change_address(self, entry: str, address: str) -> None:
        """Put an address in the place of another."""
        if entry not in self.whitelist:
            raise ProvisionRefused("No such address", status=404, detail={"id": entry})
        self._must_be_address(address)
        self.whitelist[entry] = address

    def forbid(self, entry: str) -> None:
        """Take an address off."""
        if self.whitelist.pop(entry, None) is None:
            raise ProvisionRefused("No such address", status=404, detail={"id": entry})

    @staticmethod
    def _must_be_address(address: str) -> None:
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise ProvisionRefused(f"{address[:60]!r} is no IP address", status=400) from None

    # --- files --------------------------------------------------------------------------------------------------------

    def store(self, content: bytes, ttl: float) -> str:
        """Keep a file for `ttl` seconds, and give its id."""
        now = self._now()
        self._stored = {key: kept for key, kept in self._stored.items() if kept[0] > now}
        key = f"storage-{next(self._ids)}"
        self._stored[key] = (now + ttl, content)
        return key

    def stored(self, key: str) -> bytes | None:
        """A file that is kept; None when its time is over, or it never was."""
        kept = self._stored.get(key)
        return kept[1] if kept is not None and kept[0] > self._now() else None

    def add_certificate(self, alias: str, certificate: bytes, key: bytes | None) -> None:
        """Keep a certificate for call recordings."""
        self.check_pem(certificate, "CERTIFICATE")
        if key is not None:
            self.check_pem(key, "PRIVATE KEY")
        if alias in self.certificates:
            raise ProvisionRefused(f"A certificate {alias} is there already", status=409)
        self.certificates[alias] = {"alias": alias, "hasKey": key is not None, "size": len(certificate)}

    @staticmethod
    def check_pem(content: bytes, kind: str) -> None:
        """Whether a file is what it should be: PEM of this kind."""
        if len(content) > _LARGEST_CERTIFICATE or f"{kind}-----".encode() not in content:
            raise ProvisionRefused(f"The file is no {kind.lower()} in PEM form", status=400)

    # --- statistic definitions ----------------------------------------------------------------------------------------

    def keep_definitions(self, definitions: Mapping[str, Any]) -> Tree:
        """Make or change definitions, object kind by object kind; gives all that there are."""
        for kind, named in definitions.items():
            if kind not in _OBJECT_KINDS or not isinstance(named, dict):
                raise ProvisionRefused(f"Statistics are of {', '.join(_OBJECT_KINDS)}, not {kind}", status=400)
            self.definitions[kind].update(named)
        return self.definitions

    def read_definitions(self, content: bytes) -> None:
        """Take over the definitions of a JSON file."""
        try:
            read = json.loads(content)
        except (ValueError, RecursionError):
            raise ProvisionRefused("The file is no JSON", status=400) from None
        if not isinstance(read, dict):
            raise ProvisionRefused("The file holds no object", status=400)
        self.keep_definitions(read)

    def delete_definition(self, kind: str, name: str) -> None:
        """Forget a definition."""
        self.delete_from(self.definitions[kind], name)


def _sections(name: str, options: Mapping[str, Any]) -> Tree:
    for section, values in options.items():
        if not isinstance(values, dict):
            raise ProvisionRefused(f"{name}: section {section} must be an object", status=400)
    return {section: dict(values) for section, values in options.items()}
