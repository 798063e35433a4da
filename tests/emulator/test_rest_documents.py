"""The files of interactions over a real socket: up as forms, down as streams, large ones in constant memory."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from agent_wire import AgentWire
from bayeux_wire import INITIALIZATION, browser, until
from media_room import JOHN, MEDIATYPES, Event

from engage_async.emulator import Emulator, Fault
from engage_async.emulator.documents import DocumentStore
from engage_async.emulator.interactions import Interaction

MB = 1024 * 1024


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with browser(emulator, user=JOHN) as wire:
        john = AgentWire(wire)
        emulator.centre.media.activate(JOHN, MEDIATYPES)
        emulator.centre.media.ready(JOHN)
        assert (await wire.handshake())["successful"]
        john._keep(await wire.subscribe(INITIALIZATION, "/workspace/v3/media/email"))
        yield john


@pytest.fixture
async def email(emulator: Emulator, john: AgentWire) -> Interaction:
    """An email that John has at hand."""
    email = emulator.scenario.inbound_email()
    assert (await john.ask("POST", f"{path(email)}/accept", json={})).code == 1
    await john.forget()
    return email


def path(email: Interaction) -> str:
    return f"media/email/interactions/{email.id}"


def form(content: Any, name: str = "scan.pdf", mime: str = "application/pdf", *, part: str = "attachment") -> Any:
    data = aiohttp.FormData(quote_fields=False)
    data.add_field(part, content, filename=name, content_type=mime)
    return data


async def files(john: AgentWire) -> list[Event]:
    """The attachments of the next event that tells of any change of them."""
    event = await john.hear(lambda e: e.get("notificationType") == "UCSPropertiesUpdated")
    await john.forget()
    attachments: list[Event] = event["interaction"]["attachments"]
    return attachments


async def down(john: AgentWire, email: Interaction, document: str, **more: Any) -> tuple[aiohttp.ClientResponse, bytes]:
    url = f"{john.wire.emulator.base_url}/workspace/v3/{path(email)}/attachments/{document}"
    async with john.wire.http.get(url, cookies=john.wire.cookies, **more) as response:
        return response, await response.read()


async def test_file_goes_up_and_comes_down_as_it_was(email: Interaction, john: AgentWire) -> None:
    reply = await john.ask("POST", f"{path(email)}/add-attachment", data=form(b"%PDF-1.7 \x00\xff"))
    assert (reply.http, reply.body) == (200, {"status": {"code": 1}})
    (attachment,) = await files(john)
    assert attachment == {
        "id": attachment["id"],
        "name": "scan.pdf",
        "mime": "application/pdf",
        "size": 11,
        "path": f"media/email/interactions/{email.id}/attachments/{attachment['id']}",
        "isEmbedded": False,
    }
    response, body = await down(john, email, attachment["id"])
    assert (response.status, body) == (200, b"%PDF-1.7 \x00\xff")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == 'attachment; filename="scan.pdf"'


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "Größe € 2026.txt",
            "attachment; filename=\"Gr__e _ 2026.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%82%AC%202026.txt",
        ),
        ("a;b.txt", 'attachment; filename="a;b.txt"'),
    ],
)
async def test_names_are_kept(email: Interaction, john: AgentWire, name: str, told: str) -> None:
    await john.ask("POST", f"{path(email)}/add-attachment", data=form(b"x", name))
    (attachment,) = await files(john)
    assert attachment["name"] == name
    response, _ = await down(john, email, attachment["id"])
    assert response.headers["Content-Disposition"] == told


async def test_part_of_a_file_is_given(email: Interaction, john: AgentWire) -> None:
    await john.ask("POST", f"{path(email)}/add-attachment", data=form(b"0123456789"))
    (attachment,) = await files(john)
    response, body = await down(john, email, attachment["id"], headers={"Range": "bytes=4-6"})
    assert (response.status, body) == (206, b"456")


async def test_operation_id_may_be_another_part_of_the_form(email: Interaction, john: AgentWire) -> None:
    data = form(b"x")
    data.add_field("operationId", "op-1")
    reply = await john.ask("POST", f"{path(email)}/add-attachment", data=data)
    assert reply.body == {"status": {"code": 1}, "operationId": "op-1"}
    event = await john.hear(lambda e: e.get("notificationType") == "UCSPropertiesUpdated")
    assert event["operationId"] == "op-1"


async def test_removed_file_is_not_there_any_more(email: Interaction, john: AgentWire) -> None:
    await john.ask("POST", f"{path(email)}/add-attachment", data=form(b"x"))
    (attachment,) = await files(john)
    reply = await john.ask("POST", f"{path(email)}/remove-attachment/{attachment['id']}", json={"operationId": "op"})
    assert reply.body == {"status": {"code": 1}, "operationId": "op"}
    assert await files(john) == []
    response, body = await down(john, email, attachment["id"])
    assert (response.status, b"Resource not found" in body) == (500, True)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"json": {}}, "The body must be multipart/form-data"),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "The body is not a multipart form"),
        (
            {"data": b"no such thing", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            "The body is not a multipart form",
        ),
        ({"data": form(b"x", part="file")}, "Missing parameters: attachment"),
    ],
)
async def test_form_without_a_file_is_complained_about(
    email: Interaction, john: AgentWire, more: dict[str, Any], complaint: str
) -> None:
    reply = await john.ask("POST", f"{path(email)}/add-attachment", **more)
    assert (reply.http, reply.body["message"][: len(complaint)]) == (400, complaint)
    assert await john.hear_all() == []


async def test_file_for_what_is_not_there_is_refused_and_not_kept(emulator: Emulator, john: AgentWire) -> None:
    reply = await john.ask("POST", "media/email/interactions/nothing/add-attachment", data=form(b"x" * MB))
    assert (reply.http, reply.body["status"]["detail"]) == (500, {"interactionId": "nothing"})
    assert list(emulator.centre.documents.directory.iterdir()) == []


async def test_file_for_somebody_elses_interaction_is_refused(emulator: Emulator, john: AgentWire) -> None:
    email = emulator.scenario.inbound_email(queue="waiting-room")
    assert (await john.ask("POST", f"{path(email)}/add-attachment", data=form(b"x"))).code == 1
    error = await john.hear(lambda e: e.get("messageType") == "EventError")
    assert (error["error"]["errorCode"], email.attachments) == (165, {})


async def test_upload_that_breaks_off_leaves_nothing(emulator: Emulator, email: Interaction, john: AgentWire) -> None:
    begun = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b"x" * MB
        begun.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(john.ask("POST", f"{path(email)}/add-attachment", data=form(half())))
    await begun.wait()
    folder = emulator.centre.documents.directory
    await until(lambda: any(folder.iterdir()))
    upload.cancel()
    await asyncio.gather(upload, return_exceptions=True)
    await until(lambda: not any(folder.iterdir()))
    assert (email.attachments, await john.hear_all()) == ({}, [])


async def test_download_breaks_off_where_a_fault_says(emulator: Emulator, email: Interaction, john: AgentWire) -> None:
    await john.ask("POST", f"{path(email)}/add-attachment", data=form(b"x" * MB))
    (attachment,) = await files(john)
    emulator.switches.faults.append(Fault("*/attachments/*", "cut"))
    got = bytearray()
    with pytest.raises(aiohttp.ClientPayloadError):
        await read_on(john, f"{path(email)}/attachments/{attachment['id']}", got)
    assert len(got) <= MB // 2


async def read_on(john: AgentWire, file: str, got: bytearray) -> None:
    """Read a file, which must say that it has a megabyte, as far as it comes."""
    url = f"{john.wire.emulator.base_url}/workspace/v3/{file}"
    async with john.wire.http.get(url, cookies=john.wire.cookies) as response:
        assert response.content_length == MB
        async for piece in response.content.iter_any():
            got += piece


async def test_large_file_is_never_whole_in_memory(emulator: Emulator, email: Interaction, john: AgentWire) -> None:
    """64 MB up and down; both ends are in this process, and hold a few pieces of it at a time."""
    piece, pieces = bytes(range(256)) * 4096, 64
    expected, seen = hashlib.sha256(), hashlib.sha256()

    async def content() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            expected.update(piece)
            yield piece

    tracemalloc.start()
    try:
        await john.ask("POST", f"{path(email)}/add-attachment", data=form(content()))
        (attachment,) = await files(john)
        url = f"{emulator.base_url}/workspace/v3/{path(email)}/attachments/{attachment['id']}"
        async with john.wire.http.get(url, cookies=john.wire.cookies) as response:
            async for chunk in response.content.iter_chunked(MB):
                seen.update(chunk)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (attachment["size"], seen.digest()) == (pieces * MB, expected.digest())
    assert most < 16 * MB


async def test_body_of_a_file_is_not_in_the_record_of_requests(
    emulator: Emulator, email: Interaction, john: AgentWire
) -> None:
    await john.ask("POST", f"{path(email)}/add-attachment", data=form(b"secret"))
    record = emulator.requests[-1]
    assert (record.path.rpartition("/")[2], record.body, record.status) == ("add-attachment", None, 200)


def test_files_go_when_their_store_is_forgotten() -> None:
    store = DocumentStore(lambda: "id-1")
    folder = store.add("a", "text/plain", b"x").file.parent
    assert folder.exists()
    del store
    gc.collect()
    assert not folder.exists()
