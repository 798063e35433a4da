"""The part in the records: a contact is looked up, and what happened with it.

Must live here: the story. Must not: single operations.
"""

from __future__ import annotations

import engage_async as ea
from engage_async.cli.demo.show import Show

__all__ = ["play"]


async def play(show: Show, anna: ea.WorkspaceSession) -> None:
    """A contact, its history, and a colleague to ask."""
    found = await show.step("agent: search contacts for “ada”", _contacts(anna), bool)
    contact = found[0]
    await show.step("agent: its details", anna.ucs.get_contact_details(contact.id), lambda c: c.id == contact.id)
    await show.step("agent: its history", _history(anna, contact.id))
    await show.step("agent: who could help?", _targets(anna), bool)


async def _contacts(anna: ea.WorkspaceSession) -> list[ea.Contact]:
    return [contact async for contact in anna.ucs.search("FirstName:ada*", limit=5)]


async def _history(anna: ea.WorkspaceSession, contact_id: str) -> int:
    return len([entry async for entry in anna.ucs.history(contact_id, limit=5)])


async def _targets(anna: ea.WorkspaceSession) -> list[ea.Target]:
    return [target async for target in anna.targets.search("s", types=["agent"], limit=5)]
