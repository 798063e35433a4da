"""What the parts that carry out media requests work on.

Must live here: the references, nothing that happens. Must not: anything else.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from engage_async.emulator.directory import Directory
from engage_async.emulator.documents import Document, DocumentStore
from engage_async.emulator.interaction_store import InteractionStore, MediaRequest
from engage_async.emulator.interactions import Interaction, Party, WorkbinPlace
from engage_async.emulator.media_channels import MediaChannels
from engage_async.emulator.media_setup import MediaSetup
from engage_async.emulator.routing import Routing

__all__ = ["Carry", "Control", "Create", "MediaFloor"]


@define(eq=False)
class MediaFloor:
    """The store, the routing, and what there is.

    `knows_contact` says whether there is a contact of this id, `contact_of` whose address, number or nickname something
    is (None: nobody's). `workbin_named` gives the workbin of an agent (user name) that goes by this name as a queue.
    """

    store: InteractionStore
    routing: Routing
    channels: MediaChannels
    documents: DocumentStore
    directory: Directory
    setup: MediaSetup
    knows_contact: Callable[[str], bool] = lambda _: True
    contact_of: Callable[[str], str | None] = lambda _: None
    workbin_named: Callable[[str, str], WorkbinPlace | None] = lambda _name, _user: None

    def document(self, document_id: str) -> Document | None:
        """A document, also of those that were there at the start."""
        found, start = self.documents.get(document_id), self.setup.documents.get(document_id)
        if found is None and start is not None:
            found = self.documents.add(start.name, start.mime, start.text.encode(), document_id=start.id)
        return found


Carry = Callable[[MediaFloor, Interaction, Party, MediaRequest], object]
"""Carries out a request about an interaction that the agent has. Raises `Refused`."""

Create = Callable[[MediaFloor, MediaRequest], object]
"""Carries out a request for a new interaction. Raises `Refused`."""

Control = dict[str, Carry]
"""By the name of the operation."""
