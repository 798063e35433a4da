"""The configuration objects that the Provisioning API keeps: users, DNs, skills, groups.

Must live here: the objects, how they are looked up, sorted and changed. Must not: HTTP, files, who may do it.

The store begins with the directory: its agents are users, their DNs, skills and groups are objects. Every object is a
dict in wire form; its ``DBID`` is unique in the store.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engage_async.emulator.directory import Directory

__all__ = ["OBJECT_TYPES", "ProvisionRefused", "ProvisionStore", "User"]

User = dict[str, Any]

OBJECT_TYPES = ("dns", "skills", "dn-groups", "agent-groups", "access-groups")
_LISTS = {
    "deletedSkills": "skills",
    "deletedAgentGroups": "agentGroups",
    "deletedAccessGroups": "accessGroups",
    "deletedSwitchNames": "switchNames",
}
_KINDS: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (list, "a list", (*_LISTS, *_LISTS.values(), "placeNames", "phones")),
    (dict, "an object", ("wwe", "phone")),
    (bool, "true or false", ("enabled", "isAgent", "changePasswordOnNextLogin", "callRecording", "supportSoftPhone")),
)
_NEVER_TOLD = frozenset({"password"})
_MATCH: Mapping[str, Callable[[str, str], bool]] = {
    "includes": lambda value, term: term in value,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "isEqual": str.__eq__,
}


class ProvisionRefused(Exception):
    """The request is well formed, and cannot be carried out; the text says why. `status` is the HTTP status."""

    def __init__(self, message: str, *, status: int = 500, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status: int = status
        self.detail: dict[str, Any] | None = detail


class ProvisionStore:
    """What is configured. Its methods raise `ProvisionRefused`."""

    def __init__(self, directory: Directory) -> None:
        self.users: dict[str, User] = {}
        self.objects: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in OBJECT_TYPES}
        self._by_name: dict[str, str] = {}
        self._employees: dict[str, str] = {}
        self._dbids = itertools.count(10_000)
        self.on_change: Callable[[str, str, str], None] = lambda _kind, _dbid, _change: None
        for agent in directory.users.values():
            place = directory.places.get(agent.default_place or "")
            self._keep(
                {
                    "DBID": str(agent.dbid),
                    "userName": agent.user_name,
                    "firstName": agent.first_name,
                    "lastName": agent.last_name,
                    "employeeID": agent.employee_id,
                    "loginCode": agent.agent_login,
                    "enabled": True,
                    "isAgent": True,
                    "isAdmin": agent.supervisor,
                    "placeNames": [place.name] if place is not None else [],
                    "phones": [{"number": number} for number in (place.dns if place is not None else ())],
                    "switchNames": [directory.switch_name],
                    "skills": [{"name": name, "level": level} for name, level in dict(agent.skills).items()],
                    "agentGroups": list(agent.groups),
                    "accessGroups": [],
                    "wwe": {"roles": ["ROLE_AGENT", *(["ROLE_SUPERVISOR"] if agent.supervisor else [])]},
                }
            )
        extensions = [
            self._new_object("dns", number, {"number": number, "type": "CFGExtension"}) for number in directory.place_of
        ]
        for queue in directory.queues.values():
            kind = "CFGRoutingPoint" if queue.kind == "route-point" else "CFGACDQueue"
            self._new_object("dns", queue.name, {"number": queue.number, "type": kind})
        members = [{"DBID": each["DBID"]} for each in extensions]
        self._new_object("dn-groups", "Extensions", {"type": "CFGNoGroupType", "DNs": members})
        for name in ("Users", "Administrators"):
            self._new_object("access-groups", name, {"memberIDs": []})

    # --- users --------------------------------------------------------------------------------------------------------

    def find(self, query: Mapping[str, str]) -> tuple[list[User], int]:
        """The users that a query fits, one page of them, and how many there are in all."""
        found = [user for user in self.users.values() if _fits(user, query)]
        keys = [key for key in query.get("sortBy", "").split(",") if key]
        if keys:
            found.sort(key=lambda user: [str(user.get(key, "")).casefold() for key in keys])
        if query.get("order") == "Descending":
            found.reverse()
        return _page(found, query), len(found)

    def user(self, dbid: str) -> User:
        """One user."""
        user = self.users.get(dbid)
        if user is None:
            raise ProvisionRefused("No such user", status=404, detail={"dbid": dbid})
        return user

    def user_named(self, name: str) -> User | None:
        """The user of this name, whatever its case."""
        dbid = self._by_name.get(name.casefold())
        return self.users[dbid] if dbid is not None else None

    def add_user(self, data: Mapping[str, Any]) -> User:
        """Make a user; its skills and groups are made with it where they are not there."""
        name = data.get("userName")
        for needed in ("userName", "firstName", "lastName", "password"):
            if not isinstance(data.get(needed), str) or not str(data[needed]).strip():
                raise ProvisionRefused(f"{needed} is missing", status=400, detail={"field": needed})
        if self.user_named(str(name)) is not None:
            raise ProvisionRefused(f"User {name} exists already", status=409, detail={"userName": name})
        self._check(data)
        self._must_be_free(data.get("employeeID"), None)
        defaults: User = {"enabled": True, "isAgent": True, "isAdmin": False}
        lists: User = {key: [] for key in (*_LISTS.values(), "placeNames", "phones")}
        made = self._keep({**defaults, **lists, **data, "DBID": str(next(self._dbids))})
        self.on_change("users", made["DBID"], "created")
        return made

    def change_user(self, dbid: str, data: Mapping[str, Any]) -> User:
        """Change a user: lists gain what is named and lose what a ``deleted…`` names; other members are replaced."""
        user = self.user(dbid)
        renamed = data.get("userName")
        if isinstance(renamed, str) and (other := self.user_named(renamed)) is not None and other is not user:
            raise ProvisionRefused(f"User {renamed} exists already", status=409, detail={"userName": renamed})
        self._check(data)
        self._must_be_free(data.get("employeeID"), dbid)
        self._employees.pop(str(user.get("employeeID")), None)
        self._by_name.pop(str(user["userName"]).casefold(), None)
        for name, value in data.items():
            if name in _LISTS:
                gone = {_name_of(each) for each in value}
                user[_LISTS[name]] = [each for each in user.get(_LISTS[name], []) if _name_of(each) not in gone]
            elif name in _LISTS.values():
                given = {_name_of(each) for each in value}
                user[name] = [*(each for each in user.get(name, []) if _name_of(each) not in given), *value]
            else:
                user[name] = value
        self.on_change("users", dbid, "changed")
        return self._keep(user)

    def delete_user(self, dbid: str) -> None:
        """Forget a user."""
        user = self.user(dbid)
        del self.users[dbid]
        self._by_name.pop(str(user["userName"]).casefold(), None)
        self._employees.pop(str(user.get("employeeID")), None)
        self._leave_groups(dbid, ())
        self.on_change("users", dbid, "deleted")

    def used_skills(self) -> list[dict[str, Any]]:
        """The skills that a user has."""
        names = {_name_of(each) for user in self.users.values() for each in user.get("skills", ())}
        return [each for each in self.objects["skills"].values() if each["name"] in names]

    def _keep(self, user: User) -> User:
        self.users[user["DBID"]] = user
        self._by_name[str(user["userName"]).casefold()] = user["DBID"]
        if user.get("employeeID"):
            self._employees[str(user["employeeID"])] = user["DBID"]
        for each in user.get("skills", ()):
            self._new_object("skills", _name_of(each), {})
        groups = [_name_of(each) for each in user.get("agentGroups", ())]
        self._leave_groups(user["DBID"], groups)
        for name in groups:
            group = self._new_object("agent-groups", name, {"agentDBIDs": []})
            if user["DBID"] not in group["agentDBIDs"]:
                group["agentDBIDs"].append(user["DBID"])
        return user

    def _leave_groups(self, dbid: str, stays_in: Iterable[str]) -> None:
        stays = set(stays_in)
        for group in self.objects["agent-groups"].values():
            if group["name"] not in stays and dbid in group["agentDBIDs"]:
                group["agentDBIDs"].remove(dbid)

    def _must_be_free(self, employee_id: Any, dbid: str | None) -> None:
        """Whether nobody else has the employee id."""
        owner = self._employees.get(str(employee_id)) if employee_id else None
        if owner is not None and owner != dbid:
            detail = {"employeeID": employee_id}
            raise ProvisionRefused(f"Employee id {employee_id} is in use", status=409, detail=detail)

    def _check(self, data: Mapping[str, Any]) -> None:
        for kind, told_as, names in _KINDS:
            for name in names:
                if name in data and not isinstance(data[name], kind):
                    raise ProvisionRefused(f"{name} must be {told_as}", status=400, detail={"field": name})
        if not all(isinstance(each, dict) for each in data.get("phones", ())):
            raise ProvisionRefused("phones must be a list of objects", status=400, detail={"field": "phones"})
        if not isinstance(data.get("wwe", {}).get("roles", []), list):
            raise ProvisionRefused("wwe.roles must be a list", status=400, detail={"field": "wwe"})
        groups = {each["name"] for each in self.objects["access-groups"].values()}
        unknown = [name for each in data.get("accessGroups", ()) if (name := _name_of(each)) not in groups]
        if unknown:
            raise ProvisionRefused(f"No such access group: {unknown[0]}", status=404, detail={"name": unknown[0]})
        for skill in data.get("skills", ()):
            level = skill.get("level") if isinstance(skill, dict) else None
            if not isinstance(skill, dict) or not isinstance(level, int | None) or isinstance(level, bool):
                raise ProvisionRefused("A skill has a name and a level, a whole number", status=400)

    # --- other objects ------------------------------------------------------------------------------------------------

    def list_objects(self, kind: str, query: Mapping[str, str]) -> tuple[list[dict[str, Any]], int, list[str]]:
        """One page of the objects of a type, how many there are in all, and the ids asked for that nobody has."""
        if kind not in self.objects:
            raise ProvisionRefused(f"No such type of objects: {kind}", status=404)
        wanted = [dbid for dbid in query.get("dbids", "").split(",") if dbid]
        stored = self.objects[kind]
        found = [stored[dbid] for dbid in wanted if dbid in stored] if wanted else list(stored.values())
        term, key = query.get("search_term", "").casefold(), query.get("search_key", "name")
        match = _MATCH.get(query.get("match_method", "includes"), _MATCH["includes"])
        if asked := query.get("dn_type") or query.get("group_type"):
            found = [each for each in found if each.get("type", asked) in asked.split(",")]
        if groups := query.get("dn_groups"):
            members = self._members(groups.split(","))
            found = [each for each in found if each["DBID"] in members]
        if kind == "skills" and query.get("in_use") == "true":
            used = {each["DBID"] for each in self.used_skills()}
            found = [each for each in found if each["DBID"] in used]
        if term:
            found = [each for each in found if match(str(each.get(key, "")).casefold(), term)]
        if sort := query.get("sort_key"):
            numeric = query.get("sort_method") == "numeric"
            found.sort(key=lambda each: _sort_value(each.get(sort), numeric=numeric))
        if query.get("sort_ascending") == "false":
            found.reverse()
        return _page(found, query), len(found), [dbid for dbid in wanted if dbid not in stored]

    def _members(self, groups: Iterable[str]) -> set[str]:
        """The ids of the DNs in groups that are named by name or id."""
        named = {self.dbid_of("dn-groups", each) for each in groups}
        stored = self.objects["dn-groups"]
        return {dn["DBID"] for dbid in named & stored.keys() for dn in stored[dbid]["DNs"]}

    def permissions(self, kind: str, dbids: Iterable[str]) -> tuple[list[dict[str, Any]], list[str]]:
        """Who may do what with objects, and the ids that nobody has."""
        stored = self.users if kind == "users" else self.objects.get(kind)
        if stored is None:
            raise ProvisionRefused(f"No such type of objects: {kind}", status=404)
        entries, unknown = [], []
        for dbid in dbids:
            if dbid in stored:
                entries.append({"DBID": dbid, "data": [{"name": "Administrators", "access": ["read", "change"]}]})
            else:
                unknown.append(dbid)
        return entries, unknown

    def dbid_of(self, kind: str, name: str) -> str:
        """The id of the object of this name; the name itself when there is none."""
        if kind == "users":
            user = self.user_named(name)
            return name if user is None else str(user["DBID"])
        found = (dbid for dbid, each in self.objects.get(kind, {}).items() if each["name"] == name)
        return next(found, name)

    def _new_object(self, kind: str, name: str, more: dict[str, Any]) -> dict[str, Any]:
        for each in self.objects[kind].values():
            if each["name"] == name:
                return each
        made = {"DBID": str(next(self._dbids)), "name": name, "state": "CFGEnabled", **more}
        self.objects[kind][made["DBID"]] = made
        return made


def told(user: User) -> User:
    """A user as it is told: without its password."""
    return {name: value for name, value in user.items() if name not in _NEVER_TOLD}


def _fits(user: User, query: Mapping[str, str]) -> bool:
    roles = {role for role in query.get("roles", "").split(",") if role}
    skills = {skill for skill in query.get("skills", "").split(",") if skill}
    has = {_name_of(each) for each in user.get("skills", ())}
    if roles and not roles & set((user.get("wwe") or {}).get("roles", ())):
        return False
    if skills and not skills <= has:
        return False
    if "userEnabled" in query and str(user.get("enabled", True)).lower() != query["userEnabled"].lower():
        return False
    term = query.get("filterParameters", "").casefold()
    names = [each for each in query.get("filterName", "").split(",") if each] or ["userName", "firstName", "lastName"]
    return not term or any(term in str(user.get(name, "")).casefold() for name in names)


def _page(found: list[Any], query: Mapping[str, str]) -> list[Any]:
    offset, limit = _count(query, "offset", 0), _count(query, "limit", 100)
    return found[offset : offset + limit]


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise ProvisionRefused(f"{name} must be a whole number", status=400)
    return int(value)


def _name_of(entry: Any) -> str:
    return str(entry.get("name", "")) if isinstance(entry, dict) else str(entry)


def _sort_value(value: Any, *, numeric: bool) -> Any:
    text = str(value if value is not None else "")
    return (int(text) if numeric and text.isdecimal() else 0, text.casefold())
