"""Users, as they are and as they shall be.

Must live here: the user, and what is sent to create or change one. Must not: requests, workspace users
(`models.session`).

Sources: the vendor's API definition, and the vendor's Java client for what a user looks like when it is listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from attrs import field, frozen

from engage_async.errors import InvalidArgument
from engage_async.models.codec import structure, unstructure
from engage_async.models.provisioning.enums import SipPhoneType
from engage_async.models.provisioning.plain import plain
from engage_async.models.record import Record, wire
from engage_async.secret import Secret

__all__ = ["NewUser", "Phone", "SkillLevel", "UserChanges", "UserObject", "WorkspaceRoles", "read_user"]

_TEXTS = ("DBID", "id", "tenantDBID", "loginCode", "employeeID", "externalID", "capacityRule", "state")
_NUMBERS = ("voiceMail",)
_FLAGS = (
    "callRecording", "changePasswordOnNextLogin", "enabled", "isAdmin", "isAgent", "isExternalAuth", "supportSoftPhone",
)  # fmt: skip
_SECRET = frozenset({"password"})


@frozen(kw_only=True)
class Phone(Record):
    """A telephone of a user: its DN is made on every switch of the user, and put on the place."""

    number: str = ""
    description: str | None = None
    is_default: bool | None = None
    place_name: str | None = None


@frozen(kw_only=True)
class SkillLevel(Record):
    """A skill that a user has, and how well."""

    name: str = ""
    level: int | None = None


@frozen(kw_only=True)
class WorkspaceRoles(Record):
    """The roles of a user in Workspace Web Edition (``ROLE_AGENT``, ``ROLE_ADMIN``, ``ROLE_SUPERVISOR``)."""

    roles: tuple[str, ...] = ()


@frozen(kw_only=True)
class UserObject(Record):
    """A user (Configuration Server's CfgPerson) with what belongs to it. `dbid` is its id.

    `wrap_up_time` is in seconds. `folder` is as the service sends it: a name, or an object.
    """

    dbid: str = wire("", "DBID", "dbid")
    user_name: str = ""
    first_name: str | None = None
    last_name: str | None = None
    employee_id: str | None = wire(None, "employeeID", "employeeId")
    external_id: str | None = wire(None, "externalID", "externalId")
    email_address: str | None = None
    enabled: bool | None = None
    is_agent: bool | None = None
    is_admin: bool | None = None
    is_external_auth: bool | None = None
    state: str | None = None
    tenant_dbid: str | None = wire(None, "tenantDBID")
    login_code: str | None = None
    change_password_on_next_login: bool | None = None
    place_names: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    switch_names: tuple[str, ...] = ()
    support_soft_phone: bool | None = None
    sip_phone_type: SipPhoneType | None = None
    skills: tuple[SkillLevel, ...] = ()
    agent_groups: tuple[str, ...] = ()
    access_groups: tuple[str, ...] = ()
    wwe: WorkspaceRoles | None = None
    voice_mail: int | None = None
    wrap_up_time: float | None = None
    call_recording: bool | None = None
    capacity_rule: str | None = None
    recording_hierarchy: str | None = None
    folder: Any = field(default=None, hash=False, repr=False)

    @property
    def roles(self) -> tuple[str, ...]:
        """The user's roles in Workspace Web Edition."""
        return self.wwe.roles if self.wwe is not None else ()

    def changes(self, **changes: Any) -> UserChanges:
        """Changes to this user: the names, which every change must tell, and what is given (see `UserChanges`)."""
        names = {"user_name": self.user_name, "first_name": self.first_name, "last_name": self.last_name}
        return UserChanges(**{**names, **changes})


def read_user(payload: Mapping[str, Any]) -> UserObject:
    """The user of a reply. A password that the service should send is dropped."""
    user = plain({name: value for name, value in payload.items() if name not in _SECRET},
                 texts=_TEXTS, numbers=_NUMBERS, flags=_FLAGS)  # fmt: skip
    phone_type = user.get("sipPhoneType")
    if isinstance(phone_type, dict):  # an enumeration, as the service's own language writes it
        user["sipPhoneType"] = phone_type.get("name")
    if isinstance(time := user.get("wrapUpTime"), str):
        user["wrapUpTime"] = _seconds(time)
    if isinstance(skills := user.get("skills"), list):
        user["skills"] = [plain(each, numbers=("level",)) if isinstance(each, dict) else each for each in skills]
    return structure(UserObject, user)


def _seconds(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


# --- what is sent -----------------------------------------------------------------------------------------------------


def _secret(value: str | Secret) -> Secret:
    return Secret(value) if isinstance(value, str) else value  # what is neither is refused by its validator


def _secret_or_none(value: str | Secret | None) -> Secret | None:
    return None if value is None else _secret(value)


def _a_name(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        shown = "something else" if isinstance(value, Secret) else f"{value!r:.60}"
        raise InvalidArgument(f"{type(instance).__name__}: {attribute.name} must be a non-empty string, not {shown}")


def _a_password(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Secret) or not value:
        raise InvalidArgument(f"{type(instance).__name__}: {attribute.name} must be a non-empty string")


def _names(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, str) or not all(isinstance(each, str) and each.strip() for each in value):
        raise InvalidArgument(f"{type(instance).__name__}: {attribute.name} must be a list of names, not {value!r:.60}")


def _records(kind: type[Record]) -> Any:
    def check(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, str) or not all(isinstance(each, kind) for each in value):
            raise InvalidArgument(f"{type(instance).__name__}: {attribute.name} must be a list of {kind.__name__}")

    return attrs.validators.optional(check)


def _a_time(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1_000_000:
        raise InvalidArgument(f"{type(instance).__name__}: {attribute.name} must be seconds, not {value!r:.60}")


_NAMES = attrs.validators.optional(_names)


def _field(validator: Any = None) -> Any:
    return field(default=None, validator=validator)


@frozen(kw_only=True)
class _Attributes:
    """What is common to a user to be made and one to be changed. None leaves it to the service, or as it is."""

    user_name: str = field(validator=_a_name)
    first_name: str = field(validator=_a_name)
    last_name: str = field(validator=_a_name)
    change_password_on_next_login: bool | None = None
    email_address: str | None = None
    employee_id: str | None = None
    external_id: str | None = None
    enabled: bool | None = None
    login_code: str | None = None
    place_names: Sequence[str] | None = _field(_NAMES)
    call_recording: bool | None = None
    roles: Sequence[str] | None = _field(_NAMES)
    switch_names: Sequence[str] | None = _field(_NAMES)
    phones: Sequence[Phone] | None = _field(_records(Phone))
    support_soft_phone: bool | None = None
    sip_phone_type: SipPhoneType | str | None = None
    skills: Sequence[SkillLevel] | None = _field(_records(SkillLevel))
    agent_groups: Sequence[str] | None = _field(_NAMES)
    access_groups: Sequence[str] | None = _field(_NAMES)
    voice_mail: int | None = None
    wrap_up_time: float | None = _field(attrs.validators.optional(_a_time))
    capacity_rule: str | None = None
    recording_hierarchy: str | None = None

    def arguments(self) -> dict[str, Any]:
        """What a request says of it, by the names of the attributes."""
        given = {name: value for name, value in attrs.asdict(self, recurse=False).items() if value is not None}
        made = {name: list(value) if isinstance(value, tuple | set) else value for name, value in given.items()}
        for name in ("phones", "skills"):
            if name in made:
                made[name] = [unstructure(each) for each in made[name]]
        if "wrap_up_time" in made:
            made["wrap_up_time"] = f"{made['wrap_up_time']:g}"
        workspace = {"roles": made.pop("roles", None), "deletedRoles": made.pop("deleted_roles", None)}
        if told := {name: list(value) for name, value in workspace.items() if value is not None}:
            made["wwe"] = told
        return made


@frozen(kw_only=True)
class NewUser(_Attributes):
    """A user to be made. Raises `InvalidArgument` for what cannot be sent.

    `phones` become DNs on every switch of `switch_names`, and `login_code` an agent login there. Skills and agent
    groups that do not exist are made, access groups are not. An agent (`is_agent`, the service's default) needs
    `roles` of ``["ROLE_AGENT"]``. `place_names` are for users without voice. `folder` is where the user and all that
    belongs to it is made (default: a root folder). `wrap_up_time` is in seconds, `voice_mail` a mailbox's number,
    `capacity_rule` a rule's name. `sip_phone_type` counts with `support_soft_phone`.
    """

    password: Secret = field(converter=_secret, validator=_a_password)
    is_agent: bool | None = None
    folder: str | None = None


@frozen(kw_only=True)
class UserChanges(_Attributes):
    """What shall become of a user. What is None stays as it is; `UserObject.changes` fills in the names.

    Lists are added to what the user has; the ``deleted_`` ones are taken away. The vendor's definition calls the
    `password` required; its own clients send the change without it when it is to stay.
    """

    password: Secret | None = field(
        default=None, converter=_secret_or_none, validator=attrs.validators.optional(_a_password)
    )
    deleted_switch_names: Sequence[str] | None = _field(_NAMES)
    deleted_skills: Sequence[str] | None = _field(_NAMES)
    deleted_agent_groups: Sequence[str] | None = _field(_NAMES)
    deleted_access_groups: Sequence[str] | None = _field(_NAMES)
    deleted_roles: Sequence[str] | None = _field(_NAMES)
    dev_console_roles: Sequence[str] | None = _field(_NAMES)

    def arguments(self) -> dict[str, Any]:
        """What a request says of it, by the names of the attributes."""
        made = super().arguments()
        if (roles := made.pop("dev_console_roles", None)) is not None:
            made["dev_console"] = {"roles": list(roles)}
        return made
