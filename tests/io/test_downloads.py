from __future__ import annotations

import asyncio
import gzip
import io
import os
import stat
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from aiohttp import web
from far_end import LARGE, Tokens, little_memory, quick, raw_server, request_head, serving, session_of
from hypothesis import given
from hypothesis import strategies as st

from engage_async.errors import InvalidArgument, MalformedResponse, OutcomeUnknown, SessionClosed
from engage_async.io.downloads import Download
from engage_async.io.http import HttpSession
from engage_async.protocol.disposition import file_name
from engage_async.protocol.multipart import Progress
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Answer, Request

CONTENT = bytes(range(256)) * 4000
GET = Request(method="GET", path="/file", operation="x.download", repeat=Repeat.SAFE)


async def opened(session: HttpSession, request: Request = GET) -> Download:
    download = await session.open(request)
    assert isinstance(download, Download)
    return download


def giving(content: bytes, **headers: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def give(_: web.Request) -> web.Response:
        return web.Response(body=content, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return give


class Wire:
    """A far end that sends what it is told, and then waits for the connection's end, or for another request."""

    def __init__(self, head: str, *pieces: bytes, pause: float = 0.0) -> None:
        self.head = head
        self.pieces = pieces
        self.pause = pause
        self.writer: asyncio.StreamWriter | None = None
        self.requests = 0
        self.connections = 0
        self.ended = asyncio.Event()

    async def give(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer = writer
        try:
            while True:
                await request_head(reader)
                self.requests += 1
                writer.write(f"HTTP/1.1 200 OK\r\n{self.head}\r\n\r\n".encode())
                for piece in self.pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(self.pause)
                if "Connection: close" in self.head:
                    return
        finally:
            self.ended.set()

    def hang_up(self) -> None:
        assert self.writer is not None
        self.writer.close()


@asynccontextmanager
async def wired(head: str, *pieces: bytes, options: Any = (), **more: Any) -> AsyncIterator[tuple[Wire, HttpSession]]:
    wire = Wire(head, *pieces, **more)
    async with raw_server(wire.give) as url, session_of(quick(url, **dict(options))) as session:
        yield wire, session


# --- what is given ----------------------------------------------------------------------------------------------------


async def test_a_download_has_name_type_and_size_and_comes_in_pieces() -> None:
    give = giving(CONTENT, Content_Type="text/CSV; charset=utf-8", Content_Disposition='attachment; filename="a.csv"')
    async with serving(give) as url, session_of(quick(url)) as session:
        download = await opened(session)
        assert (download.name, download.content_type, download.size) == ("a.csv", "text/csv", len(CONTENT))
        assert (download.http_status, download.headers["content-type"]) == (200, "text/CSV; charset=utf-8")
        pieces = [piece async for piece in download]
        assert b"".join(pieces) == CONTENT
        assert len(pieces) > 1
        assert [piece async for piece in download] == []


async def test_what_the_server_does_not_tell_is_not_made_up() -> None:
    async with wired("Connection: close", b"abc") as (_, session):
        download = await opened(session)
        assert (download.name, download.content_type, download.size) == (None, "application/octet-stream", None)
        assert await download.read() == b"abc"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, None),
        ("attachment", None),
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("inline;filename=a.txt", "a.txt"),
        ("attachment; filename=my report.txt; size=3", "my report.txt"),
        ("ATTACHMENT; FILENAME=a.txt", "a.txt"),
        ('attachment; filename="a;b\\"c\\\\d.txt"', "d.txt"),
        ('attachment; filename="a;\\"b.txt"', 'a;"b.txt'),
        ("attachment; filename=\"plain.txt\"; filename*=UTF-8''na%C3%AFve%20%E6%97%A5.txt", "naïve 日.txt"),
        ("attachment; filename*=utf-8'en'x.txt; filename=plain.txt", "x.txt"),
        ("attachment; filename*=iso-8859-1''%e9.txt", "é.txt"),
        ("attachment; filename*=UTF-8''%FF.txt; filename=plain.txt", "plain.txt"),
        ("attachment; filename*=zlib_codec''x.txt; filename=plain.txt", "plain.txt"),
        ("attachment; filename*=x.txt; filename=plain.txt", "plain.txt"),
        ('attachment; filename="é日.txt"', "é日.txt"),
        ('attachment; filename="é.txt"'.encode().decode("latin-1"), "é.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\dir\\\\a.txt"', "a.txt"),
        ("attachment; filename=\"C:\\dir\\a.txt\"; filename*=UTF-8''..%2F..%2Fb.txt", "b.txt"),
        ("attachment; filename*=UTF-8''..; filename=a.txt", "a.txt"),
        ('attachment; filename=".."', None),
        ('attachment; filename="dir/"', None),
        ('attachment; filename=""', None),
        ("attachment; filename*=UTF-8''a%00%0d%0a%E2%80%AEb.txt", "ab.txt"),
        ('attachment; filename="unfinished.txt', "unfinished.txt"),
        (";;;=;filename", None),
        ("x" * 100_000 + '; filename="' + "\\" * 50_000, None),
    ],
)
def test_the_file_name_is_the_last_component_of_what_the_server_gives(header: str | None, name: str | None) -> None:
    assert file_name(header) == name


@given(
    st.one_of(st.text(), st.text("\"\\;='*%/. \x00aUTF-8", max_size=30).map("attachment; filename*=UTF-8''{0}".format))
)
def test_no_header_gives_a_name_that_leads_anywhere(header: str) -> None:
    for text in (header, f"attachment; filename={header}", f'attachment; filename="{header}"'):
        name = file_name(text)
        assert name is None or (name not in {"", ".", ".."} and not set(name) & set("/\\\x00\r\n"))


async def test_a_name_in_utf_8_arrives_over_the_wire() -> None:
    head = "Content-Length: 0\r\nContent-Disposition: attachment; filename=é日.txt"
    async with wired(head) as (_, session), await opened(session) as download:
        assert download.name == "é日.txt"


async def test_the_end_of_the_content_gives_the_connection_back() -> None:
    async with wired("Content-Length: 3", b"abc") as (wire, session):
        assert await (await opened(session)).read() == b"abc"
        assert [piece async for piece in await opened(session)] == [b"abc"]
        assert await (await opened(session)).save(io.BytesIO()) == 3
        assert (wire.requests, wire.connections) == (3, 1)


@pytest.mark.parametrize("status", [302, 400, 404, 409, 500])
async def test_any_other_status_is_an_answer_to_be_judged(status: int) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"status": {"code": 5}}, status=status, headers={"Set-Cookie": "a=b"})

    async with serving(refuse) as url, session_of(quick(url)) as session:
        answer = await session.open(GET)
        assert isinstance(answer, Answer)
        assert (answer.http_status, answer.text) == (status, '{"status": {"code": 5}}')
        assert "set-cookie" not in answer.headers


async def test_the_body_of_a_refusal_is_bounded() -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=500, body=b" " * 2000)

    async with serving(refuse) as url, session_of(quick(url, max_response_bytes=1000)) as session:
        with pytest.raises(MalformedResponse, match="larger than 1000 bytes"):
            await session.open(GET)


async def test_a_download_renews_the_token_is_repeated_and_keeps_cookies() -> None:
    seen, statuses = [], [401, 503, 200, 200]

    async def give(request: web.Request) -> web.Response:
        seen.append((request.headers["Authorization"], request.cookies.get("id")))
        return web.Response(status=statuses.pop(0), text="x", headers={"Set-Cookie": f"id={len(seen)}; Path=/"})

    async with serving(give) as url, session_of(quick(url), tokens=Tokens()) as session:
        for _ in range(2):
            async with await opened(session) as download:
                assert "set-cookie" not in download.headers
    one, two = "Bearer token-1", "Bearer token-2"
    assert seen == [(one, None), (two, "1"), (two, "2"), (two, "3")]


async def test_hooks_are_told_at_the_head() -> None:
    told: list[int | None] = []
    async with wired("Content-Length: 5", b"abc") as (_, session):
        watching = session_of(session._settings, on_response=lambda record: told.append(record.http_status))
        async with watching as watched, await opened(watched):
            assert told == [200]


async def test_a_download_works_on_another_transport() -> None:
    router = respx.Router()
    router.get("https://h/file").respond(200, content=gzip.compress(CONTENT), headers={"Content-Encoding": "gzip"})
    mocked = httpx.MockTransport(router.async_handler)
    async with session_of(quick("https://h"), transport=mocked) as session:
        assert await (await opened(session)).read() == CONTENT


# --- reading ----------------------------------------------------------------------------------------------------------


async def test_reading_stops_at_its_limit() -> None:
    async with wired("Content-Length: 1000000", b"x" * 500_000, b"x" * 500_000) as (wire, session):
        assert len(await (await opened(session)).read(limit=1_000_000)) == 1_000_000
        with pytest.raises(MalformedResponse, match="larger than 999999 bytes"):
            await (await opened(session)).read(limit=999_999)
        assert wire.connections == 1


async def test_what_was_read_already_is_not_read_again() -> None:
    async with serving(giving(CONTENT)) as url, session_of(quick(url)) as session:
        download = await opened(session)
        first = await anext(download)
        assert first + await download.read() == CONTENT
        with pytest.raises(SessionClosed, match="was read to its end already"):
            await download.read()
        with pytest.raises(SessionClosed, match="was read to its end already"):
            await download.save(io.BytesIO())


async def test_a_download_may_take_longer_than_a_request_but_not_be_silent() -> None:
    async with wired("Content-Length: 6", *[b"x"] * 6, pause=0.03, options={"request_timeout": 0.1}) as (_, session):
        assert await (await opened(session)).read() == b"xxxxxx"
    async with wired("Content-Length: 6", b"xx", options={"read_timeout": 0.05}) as (_, session):
        with pytest.raises(OutcomeUnknown, match=r"did not answer in time \(2 of 6 bytes were read\)"):
            await (await opened(session)).read()


async def test_a_slow_reader_makes_the_server_wait() -> None:
    async with wired("Content-Length: 8000000", b"x" * 8_000_000, options={"read_timeout": 0.3}) as (_, session):
        download = await opened(session)
        first = await anext(download)
        await asyncio.sleep(0.4)
        assert len(first + await download.read()) == 8_000_000


# --- saving -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_path", [str, Path])
async def test_a_file_is_saved_whole_and_replaces_another(as_path: Callable[[Path], Any], tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    seen: list[Progress] = []
    async with serving(giving(CONTENT)) as url, session_of(quick(url)) as session:
        assert await (await opened(session)).save(as_path(target), progress=seen.append) == len(CONTENT)
    assert target.read_bytes() == CONTENT
    assert os.listdir(tmp_path) == [target.name]
    assert seen[0] == Progress(0, len(CONTENT))
    assert seen[-1] == Progress(len(CONTENT), len(CONTENT))
    assert [progress.done for progress in seen] == sorted({progress.done for progress in seen})


async def test_a_saved_file_has_the_permissions_of_any_new_file_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    async with serving(giving(b"")) as url, session_of(quick(url)) as session:
        assert await (await opened(session)).save(link) == 0
    assert link.is_symlink()
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


async def test_an_open_file_is_written_to_as_it_is_and_stays_open(tmp_path: Path) -> None:
    async with serving(giving(CONTENT)) as url, session_of(quick(url)) as session:
        buffer = io.BytesIO(b"before")
        buffer.seek(6)
        await (await opened(session)).save(buffer)
        assert buffer.getvalue() == b"before" + CONTENT
        with (tmp_path / "raw").open("wb", buffering=0) as raw:
            await (await opened(session)).save(raw)
        assert (tmp_path / "raw").read_bytes() == CONTENT


class Sparing:
    """A file that takes a part of what it is given, and then perhaps nothing more."""

    def __init__(self, room: int | None = None) -> None:
        self.content = b""
        self.room = room

    def write(self, data: bytes, /) -> int:
        part = bytes(data[:100_000])
        if self.room is not None and len(self.content) + len(part) > self.room:
            raise OSError(28, "No space left on device")
        self.content += part
        return len(part)


async def test_a_file_that_takes_less_at_once_gets_everything() -> None:
    async with serving(giving(CONTENT)) as url, session_of(quick(url)) as session:
        sparing = Sparing()
        assert await (await opened(session)).save(sparing) == len(CONTENT)
    assert sparing.content == CONTENT


async def test_a_full_disk_is_told_as_it_is_and_ends_the_download() -> None:
    async with wired("Content-Length: 5000000", b"x" * 500_000) as (wire, session):
        with pytest.raises(OSError, match="No space left"):
            await (await opened(session)).save(Sparing(room=200_000))
        await asyncio.wait_for(wire.ended.wait(), 5)


def read_only(directory: Path) -> Any:
    (directory / "r").touch()
    with (directory / "r").open("rb") as file:
        return file


class TakesText:
    def write(self, data: bytes, /) -> int:
        raise TypeError(f"write() argument must be str, not {type(data).__name__}")


class TakesTurns:
    async def write(self, _: bytes) -> int:
        return 0


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (lambda directory: directory, "not a regular file"),
        (lambda _: os.devnull, "not a regular file"),
        (lambda directory: directory / "none" / "a", "No such file or directory"),
        (lambda _: "a\0b", "null"),
        (lambda _: io.StringIO(), "must be a path or a file opened in binary mode, not StringIO"),
        (lambda _: TakesText(), "must be str, not bytes"),
        (lambda _: TakesTurns(), "not TakesTurns"),
        (lambda _: None, "not NoneType"),
        (read_only, "cannot write to this file"),
    ],
)
async def test_a_target_that_cannot_be_written_to_is_refused_and_ends_the_download(
    target: Callable[[Path], Any], told: str, tmp_path: Path
) -> None:
    async with wired("Content-Length: 5", b"abc") as (wire, session):
        with pytest.raises(InvalidArgument, match=told):
            await (await opened(session)).save(target(tmp_path))
        await asyncio.wait_for(wire.ended.wait(), 5)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


# --- downloads that do not come to their end --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "piece", "told"),
    [
        ("Content-Length: 1000", b"x" * 300, r"was cut off in its body \(300 of 1000 bytes were read\)"),
        ("Transfer-Encoding: chunked", b"12c\r\n" + b"x" * 300 + b"\r\n", r"\(300 of unknown bytes were read\)"),
    ],
)
async def test_a_content_that_is_cut_off_tells_how_much_came_and_leaves_no_file(
    head: str, piece: bytes, told: str, tmp_path: Path
) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    async with wired(head, piece) as (wire, session):
        for going_on in (lambda download: download.save(target), anext):
            download, got = await opened(session), b""
            while len(got) < 300:
                got += await anext(download)
            wire.hang_up()
            with pytest.raises(OutcomeUnknown, match=told):
                await going_on(download)
    assert (os.listdir(tmp_path), target.read_bytes()) == (["a.bin"], b"old")


async def test_a_download_that_is_left_closes_its_connection() -> None:
    async with wired("Content-Length: 10", b"abc") as (wire, session):
        async with await opened(session) as download:
            async for _ in download:
                break
        await asyncio.wait_for(wire.ended.wait(), 5)
        await download.aclose()
        with pytest.raises(SessionClosed, match="the download is closed"):
            await anext(download)
        with pytest.raises(SessionClosed, match="the download is closed"):
            await download.read()


async def test_a_download_that_is_forgotten_warns_and_closes_its_connection() -> None:
    async with wired("Content-Length: 10", b"abc") as (wire, session):
        download = await opened(session)
        await anext(download)
        with pytest.warns(ResourceWarning, match="unclosed <Download application/octet-stream open>"):
            del download
        await asyncio.wait_for(wire.ended.wait(), 5)


async def test_a_cancelled_saving_leaves_neither_a_file_nor_a_connection(tmp_path: Path) -> None:
    async with wired("Content-Length: 1000000", b"x" * 500_000) as (wire, session):
        writing = asyncio.Event()

        def note(progress: Progress) -> None:
            if progress.done:
                writing.set()

        saving = asyncio.create_task((await opened(session)).save(tmp_path / "a.bin", progress=note))
        await asyncio.wait_for(writing.wait(), 5)
        assert [name[-5:] for name in os.listdir(tmp_path)] == [".part"]
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        await asyncio.wait_for(wire.ended.wait(), 5)
    assert os.listdir(tmp_path) == []


async def test_a_reading_that_was_given_up_never_looks_like_the_end() -> None:
    async with wired("Content-Length: 10", b"abc") as (wire, session):
        download = await opened(session)
        assert await anext(download) == b"abc"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(download), 0.02)
        with pytest.raises(SessionClosed):
            await anext(download)
        await asyncio.wait_for(wire.ended.wait(), 5)


async def test_closing_the_session_ends_its_downloads_also_under_their_readers() -> None:
    async with wired("Content-Length: 10", b"abc") as (wire, session):
        idle, read = await opened(session), await opened(session)
        reading = asyncio.create_task(read.read())
        await asyncio.sleep(0.02)
        await session.aclose()
        with pytest.raises(SessionClosed, match="the download is closed"):
            await asyncio.wait_for(reading, 5)
        with pytest.raises(SessionClosed):
            await idle.read()
        await asyncio.wait_for(wire.ended.wait(), 5)


async def test_a_cancelled_opening_leaves_no_connection() -> None:
    arrived, ended = asyncio.Event(), asyncio.Event()

    async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await request_head(reader)
        arrived.set()
        await reader.read()
        ended.set()

    async with raw_server(hold) as url, session_of(quick(url)) as session:
        opening = asyncio.create_task(session.open(GET))
        await asyncio.wait_for(arrived.wait(), 5)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.wait_for(ended.wait(), 5)


# --- compression ------------------------------------------------------------------------------------------------------


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


MIXED = os.urandom(3000) + bytes(3 * 65536) + b"end"


@pytest.mark.parametrize("step", [1, 997, 1_000_000])
@pytest.mark.parametrize(
    ("coding", "compressed", "content"),
    [
        ("gzip", gzip.compress(MIXED), MIXED),
        ("X-GZIP", gzip.compress(bytes(65536)), bytes(65536)),
        ("gzip", gzip.compress(MIXED) + gzip.compress(b"second") + bytes(600), MIXED + b"second"),
        ("deflate", zlib.compress(MIXED), MIXED),
        ("deflate", raw_deflate(MIXED), MIXED),
        ("gzip", b"", b""),
        ("deflate", b"", b""),
        ("identity", MIXED, MIXED),
    ],
)
async def test_every_coding_is_undone_however_it_is_cut(
    coding: str, compressed: bytes, content: bytes, step: int
) -> None:
    async def sliced() -> AsyncIterator[bytes]:
        for start in range(0, len(compressed), step):
            yield compressed[start : start + step]

    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Content-Encoding": coding}, content=sliced())
    )
    async with session_of(quick("https://h"), transport=transport) as session:
        assert await (await opened(session)).read() == content


@pytest.mark.parametrize(
    ("coding", "body", "told"),
    [
        ("gzip", b"not gzip at all", "cannot be decompressed"),
        ("gzip", gzip.compress(MIXED)[:-1], "ends in the middle"),
        ("gzip", gzip.compress(b"one") + gzip.compress(b"two")[:-9], "ends in the middle"),
        ("deflate", raw_deflate(MIXED)[:-1], "ends in the middle"),
        ("deflate", b"x", "ends in the middle"),
        ("br", b"x", "not asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x")), "not asked for"),
    ],
)
async def test_what_cannot_be_decompressed_is_malformed(coding: str, body: bytes, told: str, tmp_path: Path) -> None:
    head = f"Content-Length: {len(body)}\r\nContent-Encoding: {coding}"
    async with wired(head, body) as (_, session):
        with pytest.raises(MalformedResponse, match=told):
            await session.send(GET)
        with pytest.raises(MalformedResponse, match=told):
            await (await opened(session)).save(tmp_path / "a")
    assert os.listdir(tmp_path) == []


async def test_a_compression_bomb_never_unfolds_in_memory() -> None:
    size = 64 * 1024 * 1024
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(compressor.compress(bytes(1024 * 1024)) for _ in range(64)) + compressor.flush()
    assert len(bomb) < 70_000
    head = f"Content-Length: {len(bomb)}\r\nContent-Encoding: gzip"
    async with wired(head, bomb, options={"max_response_bytes": 1_000_000}) as (_, session):
        with little_memory():
            with pytest.raises(MalformedResponse, match="larger than 1000000 bytes"):
                await session.send(GET)
            with pytest.raises(MalformedResponse, match="larger than 1000000 bytes"):
                await (await opened(session)).read(limit=1_000_000)
            download = await opened(session)
            assert download.size is None
            assert sum([len(piece) async for piece in download]) == size


# --- size -------------------------------------------------------------------------------------------------------------


async def test_a_large_download_is_never_whole_in_memory(tmp_path: Path) -> None:
    async def give(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(LARGE)})
        await response.prepare(request)
        for _ in range(LARGE // 65536):
            await response.write(bytes(65536))
        return response

    last = Progress(0, None)

    def note(progress: Progress) -> None:
        nonlocal last
        last = progress

    with little_memory():
        async with serving(give) as url, session_of(quick(url)) as session:
            assert await (await opened(session)).save(tmp_path / "large", progress=note) == LARGE
    assert (tmp_path / "large").stat().st_size == LARGE
    assert last == Progress(LARGE, LARGE)
