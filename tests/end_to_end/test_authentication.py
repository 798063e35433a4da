"""The Authentication API against the emulator: tokens by every grant, users, passwords, signing out."""

from __future__ import annotations

import aiohttp
import pytest

import engage_async as ea
from engage_async.emulator import Emulator
from tests.end_to_end.agents import engage_for

CALLBACK = "https://app.example/cb"


async def test_a_token_is_retrieved_by_every_grant(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        retrieve = engage.authentication.retrieve_token
        by_password = await retrieve("password", username="KateLewis", password="password")
        code = emulator.oauth.sign_in("KateLewis", "engage-client", CALLBACK, None)
        by_code = await retrieve("authorization_code", code=code, redirect_uri=CALLBACK)
        by_client = await retrieve("client_credentials")
        by_refresh = await retrieve("refresh_token", refresh_token=by_password.refresh_token)
    users = [emulator.oauth.owner(t.access_token.reveal()) for t in (by_password, by_code, by_client, by_refresh)]
    owners = [found.user if found is not None else "-" for found in users]
    assert owners[1:] == ["KateLewis", None, "KateLewis"]
    assert by_code.expires_in is not None
    assert "***" in repr(by_code)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"grant_type": "password", "username": "JohnSmith", "password": "wrong-pass-1"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "spent-code-9", "redirect_uri": CALLBACK}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "old-token-7"}, "invalid_grant"),
        ({"grant_type": "client_credentials", "client_secret": "wrong-secret-3"}, "invalid_client"),
        ({"grant_type": "telepathy"}, "unsupported_grant_type"),
    ],
)
async def test_a_refused_grant_names_its_error_and_shows_no_secret(
    arguments: dict[str, str], error: str, emulator: Emulator
) -> None:
    async with engage_for(emulator) as engage:
        with pytest.raises(ea.AuthenticationError) as refused:
            await engage.authentication.retrieve_token(**arguments)  # type: ignore[arg-type]
    assert refused.value.error == error
    assert not [v for k, v in arguments.items() if k not in ("grant_type", "username") and v in str(refused.value)]


async def test_a_code_for_another_redirect_is_refused(emulator: Emulator) -> None:
    code = emulator.oauth.sign_in("JohnSmith", "engage-client", CALLBACK, None)
    async with engage_for(emulator) as engage:
        with pytest.raises(ea.AuthenticationError, match="invalid_grant"):
            await engage.authentication.retrieve_token("authorization_code", code=code, redirect_uri="https://other/")


async def test_a_browser_login_with_pkce_gives_the_environment_its_token(emulator: Emulator) -> None:
    async with (
        ea.Engage(
            base_url=emulator.base_url, client_id="engage-client", client_secret="engage-secret", redirect_uri=CALLBACK
        ) as engage,
        aiohttp.ClientSession() as browser,
    ):
        request = engage.authentication.authorization_url()
        async with browser.get(f"{request.url}&username=JohnSmith", allow_redirects=False) as redirect:
            back = redirect.headers["Location"]
        with pytest.raises(ea.AuthenticationError, match="state"):
            await engage.authentication.log_in(back.replace("state=", "state=x"), request)
        await engage.authentication.log_in(back, request)
        assert (await engage.authentication.get_user_info()).username == "JohnSmith"
        with pytest.raises(ea.AuthenticationError):
            await engage.authentication.log_in(back, request)


async def test_the_user_of_the_token_is_told_in_every_form(emulator: Emulator) -> None:
    async with engage_for(emulator, "KateLewis") as engage:
        await engage.authentication.ping()
        user = await engage.authentication.get_user_info()
        assert (user.username, user.dbid) == ("KateLewis", 102)
        assert user.authorities
        open_id = await engage.authentication.get_openid_user_info()
        assert (open_id.user_name, open_id.given_name, open_id.family_name) == ("KateLewis", "Kate", "Lewis")
        assert await engage.authentication.get_jwt_user_info()
        assert (await engage.authentication.look_up_auth_scheme("KateLewis")).scheme


async def test_signing_out_voids_the_token_and_everywhere_those_of_all_devices(emulator: Emulator) -> None:
    async with engage_for(emulator) as here, engage_for(emulator) as there:
        for engage in (here, there):
            await engage.authentication.get_user_info()
        first, second = (token.access for token in emulator.oauth.tokens())
        await here.authentication.sign_out()
        assert emulator.oauth.owner(first) is None
        assert emulator.oauth.owner(second) is not None
        await here.authentication.get_user_info()
        await here.authentication.sign_out(everywhere=True)
        assert emulator.oauth.owner(second) is None
        await there.authentication.get_user_info()
        await there.authentication.sign_out_redirect()


async def test_a_changed_password_is_the_one_that_counts(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        with pytest.raises(ea.ApiError):
            await engage.authentication.change_password("wrong-old", "new-Pass-1")
        await engage.authentication.change_password("password", "new-Pass-1")
        token = await engage.authentication.retrieve_token("password", username="JohnSmith", password="new-Pass-1")
        assert token.access_token
        with pytest.raises(ea.AuthenticationError):
            await engage.authentication.retrieve_token("password", username="JohnSmith", password="password")


async def test_authorize_gives_the_address_that_a_browser_is_sent_to(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        with pytest.raises(ea.EngageError):
            await engage.authentication.authorize("no-such-client", CALLBACK)
        address = await engage.authentication.authorize("engage-client", CALLBACK, response_type="telepathy")
    assert address.startswith(f"{CALLBACK}?error=unsupported_response_type")
