"""Settings: everything that can be set, checked when it is set.

Must live here: the settings, how they are read from the environment, what they may be. Must not: using them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, Self

import attrs
from attrs import field
from attrs.validators import optional

from engage_async.config_checks import (
    COUNT,
    SECONDS,
    SECONDS_OR_NONE,
    check_base_url,
    check_callable,
    check_file,
    check_flag,
    check_header_secret,
    check_headers,
    check_latin_1,
    check_proxy,
    check_secret,
    check_text,
    is_loopback,
    is_plain,
    number,
    one_of,
    suggestion,
)
from engage_async.errors import ConfigurationError
from engage_async.secret import Secret

__all__ = ["Grant", "Secret", "Settings", "TokenProvider"]

Grant = Literal[
    "access_token",
    "token_provider",
    "authorization_code",
    "jwt_bearer",
    "password",
    "refresh_token",
    "client_credentials",
]

TokenProvider = Callable[[], Awaitable[str | Secret]]

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "access_token": ("access_token",),
    "token_provider": ("token_provider",),
    "authorization_code": ("client_id",),
    "jwt_bearer": (),
    "refresh_token": ("client_id", "refresh_token"),
    "password": ("client_id", "username", "password"),
    "client_credentials": ("client_id", "client_secret"),
}

_CREDENTIALS = frozenset(
    {
        "grant", "client_id", "client_secret", "username", "password", "redirect_uri", "code", "code_verifier",
        "refresh_token", "jwt_assertion", "jwt_key", "jwt_issuer", "jwt_subject", "jwt_audience", "jwt_algorithm",
        "access_token", "token_provider", "scope",
    }
)  # fmt: skip
"""The settings that say who asks for a token."""

_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


def _to_secret(value: str | Secret | None) -> Secret | None:
    return Secret(value) if isinstance(value, str) else value


def _freeze(value: Mapping[str, str]) -> Mapping[str, str]:
    try:
        return MappingProxyType(dict(value))
    except (TypeError, ValueError) as error:
        raise ConfigurationError("extra_headers", "must map header names to values") from error


def _without_slash(value: str) -> str:
    return str(value).rstrip("/")


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that can be set. Wrong or missing values raise `ConfigurationError`, which names the setting.

    Secrets (passwords, keys, tokens, codes, a proxy's URL) may be given as `str`; they are kept as `Secret`.

    **Where**: `base_url` (http or https; plain http to another machine needs `allow_plain_http`), `api_key`.

    **Which token**: `grant`, or it is told by the credentials: `access_token` (a ready one), `token_provider` (an async
    function that gives one), `code` or `redirect_uri` (authorization code, with `code_verifier` for PKCE),
    `jwt_assertion` or `jwt_key` with `jwt_issuer` (JWT bearer), `username` with `password`, `refresh_token` alone, and
    `client_id` with `client_secret` alone (client credentials), in this order. Credentials for two of the first five
    are ambiguous and need `grant`. A `refresh_token` may accompany any of them. No credentials: no token is sent.

    **Times**, in seconds: `connect_timeout` (to get a connection, waiting for a free one included), `read_timeout`
    (silence), `request_timeout` (a whole request with its repetitions), `operation_timeout` (until the event that
    completes an operation), `initialization_timeout`, `close_timeout`, `error_grace` (how long an operation without a
    completing event waits for an error, and one whose reply is a server's fault or unreadable for its event),
    `keep_alive_interval` (None: none), `token_leeway` (how long before its end a
    token is renewed), `poll_margin` (how much longer than it said a server may hold a poll before its connection counts
    as dead).

    **Repetition**: `retry_attempts` (1: none), `retry_first_delay`, `retry_longest_delay` in seconds.

    **Connections**: `proxy` (a URL, or ``"environment"``), `ca_file`, `client_cert`, `client_key` (PEM files),
    `max_connections` (None: no limit), `max_response_bytes`, `extra_headers`, `trace_headers` (send ``X-B3-TraceId``
    and ``X-B3-SpanId``), `allow_insecure_cookies` (send cookies marked Secure over plain http; by default on a loopback
    host alone).

    **Behaviour**: `stream_limit` (events kept for a slow reader), `guess_errors` (whose an error, a new call or
    an answer is that fits several operations equally well: ``"oldest"`` credits the oldest, flagged as a guess, and
    ``"none"`` leaves it to the listeners), `mark_calls` (put the operation's id into a new call's user data),
    `optimize_config` (ask the server for a smaller configuration).
    """

    allow_plain_http: bool = field(default=False, validator=check_flag)
    base_url: str = field(default="", converter=_without_slash, validator=check_base_url)
    api_key: Secret | None = field(default=None, converter=_to_secret, validator=[check_secret, check_header_secret])

    grant: Grant | None = field(default=None, validator=optional(one_of(*_NEEDS)))
    client_id: str | None = field(default=None, validator=[check_text, check_latin_1])
    client_secret: Secret | None = field(default=None, converter=_to_secret, validator=[check_secret, check_latin_1])
    username: str | None = field(default=None, validator=check_text)
    password: Secret | None = field(default=None, converter=_to_secret, validator=check_secret)
    redirect_uri: str | None = field(default=None, validator=check_text)
    code: Secret | None = field(default=None, converter=_to_secret, validator=check_secret)
    code_verifier: Secret | None = field(default=None, converter=_to_secret, validator=check_secret)
    refresh_token: Secret | None = field(default=None, converter=_to_secret, validator=check_secret)
    jwt_assertion: Secret | None = field(default=None, converter=_to_secret, validator=check_secret)
    jwt_key: Secret | None = field(default=None, converter=_to_secret, validator=check_secret)
    jwt_issuer: str | None = field(default=None, validator=check_text)
    jwt_subject: str | None = field(default=None, validator=check_text)
    jwt_audience: str | None = field(default=None, validator=check_text)
    jwt_algorithm: str = field(default="RS256", validator=check_text)
    access_token: Secret | None = field(
        default=None, converter=_to_secret, validator=[check_secret, check_header_secret]
    )
    token_provider: TokenProvider | None = field(default=None, validator=check_callable, repr=False)
    scope: str | None = field(default=None, validator=check_text)

    connect_timeout: float = field(default=10.0, validator=SECONDS)
    read_timeout: float = field(default=30.0, validator=SECONDS)
    request_timeout: float = field(default=60.0, validator=SECONDS)
    operation_timeout: float = field(default=15.0, validator=SECONDS)
    initialization_timeout: float = field(default=30.0, validator=SECONDS)
    close_timeout: float = field(default=5.0, validator=SECONDS)
    error_grace: float = field(default=1.0, validator=number(0))
    keep_alive_interval: float | None = field(default=300.0, validator=SECONDS_OR_NONE)
    token_leeway: float = field(default=60.0, validator=number(0))
    poll_margin: float = field(default=10.0, validator=SECONDS)

    retry_attempts: int = field(default=4, validator=COUNT)
    retry_first_delay: float = field(default=0.2, validator=SECONDS)
    retry_longest_delay: float = field(default=10.0, validator=SECONDS)

    proxy: Secret | None = field(default=None, converter=_to_secret, validator=[check_secret, check_proxy])
    ca_file: str | os.PathLike[str] | None = field(default=None, validator=check_file)
    client_cert: str | os.PathLike[str] | None = field(default=None, validator=check_file)
    client_key: str | os.PathLike[str] | None = field(default=None, validator=check_file)
    max_connections: int | None = field(default=None, validator=optional(COUNT))
    max_response_bytes: int = field(default=16 * 1024 * 1024, validator=COUNT)
    extra_headers: Mapping[str, str] = field(
        factory=dict, converter=_freeze, validator=check_headers, repr=lambda value: f"<{len(value)} header(s)>"
    )
    trace_headers: bool = field(default=False, validator=check_flag)
    allow_insecure_cookies: bool = field(
        default=attrs.Factory(lambda self: is_plain(self.base_url) and is_loopback(self.base_url), takes_self=True),
        validator=check_flag,
    )

    stream_limit: int = field(default=1000, validator=COUNT)
    guess_errors: Literal["oldest", "none"] = field(default="oldest", validator=one_of("oldest", "none"))
    mark_calls: bool = field(default=False, validator=check_flag)
    optimize_config: bool = field(default=False, validator=check_flag)

    def __attrs_post_init__(self) -> None:
        if self.client_key is not None and self.client_cert is None:
            raise ConfigurationError("client_cert", "is missing: client_key belongs to a certificate")
        if self.retry_longest_delay < self.retry_first_delay:
            raise ConfigurationError("retry_longest_delay", "must not be less than retry_first_delay")
        grant = self.grant_in_use
        if grant is None:
            return
        signs = grant == "jwt_bearer" and self.jwt_assertion is None
        for name in ("jwt_key", "jwt_issuer") if signs else _NEEDS[grant]:
            if getattr(self, name) is None:
                instead = " (or jwt_assertion)" if signs else ""
                raise ConfigurationError(name, f"is missing: the grant {grant} needs it{instead}")
        if grant == "authorization_code" and self.code is not None and self.redirect_uri is None:
            raise ConfigurationError("redirect_uri", "is missing: a code is exchanged with the redirect URI it came to")

    @property
    def grant_in_use(self) -> Grant | None:
        """The grant: the one set, or the one that the credentials tell. None: no token is sent."""
        if self.grant is not None:
            return self.grant
        told: dict[Grant, bool] = {
            "access_token": self.access_token is not None,
            "token_provider": self.token_provider is not None,
            "authorization_code": self.code is not None or self.redirect_uri is not None,
            "jwt_bearer": self.jwt_assertion is not None or self.jwt_key is not None,
            "password": self.username is not None or self.password is not None,
        }
        named: list[Grant] = [grant for grant, is_told in told.items() if is_told]
        if len(named) > 1:
            raise ConfigurationError("grant", f"is ambiguous: there are credentials for {', '.join(named)}; set one")
        if named:
            return named[0]
        if self.refresh_token is not None:
            return "refresh_token"
        return "client_credentials" if self.client_id is not None or self.client_secret is not None else None

    def with_credentials(self, **credentials: Any) -> Self:
        """These settings with the credentials of another user in place of all those that name one."""
        for name in credentials:
            if name not in _CREDENTIALS:
                raise ConfigurationError(name, f"is not a credential{suggestion(name, _CREDENTIALS)}")
        nobody = dict.fromkeys(_CREDENTIALS - {"client_id", "client_secret", "scope", "jwt_algorithm"})
        return attrs.evolve(self, **{**nobody, **credentials})

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """Settings from ``ENGAGE_`` + the name in capitals, for example ``ENGAGE_BASE_URL``; `overrides` win.

        `environ` is `os.environ` by default. Flags are true/false, yes/no, on/off or 1/0; ``ENGAGE_EXTRA_HEADERS`` is a
        JSON object; ``none`` means None where a number may be None. A name that is no setting raises
        `ConfigurationError`, with the name that it resembles.
        """
        values: dict[str, Any] = {}
        readable = [name for name in _BY_NAME if name != "token_provider"]
        for variable, text in (os.environ if environ is None else environ).items():
            if not variable.startswith("ENGAGE_"):
                continue
            name = variable.removeprefix("ENGAGE_").lower()
            if name not in readable or variable != variable.upper():
                raise ConfigurationError(variable, f"is not a setting{suggestion(variable, map(_variable, readable))}")
            values[name] = _parse(name, text)
        for name in overrides:
            if name not in _BY_NAME:
                raise ConfigurationError(name, f"is not a setting{suggestion(name, _BY_NAME)}")
        return cls(**{**values, **overrides})


_BY_NAME: Mapping[str, attrs.Attribute[Any]] = attrs.fields_dict(Settings)


def _variable(name: str) -> str:
    return f"ENGAGE_{name.upper()}"


def _parse(name: str, text: str) -> Any:
    """The text of an environment variable as the setting's type."""
    kind = str(_BY_NAME[name].type)
    if "Secret" in kind:
        return Secret(text)
    text = text.strip()
    if "None" in kind and "str" not in kind and text.lower() == "none":
        return None
    read = next((read for start, read in _READERS.items() if kind.startswith(start)), str)
    try:
        return read(text)
    except (ValueError, RecursionError):
        problem = f"cannot be read as {kind.removesuffix(' | None')}"
    raise ConfigurationError(name, problem)


def _flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError


_READERS: Mapping[str, Callable[[str], Any]] = {"bool": _flag, "int": int, "float": float, "Mapping": json.loads}
