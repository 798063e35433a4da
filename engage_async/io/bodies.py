"""The body of an answer, a piece at a time: decompressed, and never more than a piece of it in memory.

Must live here: content codings, and what a body that ends early means. Must not: connections, what a body is for.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Mapping

from engage_async.errors import EngageError, MalformedResponse, OutcomeUnknown, TransportError

__all__ = ["ACCEPTED_CODINGS", "BodyReader"]

ACCEPTED_CODINGS = "gzip, deflate"

_PIECE = 64 * 1024
_GZIP_MAGIC = b"\x1f"
_GZIP, _ZLIB, _RAW_DEFLATE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS

Explain = Callable[[Exception], EngageError | None]
"""The error of ours that an exception of the connection means; None for one that nobody knows."""


class BodyReader:
    """Gives a body piece by piece. Raises `MalformedResponse` for a coding that was not asked for.

    `chunks` is the body as it comes, `explain` tells what its exceptions mean. What came has no name of its own in
    here, so that it shows in no traceback's variables.
    """

    def __init__(
        self, chunks: AsyncIterator[bytes], *, http_status: int, headers: Mapping[str, str], peer: str, explain: Explain
    ) -> None:
        self._chunks = chunks
        self._chunk = b""
        self._http_status = http_status
        self._peer = peer
        self._explain = explain
        self._coding = self._coding_of(headers.get("content-encoding", ""))
        length = headers.get("content-length", "")
        self._length = int(length) if length.isascii() and length.isdigit() and len(length) < 20 else None
        self._received = 0
        self._failure: EngageError | None = None
        self._fetching = False

    @property
    def size(self) -> int | None:
        """The length of the whole body in bytes, where the server says it."""
        return self._length if self._coding is None else None

    async def piece(self) -> bytes:
        """The next piece; an empty one at the end.

        Raises `OutcomeUnknown` when the body is cut off (also by a reading that was cancelled), `MalformedResponse`
        when it cannot be decompressed.
        """
        if self._coding is None:
            return self._chunk if await self._fetch() else b""
        while not self._advance(self._coding):
            if not await self._fetch():
                if not self._coding.complete:
                    raise self._fail(self._malformed("ends in the middle of its compressed data"))
                return b""
            self._coding.feed(self._chunk)
        return self._coding.output

    async def aclose(self) -> None:
        """End the reading. A reading in another task ends by itself, with its connection."""
        close = getattr(self._chunks, "aclose", None)
        if close is not None and not self._fetching:
            await close()

    async def _fetch(self) -> bool:
        """Hold the next chunk; False at the end."""
        if self._failure is not None:
            raise self._failure
        if self._fetching:
            raise OutcomeUnknown(f"reading the answer of {self._peer} was broken off{self._so_far()}")
        self._fetching = True  # and for good, when this is cancelled: the rest is lost
        failure: EngageError | None = None
        try:
            self._chunk = await anext(self._chunks)
            while not self._chunk:
                self._chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._chunk = b""
        except Exception as error:
            failure = self._explain(error)
            if failure is None:
                raise
        self._fetching = False
        if failure is not None:
            raise self._fail(failure)
        self._received += len(self._chunk)
        return bool(self._chunk)

    def _advance(self, coding: _Inflater) -> bool:
        try:
            return coding.advance()
        except zlib.error:
            pass
        raise self._fail(self._malformed("cannot be decompressed"))

    def _fail(self, failure: EngageError) -> EngageError:
        """What every further reading raises."""
        cause = failure.__cause__
        if isinstance(failure, TransportError):
            failure = OutcomeUnknown(f"{failure}{self._so_far()}")
        failure.__cause__ = cause
        self._failure = failure
        return failure

    def _so_far(self) -> str:
        return f" ({self._received} of {self._length if self._length is not None else 'unknown'} bytes were read)"

    def _malformed(self, problem: str) -> MalformedResponse:
        return MalformedResponse(f"the answer of {self._peer} {problem}", http_status=self._http_status)

    def _coding_of(self, header: str) -> _Inflater | None:
        coding = header.strip().lower()
        if coding in {"", "identity"}:
            return None
        if coding in {"gzip", "x-gzip", "deflate"}:
            return _Inflater(gzip=coding != "deflate")
        # Codings within codings multiply: a few kilobytes could become gigabytes in one step.
        raise self._malformed("has a content coding that was not asked for")


class _Inflater:
    """Decompresses gzip (of any number of members) or deflate (with or without the zlib frame), piece by piece."""

    def __init__(self, *, gzip: bool) -> None:
        self.output = b""
        self._gzip = gzip
        self._input = b""
        self._member: zlib._Decompress | None = None

    @property
    def complete(self) -> bool:
        """Whether the data may end here: after a whole member, or before anything."""
        return self._member.eof if self._member is not None else not self._input

    def feed(self, data: bytes) -> None:
        """Give the next compressed data, once `advance` wants some."""
        self._input += data

    def advance(self) -> bool:
        """Make the next `output`; False when more data are wanted. Raises `zlib.error`."""
        while self._input or len(self.output) == _PIECE:
            member = self._current()
            if member is None:
                break
            self.output = member.decompress(self._input, _PIECE)
            self._input = member.unused_data if member.eof else member.unconsumed_tail
            if self.output:
                return True
        self.output = b""
        return False

    def _current(self) -> zlib._Decompress | None:
        """What decompresses the next data; None when they are too few to tell, or nothing but padding."""
        if self._member is None or (self._member.eof and self._input[:1] == _GZIP_MAGIC and self._gzip):
            if self._gzip:
                self._member = zlib.decompressobj(_GZIP)
            elif len(self._input) >= 2:
                framed = self._input[0] & 15 == 8 and int.from_bytes(self._input[:2], "big") % 31 == 0
                self._member = zlib.decompressobj(_ZLIB if framed else _RAW_DEFLATE)
        elif self._member.eof:
            self._input = b""
            return None
        return self._member
