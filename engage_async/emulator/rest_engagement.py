"""REST routes of the Engagement API.

Must live here: reading the requests, and their answers. Must not: callbacks (callbacks.py), office hours, statistics.

    {"status": {"code": 0, "message": "Successful", "corrId": …}, "data": …}                                     done
    {"status": {"code": 400, "message": …, "corrId": …}}               HTTP 400    not well formed, or cannot be done
    {"status": {"code": 404, "message": …, "corrId": …}}               HTTP 404    no such callback
    {"status": {"code": 429, …}, "data": {"slots": {"<UTC time>": "<capacity>"}}}  HTTP 429    the slot is full
    {"message": "Forbidden"}                                           HTTP 403    no API key

Every request needs an ``x-api-key``, and no token. The success code 0 is assumed, and that proposed slots map a time to
what it still takes (the definition says: a map of text), as the vendor's Callback Services API has it.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.callback_setup import CallbackService, zone
from engage_async.emulator.callbacks import Callback, CallbackRefused, FreeSlot, SlotIsFull
from engage_async.emulator.calls import wire_time
from engage_async.emulator.request_forms import Check, boolean, read_object, text
from engage_async.emulator.rest_replies import Handler, MalformedRequest, flag
from engage_async.emulator.rest_statistics import errors_of, read_statistics

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["add_routes"]

_BASE = "/engagement/v3"
_LONGEST = timedelta(days=366)
_SHORTEST_MAX_AGE = 15
_MOST_CACHED = 1_000
_ACCESS_CODES = (1_000, 9_999)
_CALL_IN_EXPIRES = 30

_MODES = ("mode1", "mode2", "mode3")


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes."""
    routes = _EngagementRoutes(emulator)
    for method, path, handler in (
        ("GET", "callbacks/open-for/{service}", routes.open_for),
        ("GET", "callbacks/availability/{service}", routes.availability),
        ("POST", "call-in/requests/create", routes.call_in),
        ("POST", "callbacks/create", routes.create),
        ("POST", "callbacks/cancel", routes.cancel),
        ("POST", "callbacks/retrieve", routes.retrieve),
        ("GET", "estimated-wait-time", routes.estimated_wait_time),
        ("GET", "callbacks/queue-status/{queue}", routes.queue_status),
        ("POST", "statistics/operations/get-statistic-ex", routes.statistics),
    ):
        app.router.add_route(method, f"{_BASE}/{path}", _keyed(handler))


class _EngagementRoutes:
    """The handlers. `_cached`: the statistics that were read, by what was asked, with the time of that."""

    def __init__(self, emulator: Emulator) -> None:
        self._callbacks = emulator.callbacks
        self._directory, self._random = emulator.centre.directory, emulator.centre.random
        self._subscriptions = emulator.statistic_subscriptions
        self._cached: dict[str, tuple[datetime, dict[str, Any]]] = {}

    # --- availability -------------------------------------------------------------------------------------------------

    async def open_for(self, request: web.Request) -> web.Response:
        """For how long the office stays open."""
        service, local = self._service(request.match_info["service"]), _zone(request)
        start = _time("start", request.query.get("start"), local) or self._callbacks.now
        until = service.open_until(start)
        return _done({"openFor": 0 if until is None else int((until - start).total_seconds())})

    async def availability(self, request: web.Request) -> web.Response:
        """The slots of a service."""
        service, query, local = self._service(request.match_info["service"]), request.query, _zone(request)
        _at_most_one(query, "start", "startMS")
        _at_most_one(query, "end", "endMS", "numberOfDays")
        start = _time("start", query.get("start"), local) or _millis(query, "startMS") or self._callbacks.now
        days = _number(query, "numberOfDays")
        end = _time("end", query.get("end"), local) or _millis(query, "endMS") or start
        if days is not None:
            end = start + timedelta(days=min(days, _LONGEST.days))
        elif end <= start:
            end = _end_of_day(start, local)
        most = _number(query, "maxTimeSlots")
        slots = self._callbacks.free_slots(service, start, min(end, start + _LONGEST), busy=flag(request, "reportBusy"))
        return _done(
            {
                "slots": [_slot(each, service, local) for each in islice(slots, most)],
                "durationMin": service.slot_minutes,
                "timezone": request.query.get("timezone", "UTC"),
            }
        )

    # --- callbacks ----------------------------------------------------------------------------------------------------

    async def create(self, request: web.Request) -> web.Response:
        """Book a callback."""
        body = _members(read_object(await request.read()), _CREATE, "serviceName", "phoneNumber")
        service = self._service(body["serviceName"])
        if self._directory.outside(body["phoneNumber"]) is None:
            raise MalformedRequest("phoneNumber is no telephone number")
        desired = _time("desiredTime", body.get("desiredTime"), None)
        try:
            booked = self._callbacks.book(
                service, body["phoneNumber"], desired, body, check_capacity=body.get("alwaysCheckCapacity", False)
            )
        except SlotIsFull as full:
            proposed = {wire_time(each.slot.start.timestamp()): str(each.capacity) for each in full.proposed}
            return _refused(429, str(full), {"slots": proposed})
        except CallbackRefused as reason:
            return _refused(400, str(reason))
        return _done({"id": booked.id})

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel a callback."""
        callback = await self._named(request)
        if callback is None:
            return _refused(404, "No such callback")
        try:
            self._callbacks.cancel(callback)
        except CallbackRefused as reason:
            return _refused(400, str(reason))
        return _done({"id": callback.id})

    async def retrieve(self, request: web.Request) -> web.Response:
        """A callback as it is now."""
        callback = await self._named(request)
        return _refused(404, "No such callback") if callback is None else _done(self._view(callback))

    async def _named(self, request: web.Request) -> Callback | None:
        body = _members(read_object(await request.read()), {"id": text}, "id")
        return self._callbacks.find(body["id"])

    def _view(self, callback: Callback) -> dict[str, Any]:
        view = {
            "id": callback.id,
            "desiredTime": wire_time(callback.time.timestamp()),
            "callbackState": callback.state(self._callbacks.now),
            "phoneNumber": callback.phone_number,
        }
        if callback.cancelled:
            return view | {"callbackReason": "CANCELLED"}
        queue = callback.service.virtual_queue
        waiting = self._callbacks.waiting(queue)
        if callback not in waiting:
            return view
        ahead = waiting.index(callback)
        return view | {"positionInQueue": ahead + 1, "estimatedWaitTime": self._callbacks.expected_wait(queue, ahead)}

    async def call_in(self, request: web.Request) -> web.Response:
        """Expect a call."""
        body = _members(read_object(await request.read()), _CALL_IN, "groupName")
        group = self._callbacks.setup.call_in_groups.get(body["groupName"])
        if group is None:
            return _refused(400, "No such group")
        kept = {name: body[name] for name in ("fromPhoneNumber", "callbackServiceId") if name in body}
        return _done(
            {
                "id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
                "toPhoneNumber": group.number,
                "groupName": group.name,
                "expirationTime": _CALL_IN_EXPIRES,
                "accessCode": self._random.randint(*_ACCESS_CODES),
                **kept,
            }
        )

    # --- waiting ------------------------------------------------------------------------------------------------------

    async def estimated_wait_time(self, request: web.Request) -> web.Response:
        """How long virtual queues make wait: one entry for each that is named."""
        queues = [name.strip() for name in request.query.get("virtual-queues", "").split(",") if name.strip()]
        mode = request.query.get("mode", "mode2")
        if not queues:
            raise MalformedRequest("Missing parameters: virtual-queues")
        if mode not in _MODES:
            raise MalformedRequest(f"mode must be one of {', '.join(_MODES)}")
        flag(request, "include-calls-on-hold")
        return _done([self._wait(queue, with_agents=mode != "mode1") for queue in queues])

    def _wait(self, queue: str, *, with_agents: bool) -> dict[str, Any]:
        known = self._callbacks.service_of(queue) is not None
        wait = self._callbacks.expected_wait(queue, with_agents=with_agents) if known else -1
        message = "Successful" if known else "Unknown virtual queue"
        return {"virtualQueue": queue, "estimatedWaitTime": wait, "message": message, "resultCode": int(not known)}

    async def queue_status(self, request: web.Request) -> web.Response:
        """What callers of a virtual queue should be offered."""
        queue = request.match_info["queue"]
        if self._callbacks.service_of(queue) is None:
            return _refused(400, "No such queue")
        now, later = self._callbacks.offers(queue)
        wait = self._callbacks.expected_wait(queue)
        return _done({"ewt": wait, "offerImmediateCallback": now, "offerScheduledCallback": later})

    async def statistics(self, request: web.Request) -> web.Response:
        """Statistics, at most so old as the request allows (15 seconds when it allows less, or does not say)."""
        body = read_object(await request.read())
        wanted = read_statistics(body, definitions=False)
        now, key = self._callbacks.now, repr(wanted)
        cached = self._cached.get(key)
        if cached is None or now - cached[0] > timedelta(seconds=_max_age(request)):
            found, refused = self._subscriptions.values(wanted)
            answer: dict[str, Any] = {"data": {"statistics": found}}
            if len(self._cached) >= _MOST_CACHED:
                self._cached.clear()
            cached = self._cached[key] = now, answer | ({"errors": errors_of(refused)} if refused else {})
        return web.json_response({"status": _status(0, "Successful")} | cached[1])

    def _service(self, name: str) -> CallbackService:
        service = self._callbacks.setup.services.get(name)
        if service is None:
            raise MalformedRequest(f"No such service: {name[:60]!r}")
        try:
            zone(service.timezone)
        except LookupError as unknown:  # a machine without this part of the tz database
            raise MalformedRequest(f"The service is not to be had here: {unknown}") from unknown
        return service


# --- reading ----------------------------------------------------------------------------------------------------------


def _number_member(name: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedRequest(f"{name} must be a number")
    return value


def _object_member(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedRequest(f"{name} must be an object")
    return value


def _targets(name: str, value: Any) -> Any:
    parts = value if isinstance(value, list) else [None]
    if not all(isinstance(each, dict) and {"channel", "target"} <= each.keys() for each in parts):
        raise MalformedRequest(f"{name} must be a list of objects with channel and target")
    return value


_TEXTS = (
    "serviceName", "phoneNumber", "desiredTime", "cbOfferType", "language", "inboundVQ", "channel", "offerTiming",
    "cbOriginationIxnId", "surveyRP", "routePoint", "captchaToken",
)  # fmt: skip
_CREATE: dict[str, Check] = {
    **dict.fromkeys(_TEXTS, text),
    "offerThreshold": _number_member,
    "priority": _number_member,
    "userData": _object_member,
    "pushTargets": _targets,
    "alwaysCheckCapacity": boolean,
}
_CALL_IN: dict[str, Check] = {
    "groupName": text,
    "fromPhoneNumber": text,
    "userData": _object_member,
    "callbackServiceId": text,
}


def _members(body: dict[str, Any], form: dict[str, Check], *required: str) -> dict[str, Any]:
    """The members of a body that has no ``data``. Raises `MalformedRequest`."""
    missing = [name for name in required if body.get(name) in (None, "")]
    if missing:
        raise MalformedRequest(f"Missing parameters: {', '.join(missing)}")
    return {name: check(name, body[name]) for name, check in form.items() if body.get(name) is not None}


def _time(name: str, value: str | None, local: tzinfo | None) -> datetime | None:
    """A time in ISO 8601, in UTC; one without a zone is in the request's, if that can be."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise MalformedRequest(f"{name} must be a time in ISO 8601") from None
    if moment.tzinfo is None:
        if local is None:
            raise MalformedRequest(f"{name} must name its time zone")
        moment = moment.replace(tzinfo=local)
    return moment.astimezone(UTC)


def _zone(request: web.Request) -> tzinfo:
    try:
        return zone(request.query.get("timezone", "UTC"))
    except LookupError:
        raise MalformedRequest("timezone is none of the tz database") from None


def _number(query: Any, name: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and 0 < len(value) < 16):
        raise MalformedRequest(f"{name} must be a whole number")
    return int(value)


def _millis(query: Any, name: str) -> datetime | None:
    value = _number(query, name)
    try:
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise MalformedRequest(f"{name} is out of range") from None


def _at_most_one(query: Any, *names: str) -> None:
    if sum(name in query for name in names) > 1:
        raise MalformedRequest(f"Set only one of {', '.join(names)}")


def _end_of_day(moment: datetime, local: tzinfo) -> datetime:
    tomorrow = moment.astimezone(local).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=local).astimezone(UTC)


def _max_age(request: web.Request) -> int:
    for directive in request.headers.get("Cache-Control", "").split(","):
        name, _, seconds = directive.strip().partition("=")
        if name.lower() == "max-age" and seconds.isascii() and seconds.isdecimal():
            return max(int(seconds[:9]), _SHORTEST_MAX_AGE)
    return _SHORTEST_MAX_AGE


# --- answers ----------------------------------------------------------------------------------------------------------


def _keyed(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    """A handler for those with an API key, which may raise `MalformedRequest`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if not request.headers.get("x-api-key"):
            return web.json_response({"message": "Forbidden"}, status=403)
        try:
            return await handler(request)
        except MalformedRequest as complaint:
            return _refused(400, str(complaint))

    return answer


def _slot(free: FreeSlot, service: CallbackService, local: tzinfo) -> dict[str, Any]:
    return {
        "utcTime": wire_time(free.slot.start.timestamp()),
        "localTime": free.slot.start.astimezone(local).isoformat(timespec="milliseconds"),
        "capacity": free.capacity,
        "total": service.slot_capacity,
    }


def _done(data: Any) -> web.Response:
    return web.json_response({"status": _status(0, "Successful"), "data": data})


def _refused(code: int, message: str, data: Any = None) -> web.Response:
    body: dict[str, Any] = {"status": _status(code, message)}
    return web.json_response(body if data is None else body | {"data": data}, status=code)


def _status(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "corrId": str(uuid.uuid4())}
