"""What the emulated switch refuses, and the T-Library error code it says so with.

Must live here: codes, their texts, the exception that carries one. Must not: the decision to refuse.

A request that is well formed is always accepted (status code 1); a refusal follows as an ``EventError``. The numbers
are those of the T-Library's list of errors; where that list offers several for one fault, this switch uses:

* any voice request: 41 no activated DN; 263 logged out (187 for ready and not-ready);
* login: 550 already signed in, 191 no agent login, 40 no licence left;
* ready, not-ready that would change nothing: 186;
* 43 already so: hold on a held call, dnd-on, dnd-off, cancel-forward, start- and stop-recording, a monitoring mode, a
  DN that is monitored already;
* call ids: 56 a call of another agent; 477 a held, parent or other call that is not the agent's; 237 a call that has
  ended (175 for release of one that waits to be completed);
* a call in a state that does not allow the request: 496, except 174 answer, 171 retrieve of a call not held,
  97 initiate-* (also of a call that has its consult call already), 98 complete-transfer, 96 complete-conference (both
  also when one party would be on the call twice), 506 pause- and resume-recording;
* retrieve while another call is active: 99; reconnect without a held call: 99; alternate without one: 491;
* make-call while a call is active: 79;
* destinations: 71 nonsense or an unknown DN, 415 one's own number or a forwarding loop, 1012 an unknown location, 93 a
  DN nobody is logged in on, 91 busy outside, 231 a busy DN of this switch or one that is on the call already, 232 no
  answer (late), 233 do-not-disturb;
* delete-from-conference: 762 no conference, 470 party not on the call;
* send-dtmf: 302; set-forward: 193 missing, 194 too long, 195 invalid, 177 the DN itself;
* monitoring: 165 not a supervisor or not a monitored call, 177 no such DN, 506 stop of what is not monitored.

Media: the Interaction Server has numbers of its own, which no public source tells; this emulator answers the same
faults with the same numbers. 41 a channel that is not active, 263 one that is logged out (187 for ready, not-ready and
logout); 165 an interaction of another agent, not a supervisor; 506 an operation that the interaction's state does not
allow (its capabilities say which it does) or that has ended; 53 a queue, agent, contact, document or mailbox that
there is not; 166 an agent who cannot be given an interaction; 43 an agent who is on it or invited already, a monitoring
mode, an agent who is monitored already.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self

__all__ = ["Refused", "TLibError", "text_of"]


class TLibError(IntEnum):
    """The T-Library error codes this switch uses. `text` is the ``errorMessage``."""

    text: str

    def __new__(cls, code: int, text: str) -> Self:
        """A member from its number and text."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member

    NO_LICENCE = 40, "No more licenses"
    DN_NOT_REGISTERED = 41, "Client has not registered for DN"
    RESOURCE_SEIZED = 42, "Resource is already seized"
    ALREADY_SO = 43, "Object is already in requested state"
    INVALID_CONNECTION_ID = 56, "Invalid connection ID"
    INVALID_ATTRIBUTE = 53, "Invalid attribute value"
    DN_NOT_CONFIGURED = 59, "DN is not configured"
    INVALID_CALLED_DN = 71, "Invalid Called DN"
    CALLING_BUSY = 79, "Calling party is busy"
    CALLED_BUSY = 91, "Called party is busy"
    DESTINATION_STATE = 93, "Destination is in an invalid state"
    CANNOT_COMPLETE_CONFERENCE = 96, "Cannot complete conference"
    CANNOT_INITIATE_TRANSFER = 97, "Cannot initiate transfer"
    CANNOT_COMPLETE_TRANSFER = 98, "Cannot complete transfer"
    CANNOT_RETRIEVE = 99, "Cannot retrieve original signal"
    ACCESS_RESTRICTED = 165, "Access restricted"
    RESOURCE_UNAVAILABLE = 166, "Resource is unavailable"
    RETRIEVE_UNSUCCESSFUL = 171, "Retrieve unsuccessful"
    ANSWER_UNSUCCESSFUL = 174, "Answer unsuccessful"
    RELEASE_UNSUCCESSFUL = 175, "Release unsuccessful"
    TARGET_DN_INVALID = 177, "Target DN invalid"
    ALREADY_IN_STATE = 186, "Agent is already in the requested state"
    LOGGED_OUT = 187, "Agent is logged out"
    NO_AGENT_ID = 191, "Agent ID is missing"
    INVALID_AGENT_ID = 192, "Agent ID is invalid"
    NO_FORWARD_NUMBER = 193, "Forward number is missing"
    FORWARD_NUMBER_LONG = 194, "Forward number is too long"
    FORWARD_NUMBER_INVALID = 195, "Forward number is invalid"
    DN_BUSY = 231, "DN is busy"
    NO_ANSWER = 232, "No answer at DN"
    CALL_REJECTED = 233, "Call has been rejected"
    CALL_DISCONNECTED = 237, "Call has disconnected"
    NOT_LOGGED_ON = 263, "Must be logged on first"
    INVALID_DTMF = 302, "Invalid DTMF string"
    INVALID_DESTINATION = 415, "Invalid Destination DN"
    NOT_ON_CALL = 470, "Party is not on the call"
    INVALID_CALL_ID = 477, "Invalid call ID"
    NO_HELD_CALL = 491, "No held call"
    CALL_STATE = 496, "Call is in an invalid state"
    INVALID_STATE = 506, "Request received in an invalid state"
    SIGNED_IN_ELSEWHERE = 527, "Agent is signed in elsewhere"
    ALREADY_SIGNED_IN = 550, "Position is already signed in"
    NO_CONFERENCE = 762, "Invalid delete from conference request"
    BAD_LOCATION = 1012, "Bad location"


def text_of(code: int) -> str:
    """The ``errorMessage`` of any code; that of one this switch does not use says only that."""
    return next((error.text for error in TLibError if error == code), "Unspecified error")


class Refused(Exception):
    """The switch refuses a request. It says so `after` seconds: some refusals take the far end's time."""

    def __init__(self, code: TLibError, *, after: float = 0.0) -> None:
        super().__init__(f"{code.value} {code.text}")
        self.code = code
        self.after = after
