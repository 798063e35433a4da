"""What the workspace service says of itself and of what is configured outside the session.

Must live here: the records of the documentation and campaigns groups. Must not: the session's own configuration.
"""

from __future__ import annotations

from attrs import frozen

from engage_async.models.enums import OpenEnum
from engage_async.models.record import Record

__all__ = ["CallingList", "CampaignConfiguration", "CampaignField", "FieldType", "ServiceInfo"]


@frozen(kw_only=True)
class ServiceInfo(Record):
    """The service's name and version; `changeset` names the source that it was built from."""

    name: str | None = None
    version: str | None = None
    changeset: str | None = None


class FieldType(OpenEnum):
    """What a field of a calling list holds."""

    NO_TYPE = "no-type"
    INT = "int"
    FLOAT = "float"
    CHAR = "char"
    VAR_CHAR = "var-char"
    DATE_TIME = "date-time"


@frozen(kw_only=True)
class CampaignField(Record):
    """A field of a calling list. `send_attribute` is the key that it has in an outbound record's user data."""

    name: str = ""
    type: FieldType = FieldType("")
    send_attribute: str | None = None
    is_custom_field: bool | None = None
    is_nullable: bool | None = None
    length: float | None = None


@frozen(kw_only=True)
class CallingList(Record):
    """A calling list and its fields."""

    name: str = ""
    fields: tuple[CampaignField, ...] = ()


@frozen(kw_only=True)
class CampaignConfiguration(Record):
    """An outbound campaign and its calling lists."""

    name: str = ""
    calling_lists: tuple[CallingList, ...] = ()
