"""What the exceptions of httpx and aiohttp mean: may I try again?

Must live here: the one table, and the words of the resulting errors. Must not: catching, sending, retrying.
"""

from __future__ import annotations

import errno
import ssl
from collections.abc import Mapping

from engage_async.errors import EngageError, MalformedResponse, NotSent, OutcomeUnknown

_Kind = type[NotSent] | type[OutcomeUnknown] | type[MalformedResponse]

MEANINGS: Mapping[str, tuple[_Kind, str]] = {
    # aiohttp, which knows best, also where a transport of httpx wraps it: `httpx_aiohttp` makes a connect time-out of
    # several of these although bytes were sent.
    "ClientConnectionError": (OutcomeUnknown, "the connection to {peer} was lost"),
    "ClientConnectionResetError": (OutcomeUnknown, "{peer} reset the connection"),
    "ClientConnectorCertificateError": (NotSent, "the certificate of {peer} is not accepted: {detail}"),
    "ClientConnectorDNSError": (NotSent, "the host name of {peer} cannot be resolved"),
    "ClientConnectorError": (NotSent, "cannot connect to {peer}: {detail}"),
    "ClientConnectorSSLError": (NotSent, "no TLS connection with {peer}: {detail}"),
    "ClientError": (OutcomeUnknown, "no complete answer from {peer}"),
    "ClientHttpProxyError": (NotSent, "the proxy {peer} refused to connect"),
    "ClientOSError": (OutcomeUnknown, "the connection to {peer} broke: {detail}"),
    "ClientPayloadError": (OutcomeUnknown, "the answer of {peer} was cut off in its body"),
    "ClientProxyConnectionError": (NotSent, "cannot connect to the proxy {peer}: {detail}"),
    "ClientResponseError": (OutcomeUnknown, "{peer} answered something that is not HTTP"),
    "ClientSSLError": (NotSent, "no TLS connection with {peer}: {detail}"),
    "ConnectionTimeoutError": (NotSent, "no connection to {peer} in time"),
    "ContentTypeError": (OutcomeUnknown, "{peer} answered with an unexpected content type"),
    "InvalidURL": (NotSent, "the URL cannot be sent"),
    "InvalidUrlClientError": (NotSent, "the URL cannot be sent"),
    "InvalidUrlRedirectClientError": (OutcomeUnknown, "{peer} redirected to something that is not a URL"),
    "NonHttpUrlClientError": (NotSent, "the URL is not http or https"),
    "NonHttpUrlRedirectClientError": (OutcomeUnknown, "{peer} redirected to something that is not http or https"),
    "RedirectClientError": (OutcomeUnknown, "{peer} redirected to something that cannot be followed"),
    "ServerConnectionError": (OutcomeUnknown, "the connection to {peer} was lost"),
    "ServerDisconnectedError": (OutcomeUnknown, "{peer} closed the connection without an answer"),
    "ServerFingerprintMismatch": (NotSent, "the certificate of {peer} is not the expected one"),
    "ServerTimeoutError": (OutcomeUnknown, "{peer} did not answer in time"),
    "SocketTimeoutError": (OutcomeUnknown, "{peer} did not answer in time"),
    "TooManyRedirects": (OutcomeUnknown, "{peer} redirected too often"),
    "UnixClientConnectorError": (NotSent, "cannot connect to {peer}: {detail}"),
    "UploadAbortedError": (OutcomeUnknown, "the request to {peer} was not sent completely"),
    "WSMessageTypeError": (OutcomeUnknown, "{peer} answered with an unexpected message"),
    "WSServerHandshakeError": (OutcomeUnknown, "{peer} refused the handshake"),
    # httpx, when no aiohttp exception is behind it: another transport.
    "CloseError": (OutcomeUnknown, "the connection to {peer} broke"),
    "ConnectError": (NotSent, "cannot connect to {peer}"),
    "ConnectTimeout": (NotSent, "no connection to {peer} in time"),
    "CookieConflict": (OutcomeUnknown, "cookies of {peer} contradict each other"),
    "DecodingError": (MalformedResponse, "the answer of {peer} cannot be decompressed"),
    "HTTPError": (OutcomeUnknown, "no complete answer from {peer}"),
    "HTTPStatusError": (OutcomeUnknown, "{peer} answered with an error"),
    "LocalProtocolError": (NotSent, "the request is not valid HTTP"),
    "NetworkError": (OutcomeUnknown, "the connection to {peer} broke"),
    "PoolTimeout": (NotSent, "no free connection to {peer} in time"),
    "ProtocolError": (OutcomeUnknown, "{peer} answered something that is not HTTP"),
    "ProxyError": (NotSent, "cannot connect through the proxy {peer}"),
    "ReadError": (OutcomeUnknown, "the connection to {peer} broke before its answer was complete"),
    "ReadTimeout": (OutcomeUnknown, "{peer} did not answer in time"),
    "RemoteProtocolError": (OutcomeUnknown, "{peer} answered something that is not HTTP"),
    "RequestError": (OutcomeUnknown, "no complete answer from {peer}"),
    "RequestNotRead": (NotSent, "the request body is not there"),
    "ResponseNotRead": (OutcomeUnknown, "the answer of {peer} was not read"),
    "StreamClosed": (OutcomeUnknown, "the answer of {peer} ended early"),
    "StreamConsumed": (OutcomeUnknown, "the answer of {peer} was read already"),
    "StreamError": (OutcomeUnknown, "the answer of {peer} cannot be read"),
    "TimeoutException": (OutcomeUnknown, "{peer} did not answer in time"),
    "TransportError": (OutcomeUnknown, "no complete answer from {peer}"),
    "UnsupportedProtocol": (NotSent, "the URL is not http or https"),
    "WriteError": (OutcomeUnknown, "the connection to {peer} broke while sending"),
    "WriteTimeout": (OutcomeUnknown, "{peer} did not take the request in time"),
    # The operating system's, where neither wraps it.
    "OSError": (OutcomeUnknown, "the connection to {peer} broke: {detail}"),
}
"""By class name; a class that is not here means what its nearest base in the table means."""

_CHAINED = frozenset({"ClientConnectionError", "ClientPayloadError", "OSError"})
"""Causes whose text tells no URL: those that may be chained, with what derives from them."""


def failure_of(error: Exception, peer: str, *, through_proxy: bool = False) -> EngageError | None:
    """The error to raise for `error`, with its ``__cause__`` where that shows no secret; None if it is not known.

    `peer` is ``host:port`` of the far end (the proxy, when there is one). Every cause is left out `through_proxy`:
    aiohttp keeps a proxy's password in its exceptions.
    """
    source = error
    name = None
    wrapped = (error.__cause__,) if type(error).__module__.startswith("httpx") else ()
    for candidate in (*wrapped, error):
        if isinstance(candidate, Exception):
            name = _known_name(candidate)
            if name is not None:
                source = candidate
                break
    if name is None:
        return None
    kind, words = MEANINGS[name]
    if _errno(source) == errno.ECONNREFUSED:
        words = "connection refused by {peer}"
    failure = kind(words.format(peer=peer, detail=_detail(source)))
    if not through_proxy and any(base.__name__ in _CHAINED for base in type(source).__mro__):
        failure.__cause__ = source
    return failure


def _known_name(error: Exception) -> str | None:
    return next((base.__name__ for base in type(error).__mro__ if base.__name__ in MEANINGS), None)


def _errno(error: BaseException) -> int | None:
    inner = getattr(error, "os_error", error)
    return inner.errno if isinstance(inner, OSError) else None


def _detail(error: BaseException) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", error)
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    if isinstance(inner, ssl.SSLError):
        return inner.reason or "handshake failed"
    if isinstance(inner, OSError):
        return inner.strerror or type(inner).__name__
    return type(inner).__name__
