"""Standard responses: texts that are written once and used in many answers.

Must live here: categories, responses, and what is reported of their use. Must not: messages.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from engage_async.models.enums import OpenEnum
from engage_async.models.interactions import Attachment
from engage_async.models.record import Record, wire

__all__ = ["ResponseCategory", "ResponseUsage", "StandardResponse"]


class ResponseUsage(OpenEnum):
    """How a standard response came to be used. ``SuggestedResponseChoosen`` is the vendor's spelling."""

    SYSTEM_AUTO_RESPONSE = "SystemAutoResponse"
    SUGGESTED_RESPONSES_IGNORED = "SuggestedResponsesIgnored"
    SUGGESTED_RESPONSE_CHOSEN = "SuggestedResponseChoosen"
    SUGGESTED_RESPONSE_NOT_RECEIVED = "SuggestedResponseNotReceived"
    ADMINISTRATOR_RESPONSE = "AdministratorResponse"


@frozen(kw_only=True)
class StandardResponse(Record):
    """A standard response, or what a list tells of it.

    `standard_response_id` is what operations take; `id` is the one of its place in a category. `body` is plain text,
    `structured_body` HTML; both may hold field codes such as ``<$Contact.FirstName$>``.
    """

    standard_response_id: str = ""
    id: str = ""
    name: str = ""
    language: str | None = wire(None, "lang", "language")
    subject: str | None = None
    body: str | None = field(default=None, repr=False)
    structured_body: str | None = field(default=None, repr=False)
    description: str | None = None
    status: str | None = None
    version: int | None = None
    is_active: bool | None = None
    agent_desktop_usage_type: str | None = None
    ack_usage_type: str | None = None
    auto_resp_usage_type: str | None = None
    owner_id: int | None = None
    start_date: datetime | None = None
    modified_date: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


@frozen(kw_only=True)
class ResponseCategory(Record):
    """A category of standard responses, with what is in it as far as that was asked for."""

    category_id: str = ""
    name: str = ""
    language: str | None = None
    status: str | None = None
    description: str | None = None
    type: int | None = None
    modified_date: datetime | None = None
    categories: tuple[ResponseCategory, ...] = wire((), "childrenCategories")
    responses: tuple[StandardResponse, ...] = wire((), "childrenStdResponses")
