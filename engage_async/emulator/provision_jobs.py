"""Imports and exports of users, which take their time.

Must live here: the course of both, their states. Must not: the form of the file (provision_sheet.py), HTTP, uploads.

A row for a user that exists changes it. A row that cannot be taken over is reported and passed over.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engage_async.emulator.provision_sheet import Row, read_rows, written
from engage_async.emulator.provision_store import ProvisionRefused, ProvisionStore, User
from engage_async.emulator.scheduler import Scheduler, Timer

__all__ = ["Exports", "Imports"]

_STEP = 0.02
_KEPT = 64


class Imports:
    """The imports of all administrators: one at a time. `pace` tells how many rows are taken over in a second."""

    def __init__(self, store: ProvisionStore, scheduler: Scheduler, pace: Callable[[], float]) -> None:
        self._store, self._scheduler, self._pace = store, scheduler, pace
        self._states: dict[str, dict[str, Any]] = {}
        self._running: str | None = None
        self._timer: Timer | None = None

    def status(self, admin: str) -> dict[str, Any]:
        """How far the administrator's import is."""
        state = self._states.get(admin, {"adminName": admin, "failed": []})
        return {**state, "activeImporters": [self._running] if self._running is not None else []}

    def check(self, path: Path) -> list[dict[str, Any]]:
        """What is wrong with the rows of a file."""
        return [_failure(line, user, problem) for line, user, problem in read_rows(path) if problem is not None]

    def begin(self, admin: str, path: Path) -> None:
        """Begin an import; the file is the import's from now on. Raises `ProvisionRefused`."""
        if self._running is not None:
            detail = {"activeImporters": [self._running]}
            raise ProvisionRefused(f"{self._running} is importing", status=409, detail=detail)
        total = sum(1 for _ in read_rows(path))
        self._states[admin] = {
            "adminName": admin,
            "operation": "import",
            "sheetName": "users",
            "totalCount": total,
            "succeedCount": 0,
            "failed": [],
            "lastEntity": "",
            "stopRequested": False,
            "stopped": False,
        }
        self._running = admin
        self._timer = self._scheduler.call_later(_STEP, lambda: self._step(admin, path, read_rows(path)))

    def stop(self, admin: str) -> None:
        """Ask the administrator's import to stop."""
        if self._running == admin:
            self._states[admin]["stopRequested"] = True

    def close(self) -> None:
        """Take over nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._running = None

    def _step(self, admin: str, path: Path, rows: Iterator[Row]) -> None:
        state = self._states[admin]
        batch = list(itertools.islice(rows, max(1, int(self._pace() * _STEP)))) if not state["stopRequested"] else []
        for line, user, problem in batch:
            self._take_over(state, line, user, problem)
        if batch:
            self._timer = self._scheduler.call_later(_STEP, lambda: self._step(admin, path, rows))
            return
        state["stopped"] = state["stopRequested"]
        self._running = self._timer = None
        path.unlink(missing_ok=True)

    def _take_over(self, state: dict[str, Any], line: int, user: User, problem: str | None) -> None:
        state["lastEntity"] = user.get("userName", "")
        problem = problem or self._problem_with(user)
        if problem is None:
            state["succeedCount"] += 1
        else:
            state["failed"].append(_failure(line, user, problem))

    def _problem_with(self, user: User) -> str | None:
        """Take a user over; what kept it from being taken over."""
        known = self._store.user_named(user["userName"])
        try:
            self._store.add_user(user) if known is None else self._store.change_user(known["DBID"], user)
        except ProvisionRefused as refused:
            return str(refused)
        return None


def _failure(line: int, user: User, problem: str) -> dict[str, Any]:
    return {"row": line, "userName": user.get("userName", ""), "message": problem}


class Exports:
    """Exports of users: each is ready after some steps, and can then be downloaded."""

    def __init__(self, store: ProvisionStore, scheduler: Scheduler) -> None:
        self._store, self._scheduler = store, scheduler
        self._begun: dict[str, tuple[float, str, bytes]] = {}
        self._ids = itertools.count(1)

    def begin(self, fields: list[str], name: str, dbids: list[str], filters: dict[str, Any]) -> str:
        """Begin one, and give its id. Raises `ProvisionRefused`."""
        if not fields:
            raise ProvisionRefused("fields must name what is exported", status=400)
        users = [self._store.user(dbid) for dbid in dbids] if dbids else list(self._store.users.values())
        groups = set(filters.get("agentGroupFilter") or ())
        users = [user for user in users if not groups or groups & set(user.get("agentGroups", ()))]
        keys = filters.get("sortBy") or []
        users.sort(key=lambda user: [str(user.get(key, "")).casefold() for key in keys])
        if filters.get("order") == "Descending":
            users.reverse()
        export_id = str(next(self._ids))
        self._begun[export_id] = (self._scheduler.now(), name, written(users, fields))
        while len(self._begun) > _KEPT:
            del self._begun[next(iter(self._begun))]
        return export_id

    def progress(self, export_id: str) -> int:
        """How far it is, in percent."""
        began, _, _ = self._of(export_id)
        return min(100, int((self._scheduler.now() - began) / (5 * _STEP) * 100))

    def file(self, export_id: str) -> tuple[str, bytes]:
        """Its name and content, once it is ready."""
        if self.progress(export_id) < 100:
            raise ProvisionRefused("The export is not ready", status=409)
        _, name, content = self._of(export_id)
        return name, content

    def _of(self, export_id: str) -> tuple[float, str, bytes]:
        if export_id not in self._begun:
            raise ProvisionRefused("No such export", status=404, detail={"id": export_id})
        return self._begun[export_id]
