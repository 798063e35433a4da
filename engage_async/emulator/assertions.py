"""Assertions about users that the authorization server takes for access tokens.

Must live here: making one (RFC 7523, signed by a client's secret with HS256). Must not: what is checked (oauth.py).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

__all__ = ["ASSERTION_LIFETIME", "assertion"]

ASSERTION_LIFETIME = 300


def assertion(user: str, *, client_id: str, secret: str, audience: str, now: float) -> str:
    """A JWT that says who the user is, good for `ASSERTION_LIFETIME` seconds. `now` is in seconds since 1970."""
    claims = {
        "iss": client_id,
        "sub": user,
        "aud": audience,
        "iat": int(now),
        "exp": int(now) + ASSERTION_LIFETIME,
        "jti": secrets.token_hex(8),
    }
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_unpadded(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _unpadded(json.dumps(value, separators=(",", ":")).encode())


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
