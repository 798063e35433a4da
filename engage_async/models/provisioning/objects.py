"""Configuration objects other than users: DNs, skills and groups.

Must live here: the records, and how an object of a reply becomes one. Must not: requests.

Source: the vendor's Java client. The attributes are those of Configuration Server's objects, and mostly text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from engage_async.models.codec import structure
from engage_async.models.provisioning.enums import ObjectType
from engage_async.models.provisioning.plain import plain
from engage_async.models.record import Record, wire

__all__ = [
    "AccessGroupObject", "AgentGroupObject", "ConfigObject", "DnGroupObject", "DnObject", "GroupObject",
    "ObjectPermissions", "SkillObject", "read_object", "read_permissions",
]  # fmt: skip

_TEXTS = ("DBID", "tenantDBID", "state", "number", "switchDBID", "groupDBID", "type", "siteDBID", "contractDBID",
          "capacityTableDBID", "quotaTableDBID", "trunks", "routeType", "switchSpecificType")  # fmt: skip


@frozen(kw_only=True)
class ConfigObject(Record):
    """A configuration object. `dbid` is its id, unique among the objects of its type."""

    dbid: str = wire("", "DBID", "dbid")
    name: str = ""
    tenant_dbid: str | None = wire(None, "tenantDBID")
    state: str | None = None


@frozen(kw_only=True)
class DnObject(ConfigObject):
    """A directory number on a switch. `name` is its alias. `type` is a CfgDNType such as ``CFGExtension``."""

    number: str = ""
    type: str | None = None
    switch_dbid: str | None = wire(None, "switchDBID")
    switch: Any = field(default=None, hash=False, repr=False)
    group_dbid: str | None = wire(None, "groupDBID")
    folder: Any = field(default=None, hash=False, repr=False)
    user_properties: Any = field(default=None, hash=False, repr=False)


@frozen(kw_only=True)
class SkillObject(ConfigObject):
    """A skill that agents can have."""


@frozen(kw_only=True)
class GroupObject(ConfigObject):
    """What is common to groups."""

    capacity_table_dbid: str | None = wire(None, "capacityTableDBID")
    quota_table_dbid: str | None = wire(None, "quotaTableDBID")


@frozen(kw_only=True)
class AgentGroupObject(GroupObject):
    """A group of agents, which are named by the ids of their users."""

    agent_dbids: tuple[str, ...] = wire((), "agentDBIDs")


@frozen(kw_only=True)
class DnGroupObject(GroupObject):
    """A group of DNs, each as the service sends it."""

    type: str | None = None
    dns: tuple[Mapping[str, Any], ...] = field(default=(), hash=False, repr=False, metadata={"wire": ("DNs", "dns")})


@frozen(kw_only=True)
class AccessGroupObject(GroupObject):
    """A group of users that share permissions; its members as the service sends them."""

    type: str | None = None
    member_ids: tuple[Mapping[str, Any], ...] = field(
        default=(), hash=False, repr=False, metadata={"wire": ("memberIDs", "memberIds")}
    )


@frozen(kw_only=True)
class ObjectPermissions(Record):
    """Who may do what with an object: `data` is its list of access control entries as the service sends it."""

    dbid: str = wire("", "DBID", "dbid")
    data: Any = field(default=None, hash=False)


_CLASSES: Mapping[str, type[ConfigObject]] = {
    ObjectType.DNS: DnObject,
    ObjectType.SKILLS: SkillObject,
    ObjectType.DN_GROUPS: DnGroupObject,
    ObjectType.AGENT_GROUPS: AgentGroupObject,
    ObjectType.ACCESS_GROUPS: AccessGroupObject,
}


def read_object(object_type: str, payload: Mapping[str, Any]) -> ConfigObject:
    """The object of a reply. What a group shares with all groups stands in its member ``CfgGroup``."""
    group = payload.get("CfgGroup")
    if isinstance(group, dict):
        payload = {**group, **{name: value for name, value in payload.items() if name != "CfgGroup"}}
    made = plain(payload, texts=_TEXTS)
    if isinstance(made.get("agentDBIDs"), list):
        made["agentDBIDs"] = [str(each) if isinstance(each, int) else each for each in made["agentDBIDs"]]
    return structure(_CLASSES.get(object_type, ConfigObject), made)


def read_permissions(payload: Mapping[str, Any]) -> ObjectPermissions:
    """The permissions of one object; the definition wraps them in a member ``schema``."""
    inner = payload.get("schema")
    return structure(ObjectPermissions, plain(inner if isinstance(inner, dict) else payload, texts=("DBID",)))
