"""The emulator's OAuth 2 server over a real socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from attrs import frozen

from engage_async.emulator import Emulator

CLIENT, SECRET = "engage-client", "engage-secret"
USER, PASSWORD = "JohnSmith", "password"
BACK = "http://127.0.0.1/back"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
Credentials = tuple[str, str]
BASIC: Credentials = (CLIENT, SECRET)
BY_PASSWORD = {"grant_type": "password", "username": USER, "password": PASSWORD}


def basic(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(":".join(credentials).encode()).decode()}


@frozen
class Requester:
    emulator: Emulator
    http: aiohttp.ClientSession

    async def token(
        self, form: Mapping[str, str], *, auth: Credentials | None = BASIC, **more: str
    ) -> tuple[int, dict[str, Any]]:
        headers = basic(auth) if auth else {}
        async with self.http.post("/auth/v3/oauth/token", data={**form, **more}, headers=headers) as response:
            assert response.headers["Cache-Control"] == "no-store"
            body = await response.json()
            assert isinstance(body, dict)
            return response.status, body

    async def authorize(self, **query: str) -> dict[str, str]:
        """Sign in, and give the parameters of the redirect back."""
        query = {"response_type": "code", "client_id": CLIENT, "redirect_uri": BACK, "username": USER} | query
        async with self.http.get("/auth/v3/oauth/authorize", params=query, allow_redirects=False) as response:
            assert response.status == 302
            location = response.headers["Location"]
        assert location.startswith(f"{query['redirect_uri']}{'&' if '?' in query['redirect_uri'] else '?'}")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def user_of(self, access_token: str) -> str | None:
        token = self.emulator.oauth.owner(access_token)
        return token.user if token is not None else None


@pytest.fixture
async def oauth() -> AsyncIterator[Requester]:
    async with Emulator() as emulator, aiohttp.ClientSession(emulator.base_url) as http:
        yield Requester(emulator, http)


def signed(claims: dict[str, Any], *, secret: str = SECRET, alg: str = "HS256") -> str:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = f"{part(json.dumps({'alg': alg, 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"{head}.{part(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())}"


async def test_password_grant_gives_a_bearer_token_of_the_user(oauth: Requester) -> None:
    status, body = await oauth.token(BY_PASSWORD)
    assert status == 200
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("bearer", 3600, "*")
    assert body["refresh_token"]
    assert oauth.user_of(body["access_token"]) == USER


async def test_client_can_authenticate_in_the_body(oauth: Requester) -> None:
    status, _ = await oauth.token(BY_PASSWORD, auth=None, client_id=CLIENT, client_secret=SECRET)
    assert status == 200


@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (None, BY_PASSWORD, 401, "invalid_client"),
        (None, {"client_id": CLIENT} | BY_PASSWORD, 401, "invalid_client"),
        (None, {"client_id": CLIENT, "client_secret": "wrong"} | BY_PASSWORD, 401, "invalid_client"),
        ((CLIENT, "wrong"), BY_PASSWORD, 401, "invalid_client"),
        (("nobody", SECRET), BY_PASSWORD, 401, "invalid_client"),
        (BASIC, {"client_id": "second-client"} | BY_PASSWORD, 401, "invalid_client"),
        (BASIC, BY_PASSWORD | {"password": "wrong"}, 400, "invalid_grant"),
        (BASIC, BY_PASSWORD | {"username": "Nobody"}, 400, "invalid_grant"),
        (BASIC, {"grant_type": "password", "username": USER}, 400, "invalid_request"),
        (BASIC, {}, 400, "invalid_request"),
        (BASIC, {"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        (BASIC, {"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
        (BASIC, {"grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant"),
        (BASIC, {"grant_type": JWT_BEARER, "assertion": "x"}, 400, "invalid_grant"),
    ],
)
async def test_refusal_follows_rfc_6749(
    oauth: Requester, auth: Credentials | None, form: dict[str, str], status: int, error: str
) -> None:
    got, body = await oauth.token(form, auth=auth)
    assert (got, body["error"]) == (status, error)
    assert set(body) == {"error", "error_description"}
    assert SECRET not in body["error_description"]


async def test_body_that_is_not_a_form_is_refused(oauth: Requester) -> None:
    async with oauth.http.post("/auth/v3/oauth/token", json=BY_PASSWORD, headers=basic(BASIC)) as response:
        assert (response.status, (await response.json())["error"]) == (400, "invalid_request")


async def test_client_credentials_give_a_token_of_nobody(oauth: Requester) -> None:
    status, body = await oauth.token({"grant_type": "client_credentials"})
    assert status == 200
    assert "refresh_token" not in body
    token = oauth.emulator.oauth.owner(body["access_token"])
    assert token is not None
    assert (token.client_id, token.user) == (CLIENT, None)


async def test_code_is_exchanged_once_and_using_it_twice_voids_what_it_gave(oauth: Requester) -> None:
    back = await oauth.authorize(state="a&b c")
    assert back["state"] == "a&b c"
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK}
    status, body = await oauth.token(form)
    assert (status, oauth.user_of(body["access_token"])) == (200, USER)
    status, refusal = await oauth.token(form)
    assert (status, refusal["error"]) == (400, "invalid_grant")
    assert oauth.user_of(body["access_token"]) is None


async def test_code_is_bound_to_client_and_redirect_uri(oauth: Requester) -> None:
    code = (await oauth.authorize())["code"]
    status, body = await oauth.token({"grant_type": "authorization_code"}, code=code, redirect_uri="http://elsewhere/")
    assert (status, body["error"]) == (400, "invalid_grant")
    code = (await oauth.authorize())["code"]
    second = ("second-client", "second-secret")
    status, body = await oauth.token({"grant_type": "authorization_code"}, auth=second, code=code, redirect_uri=BACK)
    assert (status, body["error"]) == (400, "invalid_grant")


async def test_pkce_lets_a_public_client_in_only_with_the_verifier(oauth: Requester) -> None:
    for verifier, expected in ((VERIFIER, 200), ("w" * 43, 400), ("", 400)):
        back = await oauth.authorize(code_challenge=CHALLENGE, code_challenge_method="S256")
        form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK, "client_id": CLIENT}
        status, _ = await oauth.token(form, auth=None, code_verifier=verifier)
        assert status == expected


async def test_public_client_without_pkce_is_refused(oauth: Requester) -> None:
    code = (await oauth.authorize())["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": CLIENT}
    status, body = await oauth.token(form, auth=None)
    assert (status, body["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
        ({"username": "Nobody"}, "access_denied"),
    ],
)
async def test_authorization_is_refused_by_redirect(oauth: Requester, query: dict[str, str], error: str) -> None:
    back = await oauth.authorize(state="s", redirect_uri=f"{BACK}?a=1", **query)
    assert back == {"a": "1", "error": error, "state": "s"}


async def test_unknown_client_is_never_redirected(oauth: Requester) -> None:
    query = {"response_type": "code", "client_id": "<nobody>", "redirect_uri": BACK, "username": USER}
    async with oauth.http.get("/auth/v3/oauth/authorize", params=query, allow_redirects=False) as response:
        assert response.status == 400


async def test_sign_in_page_offers_every_user(oauth: Requester) -> None:
    query = {"response_type": "code", "client_id": CLIENT, "redirect_uri": BACK, "state": '"><script>'}
    async with oauth.http.get("/auth/v3/oauth/authorize", params=query) as response:
        page = await response.text()
    assert response.content_type == "text/html"
    assert "<script>" not in page
    for user in oauth.emulator.centre.directory.users:
        assert f"username={user}" in page


async def test_refresh_token_rotates(oauth: Requester) -> None:
    _, first = await oauth.token(BY_PASSWORD)
    status, second = await oauth.token({"grant_type": "refresh_token"}, refresh_token=first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert oauth.user_of(second["access_token"]) == USER
    assert oauth.user_of(first["access_token"]) is None
    status, body = await oauth.token({"grant_type": "refresh_token"}, refresh_token=first["refresh_token"])
    assert (status, body["error"]) == (400, "invalid_grant")


async def test_expired_tokens_are_refused_but_can_be_refreshed(oauth: Requester) -> None:
    _, body = await oauth.token(BY_PASSWORD)
    oauth.emulator.expire_tokens()
    assert oauth.user_of(body["access_token"]) is None
    status, body = await oauth.token({"grant_type": "refresh_token"}, refresh_token=body["refresh_token"])
    assert (status, oauth.user_of(body["access_token"])) == (200, USER)


async def test_token_lifetime_is_a_switch(oauth: Requester) -> None:
    oauth.emulator.switches.token_lifetime = 0.0
    _, body = await oauth.token(BY_PASSWORD)
    assert body["expires_in"] == 0
    assert oauth.user_of(body["access_token"]) is None


async def test_revoked_tokens_of_one_user_leave_the_others_alone(oauth: Requester) -> None:
    _, john = await oauth.token(BY_PASSWORD)
    _, client = await oauth.token({"grant_type": "client_credentials"})
    oauth.emulator.revoke_tokens(USER)
    assert oauth.user_of(john["access_token"]) is None
    status, _ = await oauth.token({"grant_type": "refresh_token"}, refresh_token=john["refresh_token"])
    assert status == 400
    assert oauth.emulator.oauth.owner(client["access_token"])


async def test_jwt_bearer_grant_verifies_signature_issuer_audience_expiry_and_subject(oauth: Requester) -> None:
    good = {
        "iss": CLIENT,
        "sub": USER,
        "aud": f"{oauth.emulator.base_url}/auth/v3/oauth/token",
        "exp": time.time() + 60,
    }
    status, body = await oauth.token({"grant_type": JWT_BEARER}, assertion=signed(good))
    assert (status, oauth.user_of(body["access_token"])) == (200, USER)
    bad = [
        signed(good, secret="wrong"),
        signed(good, alg="none"),
        signed(good | {"iss": "second-client"}),
        signed(good | {"aud": "http://elsewhere/"}),
        signed(good | {"aud": [7, {}]}),
        signed(good | {"exp": time.time() - 1}),
        signed(good | {"exp": "soon"}),
        signed(good | {"sub": "Nobody"}),
        signed(good).rpartition(".")[0] + ".",
        "é.é.é",
        "..",
    ]
    for assertion in bad:
        status, body = await oauth.token({"grant_type": JWT_BEARER}, assertion=assertion)
        assert (status, body["error"]) == (400, "invalid_grant")


async def test_code_handed_to_a_service_directly_is_spent_by_it(oauth: Requester) -> None:
    code = (await oauth.authorize())["code"]
    assert oauth.emulator.user_of_code(code, BACK) == USER
    assert oauth.emulator.user_of_code(code, BACK) is None
    code = (await oauth.authorize())["code"]
    assert oauth.emulator.user_of_code(code, "http://elsewhere/") is None


async def test_token_requests_are_recorded_without_what_they_carry(oauth: Requester) -> None:
    await oauth.token(BY_PASSWORD)
    await oauth.authorize()
    token, authorize = oauth.emulator.requests
    assert (token.method, token.path, token.status) == ("POST", "/auth/v3/oauth/token", 200)
    assert (authorize.path, authorize.status) == ("/auth/v3/oauth/authorize", 302)
    for record in (token, authorize):
        assert (record.body, record.query) == (None, {})


async def test_no_secret_shows_in_a_repr(oauth: Requester) -> None:
    _, body = await oauth.token(BY_PASSWORD)
    token = oauth.emulator.oauth.owner(body["access_token"])
    assert body["access_token"] not in repr(token)
    assert body["refresh_token"] not in repr(token)
    session = oauth.emulator.web_sessions.open(USER)
    assert session.id not in repr(session)
    assert session.node not in repr(session)
