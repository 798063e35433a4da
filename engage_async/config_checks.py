"""What a setting may be: one check for each kind of value.

Must live here: checks that raise `ConfigurationError`, never quoting what may be secret. Must not: the settings.
"""

from __future__ import annotations

import difflib
import ipaddress
import math
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from attrs import Attribute
from attrs.validators import optional

from engage_async.errors import ConfigurationError
from engage_async.secret import Secret

ENVIRONMENT = "environment"
"""The value of `Settings.proxy` that means: as HTTP_PROXY, HTTPS_PROXY and NO_PROXY say."""

Check = Callable[[Any, "Attribute[Any]", Any], None]

_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-api-key",
        "x-b3-spanid",
        "x-b3-traceid",
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _url_problem(value: str) -> str | None:
    """What is wrong with an http(s) URL, or None. Never quotes the URL: it may hold a password."""
    if any(ord(c) <= 32 or ord(c) >= 127 or c == "\\" for c in value):
        return "must not have spaces, backslashes, control or non-ASCII characters"
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in {"http", "https"} or not host:
        return "must be an http:// or https:// URL with a host"
    if parts.query or parts.fragment or "?" in value or "#" in value:
        return "must not have a query or a fragment"
    return None


def is_plain(url: str) -> bool:
    """Whether `url` is plain http."""
    return url[:5].lower() == "http:"


def is_loopback(url: str) -> bool:
    """Whether the host of `url` is this machine."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_base_url(settings: Any, attribute: Attribute[Any], value: Any) -> None:
    """An http(s) URL without credentials, query and fragment; plain http for this machine only, unless allowed."""
    if not isinstance(value, str) or not value:
        raise ConfigurationError(attribute.name, "is missing: the environment's URL, like https://gapi.example.com")
    problem = _url_problem(value)
    if problem is None and "@" in urlsplit(value).netloc:
        problem = "must not have credentials"
    if problem is None and any(part in {".", ".."} for part in urlsplit(value).path.split("/")):
        problem = "must not have dot segments"
    if problem is None and is_plain(value) and not settings.allow_plain_http and not is_loopback(value):
        problem = "must be https: plain http would show tokens to the network (allow_plain_http=True permits it)"
    if problem is not None:
        raise ConfigurationError(attribute.name, problem)


def check_proxy(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """An http(s) URL, or ``environment``."""
    if isinstance(value, Secret) and value.reveal() != ENVIRONMENT:
        problem = _url_problem(value.reveal())
        if problem is not None:
            raise ConfigurationError(attribute.name, problem)


def check_text(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """Text without control characters, not empty."""
    if value is None:
        return
    if not isinstance(value, str):
        raise ConfigurationError(attribute.name, f"must be text, not {type(value).__name__}")
    if not value.strip():
        raise ConfigurationError(attribute.name, "is empty")
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise ConfigurationError(attribute.name, "must not have control characters")
    _check_unicode(attribute, value)


def _check_unicode(attribute: Attribute[Any], text: str) -> None:
    """Text of the environment whose bytes are not UTF-8 has lone surrogates, which nothing can send."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ConfigurationError(attribute.name, "must be Unicode text without lone surrogates")


def check_secret(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """Text, not empty."""
    if value is None:
        return
    if not isinstance(value, Secret):
        raise ConfigurationError(attribute.name, f"must be text, not {type(value).__name__}")
    if not value:
        raise ConfigurationError(attribute.name, "is empty")
    _check_unicode(attribute, value.reveal())


def check_header_secret(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """What a header can carry."""
    if isinstance(value, Secret) and any(ord(c) <= 32 or ord(c) >= 127 for c in value.reveal()):
        raise ConfigurationError(attribute.name, "must be printable ASCII without spaces: it is sent in a header")


def check_latin_1(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """What HTTP Basic authentication can carry."""
    text = value.reveal() if isinstance(value, Secret) else value or ""
    if any(ord(c) > 255 for c in text):
        raise ConfigurationError(attribute.name, "has characters that HTTP Basic authentication cannot send")


def number(least: float, *, whole: bool = False, above: bool = False) -> Check:
    """A number of at least (or above) `least`."""
    kinds: Any = int if whole else int | float
    needed = f"must be a {'whole ' if whole else ''}number {'above' if above else 'of at least'} {least:g}"

    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ConfigurationError(attribute.name, f"{needed}, not {value!r}")
        if not value < math.inf or value < least or (above and value == least):
            raise ConfigurationError(attribute.name, f"{needed}, not {value!r}")

    return check


SECONDS: Check = number(0, above=True)
SECONDS_OR_NONE: Check = optional(SECONDS)
COUNT: Check = number(1, whole=True)


def check_flag(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """True or False."""
    if not isinstance(value, bool):
        raise ConfigurationError(attribute.name, f"must be True or False, not {value!r}")


def one_of(*choices: str) -> Check:
    """One of some words."""

    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if value not in choices:
            told = f"must be one of {', '.join(choices)}{suggestion(str(value), choices)}"
            raise ConfigurationError(attribute.name, told)

    return check


def check_file(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """A file that can be read."""
    if value is None:
        return
    try:
        with open(value, "rb") as file:
            file.read(1)
    except (OSError, TypeError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "not a path"
        raise ConfigurationError(attribute.name, f"cannot read this file: {told}") from error


def check_headers(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """Header names and values that are not ours to set."""
    for name, text in value.items():
        problem = header_problem(name, text)
        if problem is None and name.lower() in _OWN_HEADERS:
            problem = f"must not have {name}: it is set for you"
        if problem is not None:
            raise ConfigurationError(attribute.name, problem)


def header_problem(name: object, text: object) -> str | None:
    """What is wrong with a header, or None. Never quotes its value, which may be secret."""
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        return "has a name that is not an HTTP header name"
    if not isinstance(text, str) or any(ord(c) < 32 or ord(c) >= 127 for c in text):
        return f"the value of {name} must be printable ASCII text"
    return None


def check_callable(_: Any, attribute: Attribute[Any], value: Any) -> None:
    """Something to call."""
    if value is not None and not callable(value):
        raise ConfigurationError(attribute.name, "must be an async function that gives a token")


def suggestion(given: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known one that it resembles."""
    close = difflib.get_close_matches(given, list(names), n=1)
    return f"; did you mean {close[0]}?" if close else ""
