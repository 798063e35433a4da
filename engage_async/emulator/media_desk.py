"""The desk of the media side: takes the requests of agents, has them carried out, and says so when it refuses.

Must live here: who may ask for what, and which part carries it out. Must not: what a request about an interaction does,
HTTP.

    MediaDesk ──► media_channels           ready, not ready, do-not-disturb, log-out
              ├─► interaction_control      every interaction
              ├─► emails, chat_control     those with such a content
              └─► media_supervision        supervisors
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engage_async.emulator.chat_control import CHAT_CONTROL
from engage_async.emulator.chats import ChatSession
from engage_async.emulator.emails import EMAIL_CONTROL, Email, create_email
from engage_async.emulator.interaction_control import INTERACTION_CONTROL, create_open_media, pull
from engage_async.emulator.interaction_store import MediaRequest, UnknownInteraction
from engage_async.emulator.interactions import Interaction, InteractionState, Party, pair_of
from engage_async.emulator.media_channels import Channel
from engage_async.emulator.media_floor import Carry, Create, MediaFloor
from engage_async.emulator.media_supervision import MediaSupervision
from engage_async.emulator.switches import Refusal
from engage_async.emulator.tlib_errors import Refused, TLibError, text_of
from engage_async.emulator.voice_switch import Refusals

__all__ = ["MediaDesk"]

_CAPABILITY = {"transfer-agent": "transfer"}
"""Operations whose capability has another name."""
_COMES_TO_HAND = frozenset({"accept", "pull"})


class MediaDesk:
    """Carries out media requests."""

    def __init__(self, floor: MediaFloor, refusals: Refusals) -> None:
        self._floor, self._refusals = floor, refusals
        self._supervision = MediaSupervision(floor)
        self._create: Mapping[str, Create] = {"email": create_email}
        of_every_media = INTERACTION_CONTROL | self._supervision.on_interaction
        self._of_email, self._of_chat = of_every_media | EMAIL_CONTROL, of_every_media | CHAT_CONTROL
        self._of_others = of_every_media

    def handle(self, request: MediaRequest) -> None:
        """Carry out a request, or refuse it by an ``EventError``. Raises `UnknownInteraction`; then nothing is said."""
        floor = self._floor
        if request.interaction_id is not None:
            self._find(request)
        refusal = self._refusals.take_refusal(request.operation)
        if refusal is not None:
            self._refuse(request, refusal)
            return
        floor.store.request = request
        floor.channels.operation_id = request.operation_id if floor.store.switches.echo_operation_id else None
        try:
            self._carry_out(request)
        except Refused as refused:
            floor.store.refuse(request, refused.code.value, refused.code.text)
        finally:
            floor.store.request = floor.channels.operation_id = None
        floor.routing.run()

    def _find(self, request: MediaRequest) -> Interaction:
        interaction = self._floor.store.get(request.interaction_id or "")
        if interaction.mediatype != request.mediatype:
            raise UnknownInteraction(interaction.id)
        return interaction

    def _refuse(self, request: MediaRequest, refusal: Refusal) -> None:
        self._floor.store.refuse(request, refusal.code, refusal.message or text_of(refusal.code))

    def _carry_out(self, request: MediaRequest) -> None:
        if request.mediatype is None:
            self._on_every_channel(request)
            return
        channel = self._floor.channels.find(request.user, request.mediatype)
        if channel is None:
            raise Refused(TLibError.DN_NOT_REGISTERED)
        if not channel.logged_in:
            stateful = request.operation in {"ready", "not-ready", "logout"}
            raise Refused(TLibError.LOGGED_OUT if stateful else TLibError.NOT_LOGGED_ON)
        if request.interaction_id is not None:
            self._on_interaction(self._find(request), request)
        elif request.operation == "create":
            self._create.get(request.mediatype, create_open_media)(self._floor, request)
        elif request.operation in self._supervision.on_channel:
            self._supervision.on_channel[request.operation](request)
        else:
            self._change(request, [request.mediatype])

    # --- channels -----------------------------------------------------------------------------------------------------

    def _on_every_channel(self, request: MediaRequest) -> None:
        """Those that the agent is logged in on, each of which may be refused for itself."""
        channels = self._floor.channels.of(request.user)
        if not channels:
            raise Refused(TLibError.DN_NOT_REGISTERED)
        logged_in = [channel for channel in channels if channel.logged_in]
        if not logged_in:
            raise Refused(TLibError.LOGGED_OUT)
        self._change(request, [channel.name for channel in logged_in if not self._refused_alone(request, channel)])

    def _refused_alone(self, request: MediaRequest, channel: Channel) -> bool:
        refusal = self._refusals.take_refusal(f"{channel.name}/{request.operation}")
        if refusal is not None:
            of_channel = MediaRequest(request.user, request.operation, request.operation_id, channel.name)
            self._refuse(of_channel, refusal)
        return refusal is not None

    def _change(self, request: MediaRequest, names: Collection[str]) -> None:
        channels, user, data = self._floor.channels, request.user, request.data
        reasons = list(data.get("reason", []))
        if data.get("reasonCode") is not None:
            reasons.insert(0, pair_of("ReasonCode", data["reasonCode"]))
        match request.operation:
            case "ready":
                channels.ready(user, names)
            case "not-ready":
                channels.not_ready(user, names, reasons=reasons)
            case "logout":
                channels.log_out(user, names, reasons=reasons)
            case "dnd-on" | "dnd-off" as operation:
                channels.set_dnd(user, operation == "dnd-on", names)

    # --- interactions -------------------------------------------------------------------------------------------------

    def _on_interaction(self, interaction: Interaction, request: MediaRequest) -> None:
        party = interaction.parties.get(request.user)
        if interaction.ended:
            raise Refused(TLibError.INVALID_STATE)
        if request.operation == "pull":
            pull(self._floor, interaction, request)
        elif party is None:
            raise Refused(TLibError.ACCESS_RESTRICTED)
        else:
            carry = self._part_for(interaction).get(request.operation)
            may = _CAPABILITY.get(request.operation, request.operation) in interaction.capabilities(request.user)
            if carry is None or not may:
                raise Refused(self._why_not(party, request))
            carry(self._floor, interaction, party, request)
        if request.operation in _COMES_TO_HAND:
            self._supervision.taken(interaction, request.user)

    def _part_for(self, interaction: Interaction) -> Mapping[str, Carry]:
        if isinstance(interaction.content, Email):
            return self._of_email
        return self._of_chat if isinstance(interaction.content, ChatSession) else self._of_others

    def _why_not(self, party: Party, request: MediaRequest) -> TLibError:
        if request.operation == "accept" and party.state is not InteractionState.INVITED:
            return TLibError.ALREADY_SO
        if request.operation.startswith("switch-to-"):
            return TLibError.ACCESS_RESTRICTED if party.watch is None else TLibError.ALREADY_SO
        return TLibError.INVALID_STATE
