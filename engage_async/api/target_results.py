"""What the operations on targets and users give, made from their replies.

Must live here: small functions named by what they give, and the checks of their arguments. Must not: which operation
uses which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from engage_async.api.arguments import names
from engage_async.api.module import Known
from engage_async.api.pages import Page
from engage_async.errors import InvalidArgument, NotFound
from engage_async.models.codec import structure
from engage_async.models.targets import FoundTargets, FoundUsers, ListedUser, Target, TargetType
from engage_async.protocol.moments import moment

__all__ = ["a_target", "found_targets", "found_users", "page_of_targets", "page_of_users", "recent_use", "target_types"]

Payload = Mapping[str, Any]


def found_targets(payload: Payload, _arguments: Payload, _known: Known) -> FoundTargets:
    """The targets of a reply; entries that are no objects are left out."""
    return structure(FoundTargets, {**payload, "targets": _objects(payload.get("targets"))})


def a_target(payload: Payload, arguments: Payload, known: Known) -> Target:
    """The one target of a reply. Raises `NotFound` when it has none."""
    targets = found_targets(payload, arguments, known).targets
    if not targets:
        raise NotFound(404, "the reply holds no target", operation="targets.get_target")
    return targets[0]


def found_users(payload: Payload, _arguments: Payload, _known: Known) -> FoundUsers:
    """The users of a reply; entries that are no objects are left out."""
    return structure(FoundUsers, {**payload, "users": _objects(payload.get("users"))})


def page_of_targets(found: FoundTargets) -> Page[Target]:
    """The same as a page."""
    return Page(found.targets, found.total_matches)


def page_of_users(found: FoundUsers) -> Page[ListedUser]:
    """The same as a page."""
    return Page(found.users, found.total_matches)


def target_types(types: Iterable[TargetType | str] | None) -> list[str] | None:
    """The types that a search names.

    Raises `InvalidArgument` for a word that is none of `TargetType`; a type that a service knows and this package does
    not can be given as ``TargetType("that-type")``.
    """
    wanted = names("types", types)
    for word in wanted or ():
        if not isinstance(word, TargetType) and not TargetType(word).is_known:
            raise InvalidArgument(f"types: {word[:60]!r} is none of {', '.join(each.value for each in TargetType)}")
    return None if wanted is None else [str(TargetType(word)) for word in wanted]


def recent_use(media: Any, time: datetime | None) -> dict[str, Any]:
    """What a request says of the use of a target. `time` of None is now. Raises `InvalidArgument`."""
    if not isinstance(media, str) or not media.strip():
        raise InvalidArgument(f"media must be the name of a medium, not {media!r:.60}")
    moment("time", time)
    return {"media": media, "timeStamp": int((time or datetime.now(UTC)).timestamp() * 1000)}


def _objects(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
