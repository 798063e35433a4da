"""Options, rules, mailboxes, addresses, templates, certificates, definitions, stored files: kept, changed, removed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.outcomes import SENT_TWICE
from engage_async.secret import Secret
from tests.end_to_end.agents import engage_for

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"


@pytest.fixture
async def provisioning(emulator: Emulator) -> AsyncIterator[ea.ProvisioningSession]:
    async with engage_for(emulator) as engage, engage.provisioning() as session:
        yield session


async def test_options_are_replaced_and_changed_one_by_one(provisioning: ea.ProvisioningSession) -> None:
    found = await provisioning.options.get()
    assert found.application == "Cloud_WWE"
    await provisioning.options.replace({"mail": {"signature": "on", "limit": "5"}, "voice": {"ring": "long"}})
    await provisioning.options.update(
        new_options={"chat": {"nudge": "on"}},
        changed_options={"mail": {"signature": "off"}},
        deleted_options={"mail": {"limit": ""}, "voice": {}},
    )
    assert (await provisioning.options.get(person_dbid="101")).options == {
        "mail": {"signature": "off"},
        "chat": {"nudge": "on"},
    }


async def test_a_refusal_of_a_request_that_was_sent_twice_says_so(
    provisioning: ea.ProvisioningSession, emulator: Emulator
) -> None:
    rules = provisioning.capacity_rules
    await rules.add("Two chats", {"chat": {"max": 2}})
    (dbid,) = await rules.get(name="Two chats")
    path = f"*/capacity-rules/{dbid}"
    for sent, noted in (
        (Fault(path, "close"), [SENT_TWICE]),
        (Fault(path, "status", status=429), []),
    ):
        emulator.switches.faults += [sent, Fault(path, "code", code=7)]
        with pytest.raises(ea.ApiError) as refused:
            await rules.update(dbid, "Three chats", media_rules={"chat": {"max": 3}})
        assert refused.value.code == 7
        assert getattr(refused.value, "__notes__", []) == noted


async def test_capacity_rules_are_made_changed_and_removed(provisioning: ea.ProvisioningSession) -> None:
    await provisioning.capacity_rules.add("Two chats", {"chat": {"max": 2}, "email": {"max": 5}})
    ((dbid, rule),) = (await provisioning.capacity_rules.get(name="Two chats")).items()
    assert rule["mediaRules"]["chat"] == {"max": 2}
    await provisioning.capacity_rules.update(
        dbid, "Three chats", media_rules={"chat": {"max": 3}}, deleted_media_rules=["email"]
    )
    assert await provisioning.capacity_rules.get(script_dbid=dbid) == {
        dbid: {"name": "Three chats", "mediaRules": {"chat": {"max": 3}}}
    }
    await provisioning.capacity_rules.delete(dbid)
    with pytest.raises(ea.NotFound):
        await provisioning.capacity_rules.delete(dbid)


async def test_mailboxes_keep_their_passwords_to_themselves(provisioning: ea.ProvisioningSession) -> None:
    mail = provisioning.email_settings
    await mail.modify_inbound(
        "info", mailbox_type=ea.MailboxType.IMAP, host="mail.example", port=993, mailbox="info@host",
        password="mail-passw0rd",
        connection_security=ea.ConnectionSecurity.SSL_TLS, enabled=True, max_message_size=10,
    )  # fmt: skip
    (inbound,) = await mail.get_inbound()
    assert (inbound.name, inbound.type, inbound.port, inbound.enabled) == ("info", "IMAP", 993, True)
    assert (inbound.connection_security, inbound.max_message_size) == ("ssl-tls", 10)
    assert inbound.password in (None, Secret("mail-passw0rd"))
    assert "mail-passw0rd" not in repr(inbound) + str(inbound.extra)
    await mail.modify_outbound("out", mailbox_type="SMTP", from_email="info@host", password=Secret("mail-passw0rd"))
    (outbound,) = await mail.get_outbound()
    assert (outbound.name, outbound.from_email) == ("out", "info@host")
    assert await mail.delete_inbound("info") == ()
    with pytest.raises(ea.NotFound):
        await mail.delete_inbound("info")
    with pytest.raises(ea.ApiError, match="port"):
        await mail.modify_inbound("bad", port=70_000)
    with pytest.raises(ea.InvalidArgument, match="name must be a non-empty string"):
        await mail.modify_inbound("")


async def test_addresses_are_changed_and_removed_several_at_once(provisioning: ea.ProvisioningSession) -> None:
    await provisioning.whitelist.add("10.0.0.1")
    listed = await provisioning.whitelist.add("10.0.0.2")
    first, second = listed.addresses
    assert (first.address, second.address) == ("10.0.0.1", "10.0.0.2")
    changed = await provisioning.whitelist.update({first.id: "10.0.0.9", "4711": "10.0.0.3", second.id: "no address"})
    assert [(error.code, error.http_status) for error in changed.errors] == [(404, 200), (400, 200)]
    with pytest.raises(ea.PartialFailure) as failure:
        changed.raise_for_errors()
    assert len(failure.value.exceptions) == 2
    removed = await provisioning.whitelist.delete([first.id, "4711"])
    assert [error.detail for error in removed.errors] == [{"id": "4711"}]
    assert (await provisioning.whitelist.delete([second.id])).errors == ()
    with pytest.raises(ea.NotFound):
        await provisioning.whitelist.delete([second.id])
    await provisioning.whitelist.set_status("enabled")
    left = await provisioning.whitelist.get()
    assert (left.status, left.addresses) == ("enabled", ())
    with pytest.raises(ea.ApiError, match="no IP address"):
        await provisioning.whitelist.add("somewhere")
    with pytest.raises(ea.InvalidArgument, match="ids must name at least one"):
        await provisioning.whitelist.delete([])


async def test_a_delete_has_its_body(emulator: Emulator, provisioning: ea.ProvisioningSession) -> None:
    (entry,) = (await provisioning.whitelist.add("10.0.0.1")).addresses
    await provisioning.whitelist.delete([entry.id])
    sent = next(record for record in reversed(emulator.requests) if record.method == "DELETE")
    assert (sent.path, sent.body) == ("/provisioning/v3/whitelist", {"data": [entry.id]})


async def test_templates_and_endpoints_are_kept_by_name(provisioning: ea.ProvisioningSession) -> None:
    settings = provisioning.settings
    await settings.post_templates({"Greeting": {"text": "Hello"}})
    await settings.post_templates({"Farewell": {"text": "Bye"}})
    assert await settings.get_templates() == {"Greeting": {"text": "Hello"}, "Farewell": {"text": "Bye"}}
    await settings.delete_templates("Greeting")
    assert list(await settings.get_templates()) == ["Farewell"]
    await settings.post_api_endpoints({"crm": {"url": "https://crm.example"}})
    assert (await settings.get_api_endpoints())["crm"] == {"url": "https://crm.example"}
    await settings.delete_api_endpoints("crm")
    with pytest.raises(ea.NotFound):
        await settings.delete_api_endpoints("crm")
    for unmodelled in (settings.post, settings.put_templates):
        with pytest.raises(ea.ServerFault):
            await unmodelled()


async def test_certificates_are_sent_as_files(provisioning: ea.ProvisioningSession, tmp_path: Path) -> None:
    certificates = provisioning.recording_certificates
    (tmp_path / "2026.pem").write_bytes(CERTIFICATE)
    (tmp_path / "2026.key").write_bytes(KEY)
    await certificates.check(tmp_path / "2026.pem")
    await certificates.check_key(KEY)
    with pytest.raises(ea.ApiError, match="no private key in PEM form"):
        await certificates.check_key(CERTIFICATE)
    await certificates.add(tmp_path / "2026.pem", tmp_path / "2026.key")
    (kept,) = await certificates.get()
    assert kept.alias == "2026"
    await certificates.delete("2026")
    assert await certificates.get() == ()
    with pytest.raises(ea.InvalidArgument, match="cannot read"):
        await certificates.add(tmp_path / "none.pem", KEY)


async def test_definitions_of_statistics_are_kept_and_imported(provisioning: ea.ProvisioningSession) -> None:
    statistics = provisioning.statistics
    await statistics.post_definitions({"Agent": {"CallsToday": {"category": "TotalNumber"}}})
    told: list[int] = []
    await statistics.import_definitions(
        json.dumps({"Queue": {"CallsWaiting": {"category": "CurrentNumber"}}}).encode(),
        filename="definitions.yaml",
        progress=lambda progress: told.append(progress.done),
    )
    definitions = await statistics.get_definitions()
    assert definitions["Agent"] == {"CallsToday": {"category": "TotalNumber"}}
    assert definitions["Queue"] == {"CallsWaiting": {"category": "CurrentNumber"}}
    assert told[0] == 0
    assert told[-1] > 0
    (exported,) = await statistics.export_definitions()
    await statistics.delete_agent("CallsToday")
    await statistics.import_definitions(exported.encode())
    assert await statistics.get_definitions() == definitions
    await statistics.delete_agent("CallsToday")
    await statistics.delete_queue("CallsWaiting")
    for gone in (statistics.delete_agent, statistics.delete_group_agents, statistics.delete_group_queues):
        with pytest.raises(ea.NotFound):
            await gone("CallsToday")
    await statistics.update_reset_times("00:00", "Europe")
    with pytest.raises(ea.ApiError, match="Statistics are of"):
        await statistics.post_definitions({"Spaceship": {}})


async def test_a_file_is_stored_for_a_while(
    emulator: Emulator, provisioning: ea.ProvisioningSession, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_bytes(b"remember")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"rem"
        yield b"ember"

    with (tmp_path / "note.txt").open("rb") as file:
        ids = [
            await provisioning.storage.update(source, ttl=60)
            for source in (tmp_path / "note.txt", b"remember", file, pieces())
        ]
    assert [emulator.provision_settings.stored(each) for each in ids] == [b"remember"] * 4
    assert len(set(ids)) == 4
    gone = await provisioning.storage.update(b"forget", ttl=0)
    assert emulator.provision_settings.stored(gone) is None
