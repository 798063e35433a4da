"""What users see: names, laziness, docstrings."""

from __future__ import annotations

import inspect
import subprocess
import sys
import types

import pytest

import engage_async as ea
from engage_async.errors import EngageError

HEAVY = ("httpx", "aiohttp", "authlib", "aiocometd", "cattrs", "click", "rich", "pytest", "ssl", "asyncio")


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = run("import sys, engage_async; print(*sys.modules)").split()
    assert not {module.split(".")[0] for module in loaded} & set(HEAVY)


def test_settings_and_errors_load_no_transport() -> None:
    loaded = run("import sys, engage_async as ea; ea.Settings, ea.ApiError, ea.CallState; print(*sys.modules)").split()
    assert not {module.split(".")[0] for module in loaded} & {"httpx", "aiohttp", "authlib", "aiocometd"}


@pytest.mark.parametrize("name", ea.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(ea, name)
    if inspect.isclass(value):
        assert inspect.getdoc(value), f"{name} has no docstring"
        assert value.__name__ == name
    assert name in dir(ea)


def test_every_error_is_public_and_of_one_tree() -> None:
    from engage_async import errors

    for name in errors.__all__:
        kind = getattr(errors, name)
        if inspect.isclass(kind):
            assert issubclass(kind, EngageError)
            assert getattr(ea, name) is kind


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = ea.Nothing


@pytest.mark.parametrize("name", ea.__all__)
def test_public_methods_have_docstrings(name: str) -> None:
    value = getattr(ea, name)
    if not inspect.isclass(value) or issubclass(value, BaseException):
        return
    undocumented = [
        method
        for method, function in vars(value).items()
        if not method.startswith("_") and isinstance(function, types.FunctionType) and not inspect.getdoc(function)
    ]
    assert undocumented == []
