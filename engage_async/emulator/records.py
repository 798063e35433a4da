"""The services that keep records, as one thing: contacts, history, standard responses, workbins, snapshots.

Must live here: what they are made of, and what they share. Must not: what any request does, HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from engage_async.emulator.contacts import ContactStore
from engage_async.emulator.directory import Directory
from engage_async.emulator.documents import Document, DocumentStore
from engage_async.emulator.exchange import Exchange
from engage_async.emulator.history import History
from engage_async.emulator.interaction_store import InteractionStore, MediaRequest, UnknownInteraction
from engage_async.emulator.interactions import Interaction
from engage_async.emulator.media_floor import MediaFloor
from engage_async.emulator.record_answers import (
    WORKBINS,
    RecordDesk,
    RecordRefused,
    RecordRequest,
    RecordSwitches,
    UnknownRecord,
)
from engage_async.emulator.record_setup import RecordSetup
from engage_async.emulator.routing import Routing
from engage_async.emulator.snapshots import Snapshots
from engage_async.emulator.standard_responses import ResponseLibrary
from engage_async.emulator.tlib_errors import TLibError
from engage_async.emulator.workbins import Workbins

__all__ = ["Records"]

_ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Records:
    """Contacts and what the contact centre keeps beside them. `desk` answers requests."""

    def __init__(
        self,
        setup: RecordSetup,
        floor: MediaFloor,
        exchange: Exchange,
        switches: RecordSwitches,
        publish: Callable[[str, str, dict[str, Any]], object],
        random: Random,
    ) -> None:
        self._random = random
        self.directory: Directory = floor.directory
        self.interactions: InteractionStore = floor.store
        self.routing: Routing = floor.routing
        self.desk: RecordDesk = RecordDesk(switches, publish, self.new_id)
        self.contacts: ContactStore = ContactStore(setup, self.new_id)
        self.history: History = History(setup, self.contacts, floor.store, exchange, self.new_id)
        self.responses: ResponseLibrary = ResponseLibrary(setup)
        self.workbins: Workbins = Workbins(setup, floor.directory, floor.store, self._tell_workbin)
        self.snapshots: Snapshots = Snapshots(self.new_id)
        self._documents: DocumentStore = floor.documents
        floor.knows_contact = self.contacts.__contains__
        floor.contact_of = self.contacts.whose
        floor.workbin_named = self.workbins.named

    def new_id(self) -> str:
        """An id that nothing has yet."""
        return "".join(self._random.choices(_ID_LETTERS, k=16))

    def living(self, interaction_id: str) -> Interaction:
        """An interaction that has not ended. Raises `RecordRefused`."""
        interaction = self.interaction(interaction_id)
        if interaction.ended:
            raise RecordRefused(TLibError.INVALID_STATE, "The interaction has ended", interactionId=interaction_id)
        return interaction

    def interaction(self, interaction_id: str) -> Interaction:
        """An interaction, living or ended. Raises `UnknownRecord`."""
        try:
            return self.interactions.get(interaction_id)
        except UnknownInteraction:
            raise UnknownRecord("interaction", interactionId=interaction_id) from None

    def response_file(self, response_id: str, document_id: str) -> Document:
        """A file of a standard response. Raises `NoSuchResource`."""
        file = self.responses.file(response_id, document_id)
        return self._documents.get(file.id) or self._documents.add(
            file.name, file.mime, file.text.encode(), document_id=file.id
        )

    @contextmanager
    def acting(self, request: RecordRequest, interactions: Iterable[Interaction] = ()) -> Iterator[None]:
        """What happens to interactions meanwhile answers this request; afterwards those that wait are offered.

        Of `interactions` those in whose workbins somebody looks for changes of properties have changed.
        """
        self.interactions.request = MediaRequest(request.user, request.operation, request.operation_id)
        try:
            yield
        finally:
            self.interactions.request = None
        for interaction in interactions:
            self.workbins.properties_changed(interaction)
        self.routing.run()

    def _tell_workbin(self, user: str, news: dict[str, Any]) -> None:
        self.desk.tell(WORKBINS, user, "EventWorkbinContentChanged", news)
