"""REST routes of the workspace group `targets`.

Must live here: reading the requests of the group, and their answers. Must not: what targets are (targets.py), what is
kept of them (target_lists.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.request_forms import Form, boolean, read_body, text
from engage_async.emulator.rest_replies import MalformedRequest, done, in_session, refused
from engage_async.emulator.target_lists import TargetRefused
from engage_async.emulator.targets import KINDS, MATCHED, TargetQuery
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_BASE = "/workspace/v3/targets"
_SYNONYMS = {"queue": "interaction-queue", "contact": "custom-contact"}


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the group."""
    routes = _TargetRoutes(emulator)
    for method, path, handler in (
        ("GET", "", routes.search),
        ("GET", "/personal-favorites", routes.favorites),
        ("POST", "/personal-favorites/save", routes.save_favorite),
        ("POST", "/personal-favorites/delete/{type}/{id}", routes.delete_favorite),
        ("GET", "/recents", routes.recents),
        ("POST", "/recents/add", routes.add_recent),
        ("POST", "/recents/ack-missed-calls", routes.acknowledge_missed_calls),
        ("GET", "/{type}/{id}", routes.target),
    ):
        app.router.add_route(method, _BASE + path, in_session(emulator, handler))


class _TargetRoutes:
    """The handlers."""

    def __init__(self, emulator: Emulator) -> None:
        self._targets, self._lists = emulator.centre.targets, emulator.centre.target_lists

    async def search(self, request: web.Request, session: WebSession) -> web.Response:
        """The first targets that fit, and how many do."""
        query = request.query
        term = query.get("searchTerm", "").strip()
        if not term:
            raise MalformedRequest("Missing parameters: searchTerm")
        wanted = TargetQuery(
            term,
            kinds=[_kind(name) for name in _names(request, "types") or KINDS],
            members=_members(request),
            exact=_word(request, "matchType", ("exact",)) == "exact",
            only_groups=_names(request, "restrictGroup"),
            not_groups=_names(request, "excludeGroup") or (),
            from_groups=_names(request, "restrictToGroup"),
            not_from_groups=_names(request, "excludeFromGroup") or (),
        )
        found = self._targets.search(wanted, self._lists.contacts(session.user))
        if _word(request, "sort", ("asc", "desc")) != "asc":
            found.reverse()
        return _listed(request, found)

    async def target(self, request: web.Request, _session: WebSession) -> web.Response:
        """One target."""
        kind, target_id = _kind(request.match_info["type"]), request.match_info["id"]
        found = self._targets.find(kind, target_id)
        if found is None:
            return refused("Resource not found", {"type": kind, "id": target_id})
        return done({"targets": [found], "totalMatches": 1})

    async def favorites(self, request: web.Request, session: WebSession) -> web.Response:
        """The agent's favourites."""
        return _listed(request, self._lists.favorites(session.user))

    async def save_favorite(self, request: web.Request, session: WebSession) -> web.Response:
        """One more favourite."""
        form = Form(
            {"target": _target, "category": text, "ignoreDuplication": boolean}, required=("target", "category")
        )
        _, data = read_body(form, await request.read())
        try:
            target = self._lists.read(data["target"])
            self._lists.save(session.user, target, data["category"], again=data.get("ignoreDuplication", False))
        except TargetRefused as reason:
            return refused(str(reason))
        return done()

    async def delete_favorite(self, request: web.Request, session: WebSession) -> web.Response:
        """One favourite less."""
        try:
            self._lists.delete(session.user, _kind(request.match_info["type"]), request.match_info["id"])
        except TargetRefused as reason:
            return refused(str(reason))
        return done()

    async def recents(self, request: web.Request, session: WebSession) -> web.Response:
        """The agent's recents."""
        return _listed(request, self._lists.recents(session.user))

    async def add_recent(self, request: web.Request, session: WebSession) -> web.Response:
        """A target was used."""
        form = Form({"target": _target, "recentInformation": _recent}, required=("target", "recentInformation"))
        _, data = read_body(form, await request.read())
        try:
            self._lists.add(session.user, self._lists.read(data["target"]), data["recentInformation"])
        except TargetRefused as reason:
            return refused(str(reason))
        return done()

    async def acknowledge_missed_calls(self, _request: web.Request, session: WebSession) -> web.Response:
        """The agent has seen the missed calls."""
        self._lists.acknowledge(session.user)
        return done()


# --- reading ----------------------------------------------------------------------------------------------------------


def _listed(request: web.Request, found: list[dict[str, Any]]) -> web.Response:
    limit = whole_number(request, "limit", 50)
    return done({"targets": found[:limit], "totalMatches": len(found)})


def whole_number(request: web.Request, name: str, default: int, *, least: int = 0) -> int:
    """A number in the query. Raises `MalformedRequest`."""
    given = request.query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given) >= least):
        raise MalformedRequest(f"{name} must be an integer from {least} on")
    return int(given)


def _names(request: web.Request, name: str) -> list[str] | None:
    given = request.query.get(name)
    return [part.strip() for part in given.split(",") if part.strip()] if given is not None else None


def _word(request: web.Request, name: str, words: tuple[str, ...]) -> str | None:
    given = request.query.get(name)
    if given is not None and given not in words:
        raise MalformedRequest(f"{name} must be {' or '.join(words)}")
    return given


def _kind(name: str) -> str:
    kind = _SYNONYMS.get(name, name)
    if kind not in KINDS:
        raise MalformedRequest(f"{name[:40]!r} is no type of target")
    return kind


def _members(request: web.Request) -> list[str]:
    named = _names(request, "filterName") or list(MATCHED)
    if unknown := [name for name in named if name not in MATCHED]:
        raise MalformedRequest(f"filterName: {unknown[0][:40]!r} is none of {', '.join(MATCHED)}")
    return named


def _target(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedRequest(f"{name} must be an object")
    target: dict[str, Any] = dict(value)
    if target.get("type") is not None:
        target["type"] = _kind(text(f"{name}.type", target["type"]))
    for member in ("emailAddresses", "numbers", "phoneNumbers"):
        listed = target.get(member)
        if listed is not None and not (isinstance(listed, list) and all(isinstance(each, str) for each in listed)):
            raise MalformedRequest(f"{name}.{member} must be a list of texts")
    return target


def _recent(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedRequest(f"{name} must be an object")
    media, stamp = value.get("media"), value.get("timeStamp")
    if media is not None:
        text(f"{name}.media", media)
    if stamp is not None and (not isinstance(stamp, int | float) or isinstance(stamp, bool)):
        raise MalformedRequest(f"{name}.timeStamp must be a number of milliseconds since 1970")
    return {"media": media, "timeStamp": stamp}
