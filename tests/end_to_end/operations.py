"""Every operation of a session: its route, its method, and arguments to call it with.

Found by walking the modules of `engage_async.api`, so that a new operation is tested as soon as it is there.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

import engage_async.api
from engage_async.models.interactions import InteractionReason
from engage_async.models.provisioning.users import NewUser, Phone, SkillLevel, UserChanges
from engage_async.models.statistics import Statistic
from engage_async.models.targets import Target, TargetType
from engage_async.protocol.route import Route

KEY_VALUES = {"Segment": "Gold"}

USER: dict[str, Any] = {
    "user_name": "ada", "first_name": "Ada", "last_name": "Lovelace", "password": "a-password", "employee_id": "1815",
    "external_id": "x", "email_address": "ada@host", "enabled": True, "login_code": "7099", "place_names": ["Place"],
    "change_password_on_next_login": False, "call_recording": True, "roles": ["ROLE_AGENT"], "switch_names": ["SIP"],
    "phones": [Phone(number="7099")], "support_soft_phone": True, "sip_phone_type": "GENERIC_PHONE",
    "skills": [SkillLevel(name="English", level=5)], "agent_groups": ["Sales"], "access_groups": ["Users"],
    "voice_mail": 7, "wrap_up_time": 30.0, "capacity_rule": "Rule", "recording_hierarchy": "/",
}  # fmt: skip

NOT_SENT = frozenset({"timeout", "progress", "form"})
"""Parameters that are about how a request is sent."""

BY_NAME: dict[str, Any] = {
    "destination": "5550001",
    "forward_to": "5550001",
    "digits": "12#",
    "redirect_uri": "https://app.example/cb",
    "channels": ["chat", "email"],
    "user_data": KEY_VALUES,
    "content_type": "text/plain",
    "desired_time": datetime(2999, 1, 1, tzinfo=UTC),
    "max_age": 60,
    "types": ["agent", "skill"],
    "target_type": "agent",
    "sort": "asc",
    "match_type": "exact",
}
BY_ANNOTATION: dict[str, Any] = {
    "str": "some-text",
    "int": 7,
    "float": 7.0,
    "bool": True,
    "KeyValues": KEY_VALUES,
    "Sequence[str]": ["one", "two"],
    "Collection[str]": ["one", "two"],
    "Iterable[str]": ["one", "two"],
    "Mapping[str, Any]": {"one": 1},
    "Mapping[str, str]": {"one": "1"},
    "Sequence[Mapping[str, Any]]": [{"one": 1}],
    "Sequence[Mapping[str, str]]": [{"channel": "sms", "target": "5550001"}],
    "Sequence[Statistic]": [Statistic("CurrentAgentState", "johnsmith", "Agent", id="one")],
    "Literal['mode1', 'mode2', 'mode3']": "mode1",
    "Sequence[Message]": [{"channel": "/meta/connect"}],
    "datetime": datetime(2026, 1, 5, 8, tzinfo=UTC),
    "Attributes": {"FirstName": "Ada"},
    "InteractionReason": InteractionReason(code=7),
    "ResponseUsage": "AdministratorResponse",
    "AgentWorkMode": "AuxWork",
    "MonitorMode": "Coach",
    "MonitorNextCall": "AllCalls",
    "MonitorScope": "Agent",
    "AfterLeaving": "KeepAlive",
    "DeletionForm": "client",
    "InteractionSubtype": "OutboundNew",
    "MediaMonitorMode": "Monitor",
    "NextInteractions": "AllInteractions",
    "PullContext": "none",
    "Source": __file__,
    "Target": Target(type=TargetType.AGENT, id="102", first_name="Kate"),
    "AgentStateWord": "ready",
    "ConnectionSecurity": "ssl-tls",
    "MailboxType": "IMAP",
    "MatchMethod": "includes",
    "NewUser": NewUser(**USER, is_agent=True, folder="Agents"),
    "ObjectType": "dns",
    "SortMethod": "numeric",
    "SortOrder": "Ascending",
    "UserChanges": UserChanges(
        **USER,
        deleted_skills=["c"],
        deleted_roles=["d"],
        deleted_switch_names=["e"],
        deleted_agent_groups=["f"],
        deleted_access_groups=["g"],
        dev_console_roles=["h"],
    ),
    "TreatAs": "Normal",
    "Visibility": "Agent",
}


@frozen
class Operation:
    """One operation: `group` is the session's attribute, `method` the name of the method."""

    route: Route
    group: str
    method: str

    def __str__(self) -> str:
        return self.route.name

    def of(self, session: Any) -> Callable[..., Any]:
        """The method, bound to a session."""
        bound: Callable[..., Any] = getattr(getattr(session, self.group), self.method)
        return bound

    def arguments(self, session: Any) -> dict[str, Any]:
        """A value for every parameter but the time-out and callbacks."""
        parameters = inspect.signature(self.of(session)).parameters.values()
        return {p.name: sample(p) for p in parameters if p.name not in NOT_SENT}


def sample(parameter: inspect.Parameter) -> Any:
    """A value that the parameter takes: by its name, else by its annotation."""
    if parameter.name in BY_NAME:
        return BY_NAME[parameter.name]
    kind = str(parameter.annotation).split(" | ")[0]
    if kind not in BY_ANNOTATION:
        raise AssertionError(f"no sample for {parameter}; add one to tests/end_to_end/operations.py")
    value = BY_ANNOTATION[kind]
    return f"{parameter.name}-1" if value == "some-text" else value


def routes(package: str) -> Iterator[Route]:
    """Every route of the modules below a package of `engage_async.api`."""
    found = importlib.import_module(f"{engage_async.api.__name__}.{package}")
    modules = [found]
    if hasattr(found, "__path__"):
        modules += [
            importlib.import_module(f"{found.__name__}.{info.name}") for info in pkgutil.iter_modules(found.__path__)
        ]
    for module in modules:
        yield from (value for value in vars(module).values() if isinstance(value, Route))


def operations(package: str) -> list[Operation]:
    """Every operation below a package, in the order of the files."""
    named = (tuple(route.name.split(".", 1)) for route in routes(package))
    return [Operation(route, group, method) for route, (group, method) in zip(routes(package), named, strict=True)]
