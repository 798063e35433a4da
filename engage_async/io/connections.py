"""Where connections go and whom they trust.

Must live here: the proxy, the name of the far end, the TLS context. Must not: opening a connection.
"""

from __future__ import annotations

import ssl
import urllib.request
from urllib.parse import urlsplit

from engage_async.config import Settings
from engage_async.config_checks import ENVIRONMENT
from engage_async.errors import ConfigurationError

__all__ = ["peer_of", "proxy_of", "tls_context"]


def proxy_of(settings: Settings) -> str | None:
    """The URL of the proxy, which may hold a password; None when there is none."""
    if settings.proxy is None or settings.proxy.reveal() != ENVIRONMENT:
        return settings.proxy.reveal() if settings.proxy is not None else None
    base = urlsplit(settings.base_url)
    if urllib.request.proxy_bypass(base.hostname or ""):
        return None
    return urllib.request.getproxies().get(base.scheme)


def peer_of(url: str) -> str:
    """The ``host:port`` of a URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tls_context(settings: Settings, proxy: str | None) -> ssl.SSLContext:
    """The context for every connection. Raises `ConfigurationError` for a certificate or key that cannot be used."""
    if settings.base_url.startswith("http:") and (proxy is None or proxy.startswith("http:")):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used: it trusts nobody, and costs nothing to make
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError("ca_file", "is not a PEM file of certificates") from error
    if settings.client_cert is not None:
        try:
            # The password is given so that an encrypted key fails and never asks at the terminal.
            context.load_cert_chain(settings.client_cert, settings.client_key, password="")
        except (ssl.SSLError, ValueError) as error:
            raise ConfigurationError("client_cert", "certificate and key cannot be used together") from error
    return context
