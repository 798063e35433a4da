"""What the operations of the Provisioning API give, made from replies and from messages that answer them.

Must live here: small functions named by what they give. Must not: routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from engage_async.api.module import Known
from engage_async.api.pages import Page
from engage_async.errors import ApiError, MalformedResponse, NotFound, PartialSuccess, api_error
from engage_async.models.codec import structure
from engage_async.models.provisioning.jobs import ExportStatus, read_export_status
from engage_async.models.provisioning.objects import (
    ConfigObject,
    ObjectPermissions,
    SkillObject,
    read_object,
    read_permissions,
)
from engage_async.models.provisioning.plain import objects_in
from engage_async.models.provisioning.settings import (
    InboundMailbox,
    Options,
    OutboundMailbox,
    RecordingCertificate,
    Whitelist,
    read_inbound_mailbox,
    read_outbound_mailbox,
    read_whitelist,
)
from engage_async.models.provisioning.users import UserObject, read_user
from engage_async.protocol.envelope import PARTIAL, Reply, Status, read_errors
from engage_async.protocol.provisioning import answer_of
from engage_async.secret import Secret

__all__ = [
    "a_new_user", "a_session_id", "a_storage_id", "a_user", "an_export", "an_export_id", "an_object_page",
    "an_object_under", "certificates", "inbound_mailboxes", "login_refused", "names_under", "options",
    "outbound_mailboxes", "permissions", "the_answered_skills", "the_answered_users", "the_definitions", "users_page",
    "whitelist",
]  # fmt: skip

Payload = Mapping[str, Any]

_UNAUTHORIZED = 603


def a_session_id(payload: Payload, _arguments: Payload, _known: Known) -> Secret | None:
    """The id of the session, which its cookie carries; None when the reply does not tell it."""
    session_id = payload.get("sessionId")
    return Secret(session_id) if isinstance(session_id, str) else None


def login_refused(reply: Reply, operation: str) -> ApiError | None:
    """A refusal to open a session, with what the service leaves out: what it may be about."""
    status = reply.status
    if reply.http_status not in (400, 401, 403) and status.code != _UNAUTHORIZED:
        return None
    told = f"{status.message or 'refused'}: the access token, or the authorization code or its redirect URI, is wrong,"
    made = Status(status.code, f"{told} was used before or has expired", status.detail)
    return api_error(made, http_status=reply.http_status, operation=operation)


# --- users ------------------------------------------------------------------------------------------------------------


def a_new_user(payload: Payload, _arguments: Payload, _known: Known) -> UserObject:
    """The user that was made: the ``person`` of a reply, or at least its id."""
    person = payload.get("person")
    user = read_user(person if isinstance(person, dict) else {})
    made_as = payload.get("id")
    return evolve(user, dbid=str(made_as)) if not user.dbid and isinstance(made_as, str | int) else user


def a_user(payload: Payload, arguments: Payload, _known: Known) -> UserObject:
    """The user of a reply. Raises `NotFound` when the reply lists others instead, which says that it does not exist."""
    user = payload.get("user")
    if isinstance(user, dict):
        return read_user(user)
    users = [read_user(each) for each in objects_in(payload.get("users"))]
    dbid = arguments.get("dbid")
    found = next((each for each in users if dbid is None or each.dbid == str(dbid)), None)
    if found is None:
        raise NotFound(404, "the reply does not hold the user", http_status=200, operation="users.get")
    return found


def users_page(payload: Payload, _arguments: Payload, _known: Known) -> Page[UserObject]:
    """The users of a reply; entries that are no objects are left out."""
    return Page(tuple(read_user(each) for each in objects_in(payload.get("users"))), _total(payload))


def the_answered_users(payload: Payload, arguments: Payload, known: Known) -> Page[UserObject]:
    """The users of an answer."""
    return users_page(_whole_answer(payload), arguments, known)


def the_answered_skills(payload: Payload, _arguments: Payload, _known: Known) -> tuple[SkillObject, ...]:
    """The skills of an answer: objects, or their names alone."""
    listed = _whole_answer(payload).get("skills")
    entries = [{"name": each} if isinstance(each, str) else each for each in listed] if isinstance(listed, list) else []
    read = (read_object("skills", each) for each in objects_in(entries))
    return tuple(skill for skill in read if isinstance(skill, SkillObject))


def _whole_answer(payload: Payload) -> Payload:
    """The data of an answer. Raises `PartialSuccess` when they are not complete."""
    errors = read_errors(payload.get("errors"))
    if errors:
        reply = Reply(Status(PARTIAL), data=answer_of(payload), errors=errors)
        raise PartialSuccess(reply.partial(reply.data, "operations"), operation="operations")
    return answer_of(payload)


# --- other objects ----------------------------------------------------------------------------------------------------


def an_object_page(payload: Payload, arguments: Payload, _known: Known) -> Page[ConfigObject]:
    """The objects of a reply, which stand under the name of their type."""
    object_type = str(arguments["object_type"])
    return Page(tuple(read_object(object_type, each) for each in objects_in(payload.get(object_type))), _total(payload))


def permissions(payload: Payload, _arguments: Payload, _known: Known) -> tuple[ObjectPermissions, ...]:
    """The permissions of each object of a reply."""
    return tuple(read_permissions(each) for each in objects_in(payload.get("ACLs")))


# --- files ------------------------------------------------------------------------------------------------------------


def an_export(payload: Payload, _arguments: Payload, _known: Known) -> ExportStatus:
    """How far an export is."""
    return read_export_status(payload)


def an_export_id(payload: Payload, _arguments: Payload, _known: Known) -> str:
    """The id of an export that was started."""
    return _id_in(payload, "exports.export_file")


def a_storage_id(payload: Payload, _arguments: Payload, _known: Known) -> str:
    """The id of what was stored."""
    return _id_in(payload, "storage.update")


def _id_in(payload: Payload, operation: str) -> str:
    found = payload.get("id")
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise MalformedResponse(f"{operation}: expected an id in the data, and there is none")
    return str(found)


# --- settings ---------------------------------------------------------------------------------------------------------


def options(payload: Payload, _arguments: Payload, _known: Known) -> Options:
    """The options of a reply."""
    return structure(Options, payload)


def whitelist(payload: Payload, _arguments: Payload, _known: Known) -> Whitelist:
    """The whitelist of a whole reply."""
    return read_whitelist(payload)


def inbound_mailboxes(payload: Payload, _arguments: Payload, _known: Known) -> tuple[InboundMailbox, ...]:
    """The mailboxes of a reply."""
    return tuple(read_inbound_mailbox(each) for each in objects_in(payload.get("settings")))


def outbound_mailboxes(payload: Payload, _arguments: Payload, _known: Known) -> tuple[OutboundMailbox, ...]:
    """The mailboxes of a reply."""
    return tuple(read_outbound_mailbox(each) for each in objects_in(payload.get("settings")))


def certificates(payload: Payload, _arguments: Payload, _known: Known) -> tuple[RecordingCertificate, ...]:
    """The certificates of a reply, whose data are an array."""
    return tuple(structure(RecordingCertificate, each) for each in objects_in(payload.get("certificates")))


def an_object_under(name: str) -> Callable[[Payload, Payload, Known], Payload]:
    """An object in the data, as the service sends it; an empty one when it is not there."""

    def object_of(payload: Payload, _arguments: Payload, _known: Known) -> Payload:
        found = payload.get(name)
        return found if isinstance(found, dict) else {}

    return object_of


def the_definitions(payload: Payload, _arguments: Payload, _known: Known) -> Payload:
    """The definitions of statistics, whose reply has no status. Raises `MalformedResponse` when they are not there."""
    data = payload.get("data")
    found = (data if isinstance(data, dict) else payload).get("statisticDefinitions")
    if not isinstance(found, dict):
        raise MalformedResponse("statistics: expected an object statisticDefinitions in the data, and there is none")
    return found


def names_under(name: str) -> Callable[[Payload, Payload, Known], tuple[str, ...]]:
    """The texts in an array of the data."""

    def names_of(payload: Payload, _arguments: Payload, _known: Known) -> tuple[str, ...]:
        found = payload.get(name)
        return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()

    return names_of


def _total(payload: Payload) -> int | None:
    total = payload.get("totalCount")
    if isinstance(total, str) and total.isascii() and total.isdecimal() and len(total) < 16:
        total = int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None
