from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from aiohttp import BodyPartReader, web
from attrs import field, mutable
from far_end import LARGE, Tokens, little_memory, quick, raw_server, request_head, serving, session_of, unused_port

from engage_async.errors import InvalidArgument, NotSent, OutcomeUnknown, UploadFailed
from engage_async.io.files import PIECE
from engage_async.protocol.multipart import FilePart, Progress, UploadForm
from engage_async.protocol.redaction import RequestRecord
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Request

CONTENT = bytes(range(256)) * 1200  # more than one piece, and not a whole number of them


def one(source: Any, **more: Any) -> FilePart:
    return FilePart(**{"name": "file", "source": source, "filename": "a.bin", **more})


def upload(*files: FilePart, fields: Any = (), repeat: Repeat = Repeat.ONCE, timeout: float | None = None) -> Request:
    form = UploadForm(files=files, fields=fields)
    return Request(method="POST", path="/up", operation="x.upload", upload=form, repeat=repeat, timeout=timeout)


class Chunks:
    """An async iterable that knows whether it was closed, and may fail, or never end, after its pieces."""

    def __init__(self, *pieces: Any, failure: Exception | None = None, forever: bool = False) -> None:
        self.pieces = pieces
        self.failure = failure
        self.forever = forever
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        try:
            for piece in self.pieces:
                await asyncio.sleep(0)
                yield piece
            if self.failure is not None:
                raise self.failure
            if self.forever:
                await asyncio.Event().wait()
        finally:
            self.closed = True


class Pipe:
    """A file that cannot seek, gives less than it is asked for, and may fail at its end."""

    def __init__(self, content: bytes, failure: Exception | None = None) -> None:
        self.content = io.BytesIO(content)
        self.failure = failure

    def read(self, size: int, /) -> bytes:
        data = self.content.read(min(size, 100_000))
        if not data and size and self.failure is not None:
            raise self.failure
        return data


@mutable
class Desk:
    """The far end: takes forms apart, with a parser that is not ours."""

    url: str = ""
    statuses: list[int] = field(factory=list)
    heads: list[web.Request] = field(factory=list)
    forms: list[list[tuple[str | None, str | None, str | None, bytes]]] = field(factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.heads.append(request)
        parts = []
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            parts.append((part.name, part.filename, part.headers.get("Content-Type"), bytes(await part.read())))
        self.forms.append(parts)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def contents(self) -> list[bytes]:
        return [parts[0][3] for parts in self.forms]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    async with serving(desk.take) as desk.url:
        yield desk


class Wire:
    """A far end that reads until its connection ends, and keeps what came."""

    def __init__(self) -> None:
        self.head = ""
        self.body = b""
        self.some, self.ended = asyncio.Event(), asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        try:
            self.head = (await reader.readuntil(b"\r\n\r\n")).decode()
            while data := await reader.read(65536):
                self.body += data
                self.some.set()
        finally:
            self.ended.set()


# --- what arrives -----------------------------------------------------------------------------------------------------


def standing_at(position: int, content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.seek(position)
    return file


def in_chunks() -> AsyncIterator[Any]:
    return aiter(Chunks(CONTENT[:10], b"", bytearray(CONTENT[10:700]), memoryview(CONTENT)[700:]))


SOURCES: dict[str, tuple[Callable[[Path], Any], bool]] = {
    "the name of a file": (str, True),
    "a path": (lambda path: path, True),
    "bytes": (lambda _: CONTENT, True),
    "a file": (lambda path: io.BytesIO(path.read_bytes()), True),
    "a file that was read from": (lambda _: standing_at(7, b"skipped" + CONTENT), True),
    "a pipe": (lambda _: Pipe(CONTENT), False),
    "an async generator": (lambda _: in_chunks(), False),
    "an async iterable": (lambda _: Chunks(CONTENT[:PIECE], CONTENT[PIECE:]), False),
}


@pytest.mark.parametrize("kind", SOURCES)
async def test_every_kind_of_source_arrives_as_it_is(kind: str, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(CONTENT)
    make, measurable = SOURCES[kind]
    async with session_of(quick(desk.url)) as session:
        assert (await session.send(upload(one(make(tmp_path / "a.bin"))))).http_status == 200
    assert desk.forms == [[("file", "a.bin", "application/octet-stream", CONTENT)]]
    headers = desk.heads[0].headers
    assert ("Content-Length" in headers, "Transfer-Encoding" in headers) == (measurable, not measurable)


@pytest.mark.parametrize("source", [lambda: Pipe(CONTENT), in_chunks])
async def test_a_length_that_is_told_is_announced(source: Callable[[], Any], desk: Desk) -> None:
    async with session_of(quick(desk.url)) as session:
        await session.send(upload(one(source(), size=len(CONTENT))))
    assert desk.contents == [CONTENT]
    assert "Content-Length" in desk.heads[0].headers


async def test_fields_and_files_keep_their_order_and_empty_ones_arrive(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    files = (
        FilePart(name="one", source=tmp_path / "empty.txt"),
        FilePart(name="two", source=Chunks(), filename="z.csv"),
        FilePart(name="two", source=b"2", filename="a.csv", content_type="text/csv; charset=utf-8"),
    )
    async with session_of(quick(desk.url)) as session:
        await session.send(upload(*files, fields=[("b", "1"), ("a", "ä\r\n"), ("b", "")]))
        await session.send(upload(fields={"only": "a field"}))
    assert desk.forms[0] == [
        ("b", None, None, b"1"),
        ("a", None, None, "ä\r\n".encode()),
        ("b", None, None, b""),
        ("one", "empty.txt", "text/plain", b""),
        ("two", "z.csv", "text/csv", b""),
        ("two", "a.csv", "text/csv; charset=utf-8", b"2"),
    ]
    assert desk.forms[1] == [("only", None, None, b"a field")]


async def test_one_file_object_can_be_two_files(desk: Desk) -> None:
    file = standing_at(1, b"-abc")
    async with session_of(quick(desk.url)) as session:
        await session.send(upload(one(file), one(file)))
    assert [content for *_, content in desk.forms[0]] == [b"abc", b"abc"]
    assert not file.closed


async def test_names_cannot_leave_their_place_in_the_form() -> None:
    wire = Wire()
    hostile = 'a"; filename="evil"\r\nX-Evil: 1\r\n\r\n\x00é日.txt'
    async with raw_server(wire.take) as url, session_of(quick(url, read_timeout=0.05)) as session:
        with pytest.raises(OutcomeUnknown):
            await session.send(upload(FilePart(name='n"\n', source=b"c", filename=hostile), fields={"f\r\n": "v"}))
        await asyncio.wait_for(wire.ended.wait(), 5)
    assert 'name="f%0D%0A"\r\n\r\nv\r\n' in wire.body.decode()
    escaped = 'name="n%22%0A"; filename="a%22; filename=%22evil%22%0D%0AX-Evil: 1%0D%0A%0D%0A%00é日.txt"\r\n'
    assert escaped in wire.body.decode()


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [
        ("a.csv", "text/csv"),
        ("A.PDF", "application/pdf"),
        ("a.tar.gz", "application/gzip"),
        ("a.xz", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"),
        ("日本.png", "image/png"),
        ("\udcff.txt", "text/plain"),
    ],
)
async def test_the_content_type_is_guessed_from_the_name(filename: str, content_type: str, desk: Desk) -> None:
    async with session_of(quick(desk.url)) as session:
        await session.send(upload(one(b"x", filename=filename)))
    assert desk.forms[0] == [("file", filename.replace("\udcff", "?"), content_type, b"x")]


def test_the_file_name_is_that_of_the_source(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.touch()
    with path.open("rb") as file:
        parts = [FilePart(name="f", source=source) for source in (path, str(path), file)]
    assert [part.sent_name for part in parts] == ["report.txt"] * 3


async def test_a_form_gets_through_other_transports(desk: Desk) -> None:
    router = respx.Router()
    route = router.post("https://h/up").respond(201)
    mocked = httpx.MockTransport(router.async_handler)
    async with session_of(quick("https://h"), transport=mocked) as session:
        assert (await session.send(upload(one(Chunks(b"abc"))))).http_status == 201
    sent = route.calls.last.request
    assert b"\r\n\r\nabc\r\n--engage-async-" in sent.content
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=engage-async-")
    for source in (b"abc", Chunks(b"abc")):
        async with session_of(quick(desk.url), transport=httpx.AsyncHTTPTransport()) as session:
            assert (await session.send(upload(one(source)))).http_status == 200
    assert desk.contents == [b"abc", b"abc"]


# --- what cannot be sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"source": "", "filename": "x"}, "must be a path"),
        ({"source": None}, "must be a path.* not NoneType"),
        ({"source": [b"a"]}, "must be a path.* not list"),
        ({"source": io.StringIO("text")}, "opened in binary mode"),
        ({"source": b"", "filename": None}, "needs a filename: its source has none"),
        ({"source": b"", "filename": ""}, "needs a filename"),
        ({"source": b"", "filename": 7}, "needs a filename"),
        ({"source": b"", "name": ""}, "must have a name"),
        ({"source": b"", "content_type": "text/plain\r\nX-Evil: 1"}, "content type"),
        ({"source": b"", "content_type": "text"}, "content type"),
        ({"source": b"", "content_type": 7}, "content type"),
        ({"source": b"", "size": -1}, "size"),
        ({"source": b"", "size": True}, "size"),
        ({"source": b"", "progress": "x"}, "progress"),
    ],
)
def test_a_part_that_cannot_be_sent_is_refused_when_it_is_made(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgument, match=told):
        one(**options)


@pytest.mark.parametrize("fields", [{"": "x"}, {"a": 1}, [("a", b"x")], [(None, "x")]])
def test_a_field_that_cannot_be_sent_is_refused_when_the_form_is_made(fields: Any) -> None:
    with pytest.raises(InvalidArgument, match="field"):
        UploadForm(fields=fields)
    with pytest.raises(InvalidArgument, match="must be a FilePart, not bytes"):
        UploadForm(files=[b"content"])  # type: ignore[list-item]


def a_closed_file(path: Path) -> Any:
    with path.open("rb") as file:
        return file


def a_fifo(path: Path) -> Path:
    os.mkfifo(path.with_name("fifo"))
    return path.with_name("fifo")


class Coroutines:
    async def read(self, _: int) -> bytes:
        return b""


class Text:
    def read(self, _: int) -> str:
        return ""


UNREADABLE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda path: path.with_name("none"), "none': No such file"),
    "directory": (lambda path: path.parent, "not a regular file"),
    "fifo": (a_fifo, "not a regular file"),
    "no path": (lambda _: "\0", "null byte"),
    "closed": (a_closed_file, "closed file"),
    "text": (lambda _: Text(), "gave str, not bytes"),
    "text iterator": (lambda _: Chunks("text"), "gave str, not bytes"),
    "number iterator": (lambda _: Chunks(b"", 7), "gave int, not bytes"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_a_source_that_cannot_be_read_is_refused_before_anything_is_sent(
    kind: str, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x")
    make, told = UNREADABLE[kind]
    good = Chunks(b"x")
    async with session_of(quick(desk.url)) as session:
        with pytest.raises(InvalidArgument, match=f"^x.upload: the file 'file': .*{told}"):
            await session.send(upload(one(good), one(make(path))))
    assert desk.heads == []
    assert good.closed


async def test_a_file_that_is_open_for_writing_only_is_refused(desk: Desk, tmp_path: Path) -> None:
    async with session_of(quick(desk.url)) as session:
        with (tmp_path / "w").open("wb") as file, pytest.raises(InvalidArgument, match="cannot read it"):
            await session.send(upload(one(file)))
    with pytest.raises(InvalidArgument, match="must be a path"):
        one(Coroutines())
    assert desk.heads == []


@pytest.mark.parametrize(
    "headers", [{"X-A": "secret\r\nB: c"}, {"X-A": "sécret"}, {"a b": "secret"}, {"Host": "secret"}]
)
async def test_headers_that_cannot_be_sent_are_refused_without_quoting_them(headers: dict[str, str]) -> None:
    async with session_of(quick("https://h"), transport=httpx.MockTransport(lambda _: httpx.Response(200))) as session:
        request = Request(method="POST", path="/a", operation="x.y", headers=headers)
        with pytest.raises(InvalidArgument, match=r"^x\.y: headers: ") as caught:
            await session.send(request)
    assert "secret" not in f"{caught.value}{request!r}"


# --- sources that fail on the way -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "told", "cause"),
    [
        (lambda: Pipe(CONTENT, OSError(5, "Input/output error")), "Input/output error", OSError),
        (lambda: Chunks(CONTENT, failure=RuntimeError("secret")), "RuntimeError$", RuntimeError),
        (lambda: Chunks(CONTENT, "text"), "gave str, not bytes", InvalidArgument),
    ],
)
async def test_a_source_that_fails_half_way_ends_the_request_and_its_connection(
    source: Callable[[], Any], told: str, cause: type[Exception]
) -> None:
    wire, failing = Wire(), source()
    async with raw_server(wire.take) as url, session_of(quick(url)) as session:
        request = upload(one(b"first"), one(failing, name="second"), repeat=Repeat.REPEATABLE)
        with pytest.raises(
            UploadFailed, match=f"x.upload: the file 'second' could not be read to its end: .*{told}"
        ) as e:
            await session.send(request)
        assert isinstance(e.value.__cause__, cause)
        await asyncio.wait_for(wire.ended.wait(), 5)
    assert not wire.body.endswith((b"0\r\n\r\n", b"--\r\n"))
    assert getattr(failing, "closed", True)


async def test_a_source_that_fails_at_once_sends_nothing(desk: Desk) -> None:
    failing = Chunks(failure=LookupError("secret"))
    async with session_of(quick(desk.url)) as session:
        with pytest.raises(UploadFailed, match=r"LookupError$") as caught:
            await session.send(upload(one(failing)))
    assert isinstance(caught.value.__cause__, LookupError)
    assert (desk.heads, failing.closed) == ([], True)


class Shrinking(io.BytesIO):
    """A file that lost half of its content since it was measured."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size:
            self.truncate(len(CONTENT) // 2)
        return super().read(size)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (lambda: one(Shrinking(CONTENT)), f"it ended after {len(CONTENT) // 2} of {len(CONTENT)} bytes"),
        (lambda: one(Chunks(b"abc"), size=4), "it ended after 3 of 4 bytes"),
        (lambda: one(Pipe(b"abc"), size=4), "it ended after 3 of 4 bytes"),
        (lambda: one(Chunks(b"abc"), size=2), "it has more than the 2 bytes that were announced"),
        (lambda: one(Chunks(b"ab", b"c"), size=2), "it has more than the 2 bytes that were announced"),
    ],
)
async def test_a_source_that_is_not_as_long_as_announced_fails(part: Callable[[], FilePart], told: str) -> None:
    wire = Wire()
    async with raw_server(wire.take) as url, session_of(quick(url)) as session:
        with pytest.raises(UploadFailed, match=told):
            await session.send(upload(part()))
        await asyncio.wait_for(wire.ended.wait(), 5)
    assert not wire.body.endswith(b"--\r\n")


async def test_a_file_that_grows_is_sent_as_long_as_it_was(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"line\n")

    def grow(_: Progress) -> None:
        with path.open("ab") as file:
            file.write(b"another\n")

    async with session_of(quick(desk.url)) as session:
        await session.send(upload(one(path, progress=grow)))
    assert desk.contents == [b"line\n"]


# --- repetition -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SOURCES)
async def test_a_form_is_repeated_when_its_sources_can_be_read_again(kind: str, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(CONTENT)
    make, again = SOURCES[kind]
    desk.statuses = [401, 503, 200]
    async with session_of(quick(desk.url), tokens=Tokens()) as session:
        request = upload(one(make(tmp_path / "a.bin")), repeat=Repeat.REPEATABLE)
        assert (await session.send(request)).http_status == (200 if again else 401)
    assert desk.contents == [CONTENT] * (3 if again else 1)
    assert [head.headers["Authorization"] for head in desk.heads][:2] == ["Bearer token-1", "Bearer token-2"][
        : 1 + again
    ]


async def test_a_form_that_must_be_sent_once_is_not_repeated(desk: Desk) -> None:
    desk.statuses = [503]
    async with session_of(quick(desk.url)) as session:
        assert (await session.send(upload(one(b"x")))).http_status == 503
    assert len(desk.heads) == 1


async def test_an_iterator_that_nobody_began_to_read_is_sent_at_the_next_attempt() -> None:
    tries: list[bytes] = []

    class Down(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not tries:
                tries.append(b"")
                raise httpx.ConnectError("refused")
            tries.append(await request.aread())
            return httpx.Response(200)

    async with session_of(quick("https://h"), transport=Down()) as session:
        assert (await session.send(upload(one(Chunks(b"a", b"bc"))))).http_status == 200
    assert b"\r\n\r\nabc\r\n" in tries[1]


async def test_an_iterator_is_closed_when_no_connection_comes() -> None:
    source = Chunks(b"a", b"b")
    async with session_of(quick(f"http://127.0.0.1:{unused_port()}", retry_attempts=2)) as session:
        with pytest.raises(NotSent):
            await session.send(upload(one(source)))
    assert source.closed


# --- progress ---------------------------------------------------------------------------------------------------------


async def test_progress_begins_at_nothing_and_ends_with_everything_once_for_each_attempt(desk: Desk) -> None:
    seen: list[Progress] = []
    unmeasured: list[Progress] = []

    async def note(progress: Progress) -> None:
        await asyncio.sleep(0)
        unmeasured.append(progress)

    desk.statuses = [503]
    async with session_of(quick(desk.url)) as session:
        await session.send(upload(one(CONTENT, progress=seen.append), repeat=Repeat.REPEATABLE))
        await session.send(upload(one(b"", progress=note), one(Chunks(b"x" * 2 * PIECE), progress=note)))
    size = len(CONTENT)
    assert seen == [Progress(0, size), Progress(PIECE, size), Progress(size, size)] * 2
    assert unmeasured == [Progress(0, 0), Progress(0, None), Progress(PIECE, None), Progress(2 * PIECE, None)]


async def test_a_progress_callback_that_raises_is_logged_once_and_changes_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Progress) -> None:
        raise RuntimeError("a bar that broke")

    async with session_of(quick(desk.url)) as session:
        assert (await session.send(upload(one(CONTENT, progress=fail)))).http_status == 200
    assert desk.contents == [CONTENT]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_hooks_are_told_of_an_upload_without_its_content(desk: Desk) -> None:
    records: list[RequestRecord] = []
    async with session_of(quick(desk.url), on_request=records.append) as session:
        request = upload(one(b"secret", filename="secret"), fields={"key": "secret"})
        await session.send(request)
    assert records[0].headers["content-type"].startswith("multipart/form-data")
    assert int(records[0].headers["content-length"]) == int(desk.heads[0].headers["Content-Length"])
    assert "secret" not in repr(records)
    assert "key" not in repr(request)


# --- far ends that do not take everything -----------------------------------------------------------------------------


async def test_an_answer_that_comes_before_the_end_of_the_upload_is_given_and_ends_it() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    ended = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(refusal)
        try:
            while await reader.read(1000):
                pass
        finally:
            ended.set()

    source = Chunks(b"begin", forever=True)
    async with raw_server(refuse) as url, session_of(quick(url)) as session:
        answer = await session.send(upload(one(source), repeat=Repeat.SAFE))
        assert (answer.http_status, len(answer.text)) == (413, 100_000)
        await asyncio.wait_for(ended.wait(), 5)
        assert source.closed


async def test_a_far_end_that_takes_nothing_more_ends_in_an_unknown_outcome_and_holds_no_connection() -> None:
    stop, ended = asyncio.Event(), asyncio.Event()
    taken, given = 0, Progress(0, None)

    async def stall(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        nonlocal taken
        await request_head_only(reader)
        await stop.wait()
        try:
            while data := await reader.read(1_000_000):
                taken += len(data)
        finally:
            ended.set()

    def note(progress: Progress) -> None:
        nonlocal given
        given = progress

    source = Chunks(b"x" * 30_000_000, forever=True)
    async with raw_server(stall) as url, session_of(quick(url, read_timeout=0.1)) as session:
        with pytest.raises(OutcomeUnknown, match=r"^no end of the request to .* in time"):
            await session.send(upload(one(source, progress=note)))
        assert source.closed
        stop.set()
        await asyncio.wait_for(ended.wait(), 5)
    assert taken < given.done + PIECE  # what was still on its way out was dropped, and not waited for


async def request_head_only(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def test_a_source_that_takes_its_time_is_no_silence(desk: Desk) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(0.4)
        yield b"y"

    async with session_of(quick(desk.url, read_timeout=0.3, request_timeout=0.35)) as session:
        assert (await session.send(upload(one(slow())))).http_status == 200
    assert desk.contents == [b"xy"]


async def test_a_time_out_of_the_request_itself_bounds_the_upload_too() -> None:
    wire, source = Wire(), Chunks(b"x", forever=True)
    async with raw_server(wire.take) as url, session_of(quick(url)) as session:
        with pytest.raises(OutcomeUnknown, match="in time"):
            await session.send(upload(one(source), timeout=0.1))
        assert source.closed
        await asyncio.wait_for(wire.ended.wait(), 5)
        with pytest.raises(NotSent, match="could not be opened in time"):
            await session.send(upload(one(Chunks(forever=True)), timeout=0.05))


async def test_the_time_for_the_answer_is_counted_after_the_upload() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b".")
            await asyncio.sleep(0.02)

    async with raw_server(silent) as url, session_of(quick(url, request_timeout=0.15)) as session:
        with pytest.raises(OutcomeUnknown, match=r"^no complete answer from .* in time"):
            await session.send(upload(one(b"x")))


async def test_a_cancelled_upload_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    wire, source = Wire(), Chunks(CONTENT, forever=True)
    async with raw_server(wire.take) as url, session_of(quick(url)) as session:
        task = asyncio.create_task(session.send(upload(one(path), one(source))))
        await asyncio.wait_for(wire.some.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert source.closed
        await asyncio.wait_for(wire.ended.wait(), 5)
    assert not wire.body.endswith(b"0\r\n\r\n")


async def test_a_connection_that_breaks_during_an_upload_leaves_the_outcome_unknown() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head_only(reader)
        await reader.read(1000)
        writer.transport.abort()

    async with raw_server(hang_up) as url, session_of(quick(url)) as session:
        with pytest.raises(OutcomeUnknown):
            await session.send(upload(one(b"x" * 3_000_000)))


# --- size -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["path", "iterator"])
async def test_a_large_file_is_never_whole_in_memory(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(LARGE)

    async def generated() -> AsyncIterator[bytes]:
        for _ in range(LARGE // PIECE):
            yield bytes(PIECE)

    arrived, last = 0, Progress(0, None)

    async def count(request: web.Request) -> web.Response:
        nonlocal arrived
        async for chunk in request.content.iter_any():
            arrived += len(chunk)
        return web.Response()

    def note(progress: Progress) -> None:
        nonlocal last
        last = progress

    with little_memory():
        async with serving(count) as url, session_of(quick(url)) as session:
            source = path if kind == "path" else generated()
            assert (await session.send(upload(one(source, progress=note)))).http_status == 200
    assert arrived > LARGE
    assert last.done == LARGE
