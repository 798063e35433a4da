"""REST routes of the Statistics API.

Must live here: reading the requests, and their answers. Must not: subscriptions (statistic_subscriptions.py), values.

    {"status": {"code": 0}, "data": …, "errors": [{"status": {"code": 404, "message": …, "detail": {…}}}]}       done
    {"status": {"code": 400, "message": …}, "path": …}                 HTTP 400    not well formed, or an id in use
    {"status": {"code": 404, "message": …}, "path": …}                 HTTP 404    no such subscription or statistic
    {"status": {"code": 503, "message": …}, "path": …}                 HTTP 503    the service is not available

Every request needs a bearer token; those about subscriptions also the cookie that the handshake set (403 without).
That ``detail`` names the statistic, and that names are given only when ``verbose`` is ``INFO``, is assumed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.oauth_http import BearerGate
from engage_async.emulator.request_forms import read_object
from engage_async.emulator.rest_replies import Handler, MalformedRequest, forbidden
from engage_async.emulator.statistic_subscriptions import (
    RefusedStatistic,
    Requested,
    StatisticSubscriptions,
    Subscription,
)
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["add_routes", "errors_of", "read_statistics"]

_BASE = "/statistics/v3"


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes."""
    routes = _StatisticsRoutes(emulator)
    for method, path, handler in (
        ("GET", "statistic-values/{name}", routes.value),
        ("POST", "operations/get-statistic-ex", routes.values),
    ):
        app.router.add_route(method, f"{_BASE}/{path}", routes.guarded(handler))
    for method, path, in_a_session in (
        ("POST", "subscriptions", routes.create),
        ("DELETE", "subscriptions/{id}", routes.delete),
        ("GET", "subscriptions/{id}/statistic-values", routes.peek),
    ):
        app.router.add_route(method, f"{_BASE}/{path}", routes.guarded(routes.in_session(in_a_session)))


class _StatisticsRoutes:
    """The handlers."""

    def __init__(self, emulator: Emulator) -> None:
        self._gate = BearerGate(emulator.oauth)
        self._web_sessions = emulator.statistics.web_sessions
        self._subscriptions: StatisticSubscriptions = emulator.statistic_subscriptions

    # --- who may ask --------------------------------------------------------------------------------------------------

    def guarded(self, handler: Handler) -> Handler:
        """A handler for those with a token, while the service is available."""

        async def answer(request: web.Request) -> web.StreamResponse:
            if self._gate.user_of(request) is None:
                return self._gate.refusal(request)
            if not self._subscriptions.available:
                return _refused(request, 503, "The statistics service is unavailable")
            try:
                return await handler(request)
            except MalformedRequest as complaint:
                return _refused(request, 400, str(complaint))

        return answer

    def in_session(self, handler: Callable[[web.Request, WebSession], Awaitable[web.Response]]) -> Handler:
        """A handler that is called with the living session which the request's cookies name."""

        async def answer(request: web.Request) -> web.Response:
            session = self._web_sessions.find(request)
            return forbidden() if session is None else await handler(request, session)

        return answer

    # --- subscriptions ------------------------------------------------------------------------------------------------

    async def create(self, request: web.Request, session: WebSession) -> web.Response:
        """Open a subscription under the request's operation id."""
        body, verbose = read_object(await request.read()), _verbose(request)
        own = body.get("operationId")
        if not isinstance(own, str) or not own:
            raise MalformedRequest("Missing parameters: operationId")
        statistics = read_statistics(body, definitions=True)
        if self._subscriptions.find(session, own) is not None:
            raise MalformedRequest(f"Subscription {own[:60]!r} exists already")
        subscription, refused = self._subscriptions.create(session, own, statistics, verbose=verbose)
        opened = [subscription.entry(each, verbose=verbose) for each in subscription.statistics.values()]
        return _done(_data(subscription, opened), errors_of(refused))

    async def delete(self, request: web.Request, session: WebSession) -> web.Response:
        """Close a subscription; done also when there is none."""
        self._subscriptions.delete(session, request.match_info["id"])
        return _done()

    async def peek(self, request: web.Request, session: WebSession) -> web.Response:
        """The present values of a subscription."""
        verbose, own = _verbose(request), request.match_info["id"]
        subscription = self._subscriptions.find(session, own)
        if subscription is None:
            return _refused(request, 404, f"Unknown subscription {own[:60]!r}")
        asked = request.query.get("statisticIds")
        ids = list(subscription.statistics) if not asked else asked.split(",")
        unknown = [statistic_id for statistic_id in ids if statistic_id not in subscription.statistics]
        found = [subscription.statistics[each] for each in ids if each in subscription.statistics]
        values = [subscription.entry(each, verbose=verbose) | self._subscriptions.reading(each) for each in found]
        errors = [_error(f"Unknown statistic {each[:60]!r}", {"statisticId": each}) for each in unknown]
        return _done(_data(subscription, values), errors)

    # --- values -------------------------------------------------------------------------------------------------------

    async def value(self, request: web.Request) -> web.Response:
        """The present value of one statistic."""
        missing = [name for name in ("objectId", "objectType") if not request.query.get(name)]
        if missing:
            raise MalformedRequest(f"Missing parameters: {', '.join(missing)}")
        wanted = Requested(request.query["objectId"], request.query["objectType"], request.match_info["name"])
        found, refused = self._subscriptions.values([wanted])
        if refused:
            return _refused(request, 404, refused[0].reason)
        return _done({"statistic": found[0]})

    async def values(self, request: web.Request) -> web.Response:
        """The present values of several statistics."""
        found, refused = self._subscriptions.values(
            read_statistics(read_object(await request.read()), definitions=False)
        )
        return _done({"statistics": found}, errors_of(refused))


# --- reading ----------------------------------------------------------------------------------------------------------


def read_statistics(body: dict[str, Any], *, definitions: bool) -> list[Requested]:
    """The statistics of a request body. Raises `MalformedRequest`."""
    data = body.get("data")
    statistics = data.get("statistics") if isinstance(data, dict) else None
    if not isinstance(statistics, list) or not statistics:
        raise MalformedRequest("Missing parameters: data.statistics")
    return [_requested(index, each, definitions=definitions) for index, each in enumerate(statistics)]


def _requested(index: int, statistic: Any, *, definitions: bool) -> Requested:
    given = statistic if isinstance(statistic, dict) else {}
    needed = ("objectId", "objectType", *(("statisticId",) if definitions else ("name",)))
    for member in needed:
        if not isinstance(given.get(member), str) or not given[member]:
            raise MalformedRequest(f"data.statistics[{index}].{member} must be a text")
    name, definition = given.get("name"), given.get("definition") if definitions else None
    if not isinstance(name, str) and not isinstance(definition, dict):
        raise MalformedRequest(f"data.statistics[{index}] must have a name or a definition")
    return Requested(
        given["objectId"],
        given["objectType"],
        name if isinstance(name, str) else None,
        definition if isinstance(definition, dict) else None,
        given.get("statisticId"),
    )


def _verbose(request: web.Request) -> bool:
    level = request.query.get("verbose", "INFO")
    if level not in {"INFO", "OFF"}:
        raise MalformedRequest("verbose must be OFF or INFO")
    return level == "INFO"


# --- answers ----------------------------------------------------------------------------------------------------------


def errors_of(refused: Iterable[RefusedStatistic]) -> list[dict[str, Any]]:
    """One error for each statistic that cannot be had."""
    return [_error(each.reason, _detail(each.requested)) for each in refused]


def _detail(requested: Requested) -> dict[str, Any]:
    detail = {"statisticId": requested.statistic_id, "name": requested.name}
    named = {name: value for name, value in detail.items() if value is not None}
    return named | {"objectId": requested.object_id, "objectType": requested.object_type}


def _error(message: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"status": {"code": 404, "message": message, "detail": detail}}


def _data(subscription: Subscription, statistics: list[dict[str, Any]]) -> dict[str, Any]:
    return {"operationId": subscription.id, "subscriptionId": subscription.id, "statistics": statistics}


def _done(data: Any = None, errors: list[dict[str, Any]] | None = None) -> web.Response:
    body: dict[str, Any] = {"status": {"code": 0}}
    return web.json_response(body | ({} if data is None else {"data": data}) | ({"errors": errors} if errors else {}))


def _refused(request: web.Request, code: int, message: str) -> web.Response:
    return web.json_response({"status": {"code": code, "message": message}, "path": request.path}, status=code)
