"""Nothing secret is shown: not in a log at any level, a repr, an exception, a traceback's variables, or an address."""

from __future__ import annotations

import logging
import pickle
import traceback
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.io.token_store import StoredToken
from engage_async.models.provisioning.users import NewUser
from engage_async.models.statistics import Statistic
from engage_async.protocol.redaction import RequestRecord, ResponseRecord
from engage_async.secret import Secret
from tests.end_to_end.operations import USER

USER_PASSWORD, CLIENT_SECRET, API_KEY = "password", "engage-secret", "the-api-key-5e1f"


def environment(emulator: Emulator, **more: Any) -> ea.Engage:
    return ea.Engage(
        base_url=emulator.base_url,
        client_id="engage-client",
        client_secret=CLIENT_SECRET,
        username="JohnSmith",
        password=USER_PASSWORD,
        api_key=API_KEY,
        retry_first_delay=0.01,
        retry_longest_delay=0.02,
        **more,
    )


def secrets_of(emulator: Emulator) -> set[str]:
    """Every secret that was in use: credentials, tokens, cookies."""
    tokens = {token.access for token in emulator.oauth.tokens()}
    refresh = {token.refresh for token in emulator.oauth.tokens() if token.refresh}
    cookies = {value for session in emulator.web_sessions.of("JohnSmith") for value in (session.id, session.node)}
    return {CLIENT_SECRET, API_KEY, *tokens, *refresh, *cookies}


def assert_hidden(shown: str, secrets: set[str]) -> None:
    assert secrets
    found = [secret for secret in secrets if secret in shown]
    assert not found
    assert f"'{USER_PASSWORD}'" not in shown


def told_by(error: BaseException) -> str:
    """An exception's text, and the variables of every frame of ours in it and in what caused it."""
    told, current = "", [error]
    while current:
        one = current.pop()
        frames = traceback.StackSummary.extract(traceback.walk_tb(one.__traceback__), capture_locals=True)
        ours = [frame.locals for frame in frames if f"{Path(ea.__file__).parent}" in frame.filename]
        told += f"{one!r} {one} {vars(one)} {ours}"
        current += [other for other in (one.__cause__, one.__context__) if other is not None]
    assert "self" in told
    return told


async def test_no_secret_is_logged_or_told_to_a_hook_by_a_whole_session(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    records: list[RequestRecord | ResponseRecord] = []
    async with Emulator() as emulator:
        emulator.switches.require_api_key = API_KEY

        async def note(record: RequestRecord | ResponseRecord) -> None:
            records.append(record)

        async with environment(emulator, on_request=note, on_response=note) as engage, engage.workspace() as agent:
            await agent.activate_channels(dn="7001")
            emulator.switches.faults.append(Fault("*/current-session", "status", status=401))
            await agent.session.get_current_session()
            emulator.drop_bayeux_sessions()
            await agent.wait_for(ea.EventsLost, timeout=5)
            await agent.connected()
            secrets = secrets_of(emulator)
            assert_hidden(repr(engage) + repr(agent) + repr(engage.settings) + repr(agent.health), secrets)
    assert records
    assert len(caplog.records) > 20
    assert_hidden(caplog.text, secrets)
    assert_hidden(" ".join(map(repr, records)), secrets)
    assert all(
        secret not in record.path for record in emulator.requests if "oauth" not in record.path for secret in secrets
    )


@pytest.mark.parametrize("fault", ["status", "html", "json-array", "close", "cut", "malformed-json"])
async def test_no_secret_is_in_an_exception_or_its_variables(fault: Any) -> None:
    async with Emulator() as emulator, environment(emulator, retry_attempts=1) as engage, engage.workspace() as agent:
        secrets = secrets_of(emulator)
        emulator.switches.faults.append(Fault("*/current-session", fault, status=500 if fault == "status" else None))
        with pytest.raises(ea.EngageError) as caught:
            await agent.session.get_current_session()
        shown = told_by(caught.value)
    assert_hidden(shown, secrets)


async def test_no_secret_is_in_the_error_of_refused_credentials() -> None:
    async with Emulator() as emulator:
        async with ea.Engage(
            base_url=emulator.base_url, client_id="engage-client", client_secret="wrong-s3cret", username="u",
            password="wrong-passw0rd", api_key=API_KEY,
        ) as engage:  # fmt: skip
            with pytest.raises(ea.AuthenticationError) as caught:
                await engage.workspace().__aenter__()
        shown = told_by(caught.value)
    assert_hidden(shown, {"wrong-s3cret", "wrong-passw0rd", API_KEY})


def test_settings_hide_and_refuse_to_be_pickled_with_their_secrets() -> None:
    settings = ea.Settings(base_url="https://host", api_key=API_KEY, access_token="a-token-77")
    shown = f"{settings!r} {settings} {settings.api_key!r} {settings.api_key} {settings.api_key:>40}"
    assert_hidden(shown, {API_KEY, "a-token-77"})
    try:
        pickled = pickle.dumps(settings)
    except TypeError as error:
        assert_hidden(str(error), {API_KEY, "a-token-77"})
    else:
        assert API_KEY.encode() not in pickled
        assert b"a-token-77" not in pickled


# --- every service, files, the authentication API ---------------------------------------------------------------------

OLD, NEW = "old-passw0rd-77aa", "new-passw0rd-9c1a"
FAULTS: dict[str, dict[str, Any]] = {
    "status": {"status": 500}, "html": {}, "json-array": {}, "close": {}, "cut": {}, "malformed-json": {},
}  # fmt: skip
SERVICES = {
    "change of password": "/auth/v3/change-password",
    "token": "/auth/v3/oauth/token",
    "engagement": "/engagement/v3/callbacks/retrieve",
    "statistics": "*/get-statistic-ex",
    "log-in": "/provisioning/v3/login",
    "mailbox in": "/provisioning/v3/email-settings/inbound",
    "mailbox out": "/provisioning/v3/email-settings/outbound",
    "administration": "/provisioning/v3/objects/users",
    "upload": "/provisioning/v3/import-users/validate-csv",
    "download": "/provisioning/v3/export-users/*",
}


async def use(service: str, engage: ea.Engage, folder: Path) -> Any:
    """One request of a service, with a password where one goes."""
    if service == "change of password":
        return await engage.authentication.change_password(OLD, NEW)
    if service == "token":
        return await engage.authentication.retrieve_token("password", username="u", password=NEW)
    if service == "engagement":
        return await engage.engagement.callbacks.retrieve("no-such-callback")
    if service == "statistics":
        async with engage.statistics() as statistics:
            return await statistics.statistics.get_stat_values(
                [Statistic("CurrentAgentState", "johnsmith", "Agent", id="one")]
            )
    async with engage.provisioning() as provisioning:
        if service == "log-in":
            return await provisioning.session.login("JohnSmith", NEW)
        if service == "mailbox in":
            return await provisioning.email_settings.modify_inbound("box", password=NEW)
        if service == "mailbox out":
            return await provisioning.email_settings.modify_outbound("box", password=NEW)
        if service == "administration":
            return await provisioning.users.add(NewUser(**{**USER, "password": NEW}, is_agent=True, folder="Agents"))
        if service == "upload":
            file = folder / "users.csv"
            file.write_text("User Name,Password\nada," + NEW)
            return await provisioning.imports.validate_file(file)
        return await provisioning.exports.download("no-such-export")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", SERVICES)
async def test_no_secret_of_any_service_is_in_a_log_an_exception_or_its_variables(
    service: str, fault: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Emulator() as emulator, environment(emulator, retry_attempts=1) as engage:
        if service != "token":
            await engage.tokens.bearer()
        emulator.switches.faults.append(Fault(SERVICES[service], fault, times=None, **FAULTS[fault]))
        with pytest.raises(ea.EngageError) as caught:
            await use(service, engage, tmp_path)
        struck = [record for record in emulator.requests if fnmatch(record.path, SERVICES[service])]
        secrets = {OLD, NEW, *secrets_of(emulator)}
        emulator.switches.faults.clear()
    assert struck, "the request was not the one meant"
    shown = told_by(caught.value) + caplog.text + repr(engage)
    for secret in secrets:
        assert secret not in shown, shown[max(0, shown.find(secret) - 300) : shown.find(secret) + 40]
    assert not [secret for secret in secrets for record in struck if secret in record.path]


@pytest.mark.parametrize("what", ["engage", "session", "tokens", "http", "stored token", "new user"])
async def test_what_holds_secrets_is_not_pickled_with_them(what: str) -> None:
    async with Emulator() as emulator, environment(emulator) as engage, engage.workspace() as agent:
        holders: dict[str, Any] = {
            "engage": engage,
            "session": agent,
            "tokens": engage.tokens,
            "http": agent._http,
            "stored token": StoredToken(access_token=Secret(NEW)),
            "new user": NewUser(**{**USER, "password": NEW}, is_agent=True, folder="Agents"),
        }
        with pytest.raises((TypeError, AttributeError)) as refused:
            pickle.dumps(holders[what])
        secrets = {NEW, *secrets_of(emulator)}
        assert not [secret for secret in secrets if secret in f"{refused.value} {holders[what]!r}"]
