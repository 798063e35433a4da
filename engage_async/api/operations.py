"""Every operation of this package, found by walking its API modules.

Must live here: the walk, and what a route and its method say of an operation. Must not: any one operation. Tools and
tests use it; nothing else imports it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from attrs import frozen

import engage_async.api
from engage_async.api.module import SynchronousModule
from engage_async.protocol.route import Route

__all__ = ["APIS", "ApiOperation", "all_operations", "same_shape"]

APIS: Mapping[str, str] = {
    "authentication": "/auth/v3",
    "workspace": "/workspace/v3",
    "provisioning": "/provisioning/v3",
    "statistics": "/statistics/v3",
    "engagement": "/engagement/v3",
}
"""The five APIs, and the path that each begins with."""

_SAYS_WHEN = re.compile(r"\b[Ss]ettles (?:it )?(.+?)\.(?:\s|$)", re.DOTALL)
_MARKUP = re.compile(r"`|\*\*")
_PARAMETER = re.compile(r"\{[^}]*\}")


@frozen
class ApiOperation:
    """One operation: its route, and the class and method that send it.

    `group` is the attribute that holds the class, `module` where both live.
    """

    api: str
    group: str
    method: str
    route: Route
    module: str
    owner: type[SynchronousModule] | None

    @property
    def function(self) -> Callable[..., Any] | None:
        """The method; None when there is none of the route's name."""
        found: Callable[..., Any] | None = getattr(self.owner, self.method, None)
        return found

    @property
    def settles(self) -> str:
        """When it is settled: ``with its reply``, or what the method's docstring says of its event."""
        if self.route.settles is None:
            return "with its reply"
        told = _SAYS_WHEN.search(inspect.getdoc(self.function) or "")
        return " ".join(_MARKUP.sub("", told[1]).split()) if told else "by an event"


def all_operations() -> list[ApiOperation]:
    """Every operation, API by API, in the order of the files."""
    found = [operation for module in _modules() for operation in _operations(module)]
    return sorted(found, key=lambda operation: list(APIS).index(operation.api))


@cache
def same_shape(path: str) -> str:
    """A path whose parameters have lost their names: equal for two that differ in nothing else."""
    return _PARAMETER.sub("{}", path)


def _modules() -> Iterator[ModuleType]:
    package = engage_async.api
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(info.name)


def _operations(module: ModuleType) -> Iterator[ApiOperation]:
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, SynchronousModule) and value.__module__ == module.__name__
    ]
    for route in _routes(module):
        group, _, method = route.name.partition(".")
        owner = next((found for found in classes if callable(getattr(found, method, None))), None)
        yield ApiOperation(_api(route), group, method, route, module.__name__, owner)


def _routes(module: ModuleType) -> Iterator[Route]:
    """The routes that a module names, one by one or in a mapping of them; each once."""
    found: dict[int, Route] = {}
    for value in vars(module).values():
        named = value.values() if isinstance(value, Mapping) else (value,)
        found |= {id(route): route for route in named if isinstance(route, Route)}
    yield from found.values()


def _api(route: Route) -> str:
    return next(api for api, base in APIS.items() if route.template.startswith(f"{base}/"))
