"""Which events complete an operation on media channels, interactions and chats: rules as data.

Must live here: the constructors that the routes of these groups use. Must not: how a message is read
(`media_readings`).

The service echoes an operation's id in every event of an interaction, and in none of a channel. So for interactions
the steps are what counts when the echo is missing, and for channels they are all there is.

Sources: the vendor's agent API simulator for the states of emails and work items; chats are inferred, so that most of
their operations are also settled by acceptance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from engage_async.protocol.completion import (
    ENDED,
    ERROR_GRACE,
    REFINEMENT_GRACE,
    Arguments,
    Before,
    Fit,
    Key,
    Role,
    Rule,
    Settles,
    Step,
    Test,
    holds_pairs,
    lacks_keys,
    values_of,
)
from engage_async.protocol.notices import Payload

NEW_INTERACTION = "new interaction"
NEW_INTERACTIONS: Key = (f"{NEW_INTERACTION}s", "")


def interaction_key(interaction_id: Any) -> Key:
    """The key of the interaction with this id."""
    return ("interaction", str(interaction_id))


def channel_key(mediatype: Any) -> Key:
    """The key of the media channel with this name."""
    return ("channel", str(mediatype))


def new_interaction(mediatype: str, parent_id: str | None) -> str:
    """The aspect of an interaction that is new: on this channel, made from this other one."""
    return f"{NEW_INTERACTION}:{mediatype}:{parent_id or ''}"


def said(words: str) -> str:
    """The aspect of a message of the agent's own with these words (or this address of a page)."""
    return f"said:{words.strip()}"


def did(kind: str) -> str:
    """The aspect of an entry of the agent's own that says nothing: its type tells all."""
    return f"did:{kind}"


# --- channels ---------------------------------------------------------------------------------------------------------


def channel_becomes(state: str) -> Settles:
    """The channel of the request is in `state`."""
    return lambda args: Rule((Step(channel_key(args["mediatype"]), f"state:{state}"),))


def channel_becomes_not_ready(args: Arguments) -> Rule:
    """The channel is ``NotReady`` for the reason asked for; for another one after `REFINEMENT_GRACE`."""
    mediatype, reason = args["mediatype"], args.get("reason_code")
    if not reason:
        return channel_becomes("NotReady")(args)

    def as_asked(payload: Payload, _: Before) -> Fit:
        channel = _channel(payload, mediatype)
        reasons = values_of(channel.get("reasons"))
        return Fit.STRONG if reasons is None or str(reason) in reasons else Fit.WEAK

    return Rule((Step(channel_key(mediatype), "state:NotReady", test=as_asked, grace=REFINEMENT_GRACE),))


def channels_become(aspect: str) -> Settles:
    """Every channel that is known when it is sent reports this; at the deadline those that have are the result.

    With no channel known acceptance settles it.
    """

    def rule(args: Arguments) -> Rule:
        steps = tuple(Step(channel_key(name), aspect, Role.NEEDED) for name in args["channels"])
        return Rule(steps, on_acceptance=None if steps else ERROR_GRACE, strict=True, partial=True)

    return rule


# --- interactions -----------------------------------------------------------------------------------------------------


def interaction_becomes(*states: str) -> Settles:
    """The interaction of the request reaches one of these states."""
    return _on_interaction(*((f"state:{state}", None) for state in states))


def interaction_ends(args: Arguments) -> Rule:
    """The interaction of the request is no longer the agent's."""
    return _rule(args, (ENDED, None))


def interaction_is_taken(args: Arguments) -> Rule:
    """The interaction of the request is in the agent's hands: in any state but an invitation's or a final one."""
    return _rule(args, ("taken", None))


def interaction_is_rejected(args: Arguments) -> Rule:
    """The interaction of the request leaves the agent, for good or back to a queue."""
    return _rule(args, (ENDED, None), ("state:Queued", None))


def interaction_is_placed(args: Arguments) -> Rule:
    """The interaction is in a workbin or a queue, or has left the agent: of which an ordinary queue tells nothing."""
    return _rule(args, ("state:InWorkbin", None), ("state:Queued", None), (ENDED, None), on_acceptance=ERROR_GRACE)


def interaction_is_held(args: Arguments) -> Rule:
    """The interaction is held, or in another state than before."""
    return _rule(args, ("held:on", None), ("another state", None), (ENDED, None))


def interaction_is_resumed(args: Arguments) -> Rule:
    """The interaction is not held any more, or in another state than before."""
    return _rule(args, ("held:off", None), ("another state", None))


def interaction_has_user_data(args: Arguments) -> Rule:
    """The interaction's properties change, and its user data hold the pairs that were sent."""
    holds = holds_pairs(args["pairs"])
    return _rule(args, ("user data", lambda payload, _: holds(_of(payload, "userData"))))


def interaction_lacks_user_data(args: Arguments) -> Rule:
    """The interaction's properties change, and its user data have none of the deleted keys."""
    lacks = lacks_keys(args.get("keys") or [key for key, _ in args.get("pairs") or ()])
    return _rule(args, ("user data", lambda payload, _: lacks(_of(payload, "userData"))))


def interaction_has_comment(args: Arguments) -> Rule:
    """The interaction's comment is the one that was sent."""
    return _rule(args, ("comment", _is("comment", args["comment"])))


def interaction_has_contact(args: Arguments) -> Rule:
    """The interaction belongs to the contact of the request: its own message says so, or that of its record."""
    rule = _rule(args, ("contact", _is("contactId", args["contact_id"])))
    record = Step(("record", str(args["interaction_id"])), "ucs:EventInteractionAssignedToContact")
    return Rule((*rule.steps, record), echoes=(*rule.echoes, "UcsMessage"))


def interaction_has_attachment(args: Arguments) -> Rule:
    """The interaction's attachments change; those with the document of the request, when it names one, fit best."""
    document = args.get("document_id")

    def has_ours(payload: Payload, _: Before) -> Fit:
        ids = _attachments(payload)
        return Fit.WEAK if ids is None or document is None or document not in ids else Fit.STRONG

    return _rule(args, ("attachments", has_ours))


def interaction_lacks_attachment(args: Arguments) -> Rule:
    """The interaction's attachments change, and the document of the request is not among them."""

    def lacks_ours(payload: Payload, _: Before) -> Fit:
        ids = _attachments(payload)
        if ids is None:
            return Fit.WEAK
        return Fit.NO if args["document_id"] in ids else Fit.STRONG

    return _rule(args, ("attachments", lacks_ours))


def interaction_changes(args: Arguments) -> Rule:
    """The interaction's properties, of whichever kind, change; without such an event acceptance settles it."""
    return _rule(args, ("user data", None), ("attachments", None), on_acceptance=ERROR_GRACE)


def interaction_is_saved(args: Arguments) -> Rule:
    """The email of the request is saved."""
    return _rule(args, ("saved", None))


def interaction_appears(args: Arguments) -> Rule:
    """A new interaction on the channel of the request, made from the one that it names as parent, if any."""
    mediatype, answered, below = args["mediatype"], args.get("interaction_id"), args.get("parent_id")
    parents = [answered] if answered else [below, None] if below else [None]
    steps = tuple(Step(NEW_INTERACTIONS, new_interaction(mediatype, parent), main=True) for parent in parents)
    named = tuple(Step(interaction_key(parent), "errors", Role.PROGRESS) for parent in parents if parent)
    return Rule((*steps, *named, _errors_of(mediatype)), strict=True)


def interaction_accepted(args: Arguments) -> Rule:
    """No completing event is known: acceptance settles it, unless an error or the interaction's end comes before."""
    return _rule(args, ("nothing", None), on_acceptance=ERROR_GRACE, echoes=())


def channel_accepted(args: Arguments) -> Rule:
    """No completing event is known: acceptance settles it, unless an error comes before."""
    return Rule((Step(channel_key(args["mediatype"]), "nothing"),), on_acceptance=ERROR_GRACE)


# --- chats ------------------------------------------------------------------------------------------------------------


def chat_is_joined(args: Arguments) -> Rule:
    """The chat of the request is in the agent's hands, or its transcript says that the agent has joined."""
    return _unless_more(_rule(args, ("taken", None)), args, did("ParticipantJoined"))


def chat_is_left(args: Arguments) -> Rule:
    """The chat of the request is in another state, or its transcript says that the agent has left."""
    return _unless_more(_rule(args, (ENDED, None), ("another state", None)), args, did("ParticipantLeft"))


def chat_says(*kinds: str) -> Settles:
    """The transcript has what the agent said, or an entry of the agent's own of one of these types.

    Whether the service sends an agent's own messages back is not documented: acceptance settles it otherwise.
    """

    def rule(args: Arguments) -> Rule:
        words = next((str(args[name]) for name in ("message", "url") if args.get(name)), None)
        aspects = [said(words)] if words is not None else []
        aspects += map(did, kinds)
        steps = ((aspect, None) for aspect in aspects or ["nothing"])
        return _rule(args, *steps, on_acceptance=ERROR_GRACE, echoes=())

    return rule


def on(mediatype: str, settles: Settles) -> Settles:
    """The rule of an operation that is always on this channel."""
    return lambda args: settles({**args, "mediatype": mediatype})


# --- building rules, reading what the tests need ----------------------------------------------------------------------


def _on_interaction(*steps: tuple[str, Test | None]) -> Settles:
    return lambda args: _rule(args, *steps)


def _rule(
    args: Arguments,
    *steps: tuple[str, Test | None],
    on_acceptance: float | None = None,
    echoes: tuple[str, ...] = ("InteractionStateChanged",),
) -> Rule:
    """A rule on the interaction of the request, which any of these aspects satisfies."""
    key = interaction_key(args["interaction_id"])
    made = tuple(Step(key, aspect, test=test) for aspect, test in steps)
    return Rule((*made, _errors_of(args["mediatype"])), on_acceptance=on_acceptance, echoes=echoes)


def _unless_more(rule: Rule, args: Arguments, aspect: str) -> Rule:
    """The rule, settled also by this aspect, when nothing better comes within `REFINEMENT_GRACE`."""
    key = interaction_key(args["interaction_id"])
    first = Step(key, aspect, Role.NEEDED, grace=REFINEMENT_GRACE)
    return evolve(rule, steps=(*rule.steps, first, Step(key, "nothing", Role.NEEDED)))


def _errors_of(mediatype: Any) -> Step:
    """A step that no event satisfies: an error on the channel of another media type is not the operation's."""
    return Step(channel_key(mediatype), "errors", Role.PROGRESS)


def _of(payload: Payload, name: str) -> Any:
    interaction = payload.get("interaction")
    return interaction.get(name) if isinstance(interaction, dict) else None


def _is(name: str, value: Any) -> Test:
    return lambda payload, _: Fit.STRONG if _of(payload, name) == value else Fit.NO


def _attachments(payload: Payload) -> list[Any] | None:
    for name in ("attachments", "attatchments"):
        attachments = _of(payload, name)
        if isinstance(attachments, list):
            return [a.get("id", a.get("documentId")) for a in attachments if isinstance(a, dict)]
    return None


def _channel(payload: Payload, name: Any) -> Mapping[str, Any]:
    media = payload.get("media")
    channels = media.get("channels") if isinstance(media, dict) else None
    found = (c for c in channels if isinstance(c, dict) and c.get("name") == name) if isinstance(channels, list) else ()
    return next(iter(found), {})
