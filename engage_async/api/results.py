"""How an operation's result is made from its completing event, or from its reply.

Must live here: small functions named by what they give. Must not: which operation uses which.

Each takes the payload (empty when acceptance settled the operation), the arguments, and what the session knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from engage_async.api.module import Known
from engage_async.models.codec import structure
from engage_async.models.events import MonitoringStateChanged, read_event
from engage_async.models.session import (
    ActionCode,
    BusinessAttribute,
    Configuration,
    CurrentSession,
    SettingsSection,
    Transaction,
    User,
)
from engage_async.models.voice import Call, Dn
from engage_async.protocol.notices import Notice
from engage_async.protocol.readings import call_ids


def a_call(payload: Mapping[str, Any], arguments: Mapping[str, Any], known: Known) -> Call:
    """The call of the event; without one, what is known of the call of the request."""
    call = payload.get("call")
    if isinstance(call, dict):
        return structure(Call, call)
    call_id = str(arguments.get("call_id") or "")
    return known.call(call_id) or Call(id=call_id)


def the_conference(payload: Mapping[str, Any], arguments: Mapping[str, Any], known: Known) -> Call:
    """The parent call, also when only the end of the consult call was seen."""
    parent = arguments.get("parent_call_id")
    if parent is None or ("call", parent) in call_ids(payload.get("call")):
        return a_call(payload, arguments, known)
    return known.call(parent) or a_call(payload, arguments, known)


def a_dn(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> Dn:
    """The DN of the event."""
    dn = payload.get("dn")
    return structure(Dn, dn if isinstance(dn, dict) else {})


def a_monitoring_state(
    payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known
) -> MonitoringStateChanged:
    """The monitoring event itself."""
    event = read_event(Notice("/workspace/v3/voice", "MonitoringStateChanged", dict(payload)))
    return event if isinstance(event, MonitoringStateChanged) else MonitoringStateChanged(raw=payload)


def nothing(_payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> None:
    """Acceptance is all there is."""


def these_calls(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> tuple[Call, ...]:
    """The calls of a reply; entries that are no objects are left out."""
    calls = payload.get("calls")
    return tuple(structure(Call, c) for c in calls if isinstance(c, dict)) if isinstance(calls, list) else ()


def a_user(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> User:
    """The user of an initialization event."""
    return structure(User, _object(_object(payload, "data"), "user"))


def a_current_session(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> CurrentSession:
    """The current session of a reply."""
    return evolve(structure(CurrentSession, payload), raw=payload)


def a_configuration(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> Configuration:
    """The configuration of a reply."""
    return structure(Configuration, payload)


def these_settings(
    payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known
) -> tuple[SettingsSection, ...]:
    """The sections of settings of a reply."""
    return _configured(payload, "settings").settings


def these_action_codes(
    payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known
) -> tuple[ActionCode, ...]:
    """The action codes of a reply."""
    return _configured(payload, "actionCodes").action_codes


def these_business_attributes(
    payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known
) -> tuple[BusinessAttribute, ...]:
    """The business attributes of a reply."""
    return _configured(payload, "businessAttributes").business_attributes


def these_transactions(
    payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known
) -> tuple[Transaction, ...]:
    """The transactions of a reply."""
    return _configured(payload, "transactions").transactions


def these_devices(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> tuple[Dn, ...]:
    """The DNs of a reply; entries that are no objects are left out."""
    devices = payload.get("devices")
    return tuple(structure(Dn, d) for d in devices if isinstance(d, dict)) if isinstance(devices, list) else ()


def the_data(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> Mapping[str, Any]:
    """The data of a reply, as they came."""
    return payload


def _configured(payload: Mapping[str, Any], section: str) -> Configuration:
    """A configuration of one section; entries that are no objects are left out."""
    listed = payload.get(section)
    objects = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return structure(Configuration, {section: objects})


def _object(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}
