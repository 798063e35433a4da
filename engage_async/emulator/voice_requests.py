"""The form of every voice request: which members its ``data`` has, of which type, and which must be there.

Must live here: the table of forms. Must not: how a body is read by them (request_forms.py), what a request does, HTTP.

Source: the request models of the vendor's clients, whose enumerations are exact. One liberty: the model of `complete`
requires user data, here a call can be completed without.
"""

from __future__ import annotations

from engage_async.emulator.request_forms import Check, Form, number, one_of, pairs, text

__all__ = ["CALL_FORMS", "DN_FORMS"]

_WORK_MODES = ("AfterCallWork", "AuxWork", "LegalGuard", "NoCallDisconnect", "WalkAway")
_READY_MODES = ("AutoIn", "ManualIn")
_SCOPE = {"monitoringScope": one_of("Call", "Agent")}

_extras: dict[str, Check] = {"reasons": pairs, "extensions": pairs}
_reasoned: dict[str, Check] = {"reasonCode": text, **_extras}
_dialled: dict[str, Check] = {"destination": text, "location": text, "userData": pairs, **_extras}

_bare = Form()
_plain = Form(_extras)
_dialling = Form({**_dialled, "outboundCallerId": text}, required=("destination",))
_single_step = Form(_dialled, required=("destination",))
_completing = Form({"parentConnId": text, **_extras})
_with_user_data = Form({"userData": pairs}, required=("userData",))
_with_held_call = Form({"heldConnId": text, **_extras}, required=("heldConnId",))

DN_FORMS: dict[str, Form] = {
    "ready": Form({"agentWorkMode": one_of(*_READY_MODES), **_reasoned}),
    "not-ready": Form({"agentWorkMode": one_of(*_WORK_MODES), **_reasoned}),
    "dnd-on": _bare,
    "dnd-off": _bare,
    "login": Form({"agentWorkMode": one_of(*_READY_MODES, *_WORK_MODES)}),
    "logout": _bare,
    "set-forward": Form({"forwardTo": text}, required=("forwardTo",)),
    "cancel-forward": _bare,
    "make-call": _dialling,
    "send-user-event": Form({"userData": pairs, "callUuid": text, "connId": text}, required=("userData",)),
    "start-monitoring": Form(
        {
            "phoneNumberToMonitor": text,
            "monitoringMode": one_of("Mute", "Coach", "Connect"),
            "monitoringNextCallType": one_of("OneCall", "AllCalls"),
            "location": text,
            **_SCOPE,
        },
        required=("phoneNumberToMonitor",),
    ),
    "stop-monitoring": Form({"phoneNumber": text}, required=("phoneNumber",)),
}
"""Of requests about the agent's DN: ``/voice/{operation}``."""

CALL_FORMS: dict[str, Form] = {
    "answer": _plain,
    "hold": _plain,
    "retrieve": _plain,
    "release": _plain,
    "clear": _plain,
    "complete": Form({"userData": pairs}),
    "redirect": Form({"destination": text, **_extras}, required=("destination",)),
    "alternate": _with_held_call,
    "reconnect": _with_held_call,
    "merge": Form({"otherConnId": text, **_extras}, required=("otherConnId",)),
    "initiate-transfer": _dialling,
    "initiate-conference": _dialling,
    "complete-transfer": _completing,
    "complete-conference": _completing,
    "single-step-transfer": _single_step,
    "single-step-conference": _single_step,
    "delete-from-conference": Form({"dnToDrop": text, **_extras}, required=("dnToDrop",)),
    "attach-user-data": _with_user_data,
    "update-user-data": _with_user_data,
    "delete-user-data-pair": Form({"key": text}, required=("key",)),
    "send-dtmf": Form({"dtmfDigits": text, **_extras}, required=("dtmfDigits",)),
    "set-comment": Form({"comment": text}, required=("comment",)),
    "set-focus-time": Form({"focusTime": number}, required=("focusTime",)),
    "start-recording": _bare,
    "stop-recording": _bare,
    "pause-recording": _bare,
    "resume-recording": _bare,
    "switch-to-listen-in": Form(_SCOPE),
    "switch-to-coaching": Form(_SCOPE),
    "switch-to-barge-in": Form(_SCOPE),
}
"""Of requests about one call: ``/voice/calls/{id}/{operation}``."""
