"""Where tokens are kept between requests, and between processes.

Must live here: the record, the protocol, a store in memory and one in a file. Must not: when a token is renewed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import stat
import tempfile
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen

from engage_async.errors import ConfigurationError
from engage_async.secret import Secret


@frozen(kw_only=True)
class StoredToken:
    """An access token, and what is known about it. Times are Unix time; None: not known, or never."""

    access_token: Secret
    refresh_token: Secret | None = None
    expires_at: float | None = None
    renew_at: float | None = None
    scope: str | None = None


class TokenStore(Protocol):
    """Keeps one token. Implement it to share a token between processes in another way."""

    async def load(self) -> StoredToken | None:
        """The token last saved, by whomever; None when there is none."""

    async def save(self, token: StoredToken) -> None:
        """Keep `token` in place of any other."""

    async def clear(self) -> None:
        """Keep none."""


class MemoryTokenStore:
    """Keeps the token as long as the process lives."""

    def __init__(self, token: StoredToken | None = None) -> None:
        self._token = token

    async def load(self) -> StoredToken | None:
        """The token last saved."""
        return self._token

    async def save(self, token: StoredToken) -> None:
        """Keep `token`."""
        self._token = token

    async def clear(self) -> None:
        """Keep none."""
        self._token = None


class FileTokenStore:
    """Keeps the token in a JSON file that only its owner can read, replaced as a whole.

    All methods raise `OSError` when the file system refuses; `load` raises `ConfigurationError` for a file that
    others can read. A file that does not hold a token counts as none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    async def load(self) -> StoredToken | None:
        """Read the file, in a thread."""
        return await asyncio.to_thread(self._load)

    async def save(self, token: StoredToken) -> None:
        """Replace the file, in a thread."""
        await asyncio.to_thread(self._save, token)

    async def clear(self) -> None:
        """Remove the file, in a thread."""
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _load(self) -> StoredToken | None:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return None
        with file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise ConfigurationError("token_store", f"others can read {self._path}: its mode must be 600")
            return _read(file.read(1 << 20))

    def _save(self, token: StoredToken) -> None:
        # mkstemp makes the file with mode 600, so that it is never readable by others, not even for a moment.
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_written(token))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise


def _written(token: StoredToken) -> bytes:
    refresh = token.refresh_token
    return json.dumps(
        {
            "access_token": token.access_token.reveal(),
            "refresh_token": refresh.reveal() if refresh is not None else None,
            "expires_at": token.expires_at,
            "renew_at": token.renew_at,
            "scope": token.scope,
        }
    ).encode()


def _read(content: bytes) -> StoredToken | None:
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("access_token"), str) or not record["access_token"]:
        return None
    refresh, scope = record.get("refresh_token"), record.get("scope")
    return StoredToken(
        access_token=Secret(record["access_token"]),
        refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else None,
        expires_at=_time(record.get("expires_at")),
        renew_at=_time(record.get("renew_at")),
        scope=scope if isinstance(scope, str) else None,
    )


def _time(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < math.inf else None
