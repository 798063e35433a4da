"""Users and other configuration objects: made, changed, listed page by page while others come and go, removed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import engage_async as ea
from engage_async.emulator import Emulator
from tests.end_to_end.agents import engage_for

ADA = ea.NewUser(
    user_name="ada",
    first_name="Ada",
    last_name="Lovelace",
    password="s3cret-pw",
    employee_id="1815",
    skills=[ea.SkillLevel(name="Mathematics", level=9), ea.SkillLevel(name="English", level=7)],
    agent_groups=["Analysts"],
    roles=["ROLE_AGENT"],
    phones=[ea.Phone(number="7815", is_default=True)],
    wrap_up_time=30,
    enabled=True,
)


@pytest.fixture
async def provisioning(emulator: Emulator) -> AsyncIterator[ea.ProvisioningSession]:
    async with engage_for(emulator) as engage, engage.provisioning() as session:
        yield session


async def test_a_user_is_made_read_changed_and_removed(provisioning: ea.ProvisioningSession) -> None:
    made = await provisioning.users.add(ADA)
    assert made.dbid
    user = await provisioning.users.get(made.dbid)
    assert user == made
    assert (user.user_name, user.employee_id, user.wrap_up_time, user.roles) == ("ada", "1815", 30.0, ("ROLE_AGENT",))
    assert [(skill.name, skill.level) for skill in user.skills] == [("Mathematics", 9), ("English", 7)]
    assert (user.phones[0].number, user.phones[0].is_default) == ("7815", True)
    assert "s3cret-pw" not in repr(user) + str(user.extra)

    changes = user.changes(
        last_name="King", skills=[ea.SkillLevel(name="Poetry", level=5)], deleted_skills=["English"], enabled=False
    )
    await provisioning.users.update(user.dbid, changes)
    changed = await provisioning.users.get(user.dbid)
    assert (changed.last_name, changed.enabled) == ("King", False)
    assert [skill.name for skill in changed.skills] == ["Mathematics", "Poetry"]
    assert changed.agent_groups == ("Analysts",)

    await provisioning.users.delete(user.dbid, keep_places=False)
    with pytest.raises(ea.NotFound):
        await provisioning.users.get(user.dbid)


async def test_what_cannot_be_made_says_why(provisioning: ea.ProvisioningSession) -> None:
    await provisioning.users.add(ADA)
    with pytest.raises(ea.ApiError, match="exists already") as twice:
        await provisioning.users.add(ADA)
    assert twice.value.http_status == 409
    with pytest.raises(ea.NotFound):
        await provisioning.users.update("4711", ea.UserChanges(user_name="x", first_name="X", last_name="Y"))
    with pytest.raises(ea.NotFound):
        await provisioning.users.delete("4711")
    with pytest.raises(ea.InvalidArgument, match="expected NewUser, got dict"):
        await provisioning.users.add({"userName": "x"})  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidArgument, match="dbid must be a non-empty id"):
        await provisioning.users.get("")


async def test_users_are_filtered_and_sorted(provisioning: ea.ProvisioningSession) -> None:
    made = await provisioning.users.add(ADA)
    analysts = [user async for user in provisioning.users.iter(skills=["Mathematics", "English"])]
    assert analysts == [await provisioning.users.get(made.dbid)]
    names = [u.last_name async for u in provisioning.users.iter(sort_by=["lastName"], order=ea.SortOrder.DESCENDING)]
    assert names == sorted((str(name) for name in names), reverse=True)
    assert len(names) == 9
    page = await provisioning.users.get_page(limit=2, offset=1, sort_by=["firstName"])
    assert (len(page.items), page.total) == (2, 9)
    supervisors = [u.user_name async for u in provisioning.users.iter(roles=["ROLE_SUPERVISOR"], limit=1)]
    assert supervisors == ["SamOkoro"]
    assert [u async for u in provisioning.users.iter(user_enabled=False)] == []


async def test_users_who_come_and_go_while_others_are_read_disturb_nobody(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    store = emulator.provision_store
    for number in range(60):
        store.add_user({"userName": f"u{number:02}", "firstName": "F", "lastName": "L", "password": "p"})
    lasting = {user["userName"] for user in store.users.values()} - {f"u{number:02}" for number in range(20)}
    given: list[str] = []
    async for user in provisioning.users.iter(page_size=10, sort_by=["userName"]):
        given.append(user.user_name)
        if user.user_name == "u25":
            for number in range(20):
                store.delete_user(store.user_named(f"u{number:02}")["DBID"])  # type: ignore[index]
            for number in range(15):
                store.add_user({"userName": f"a{number:02}", "firstName": "F", "lastName": "L", "password": "p"})
    assert len(given) == len(set(given))
    assert lasting <= set(given)


async def test_objects_of_each_type_are_models(provisioning: ea.ProvisioningSession) -> None:
    made = await provisioning.users.add(ADA)
    groups = [group async for group in provisioning.objects.agent_groups(search_term="Analysts")]
    assert [(group.name, group.agent_dbids) for group in groups] == [("Analysts", (made.dbid,))]
    assert all(isinstance(group, ea.AgentGroupObject) for group in groups)
    numbers = [dn.number async for dn in provisioning.objects.dns(sort_key="number", sort_method="numeric")]
    assert numbers == sorted(numbers)
    assert "7001" in numbers
    skills = {skill.name async for skill in provisioning.objects.skills(page_size=1)}
    assert {"Mathematics", "English"} <= skills
    assert {group.name async for group in provisioning.objects.access_groups()} == {"Users", "Administrators"}
    assert [group async for group in provisioning.objects.dn_groups(dn_groups=["a, b"])] == []
    pages = provisioning.objects.iter(ea.ObjectType.DNS, match_method=ea.MatchMethod.STARTS_WITH, search_key="number")
    assert len([dn async for dn in pages]) == pages.total == len(numbers)


async def test_ids_that_nobody_has_are_one_error_each_beside_the_others(provisioning: ea.ProvisioningSession) -> None:
    (dn,) = [dn async for dn in provisioning.objects.dns(search_term="7001", search_key="number")]
    result = await provisioning.objects.get("dns", dbids=["1", dn.dbid, "2"])
    assert [each.dbid for each in result.data.items] == [dn.dbid]
    assert [(error.code, error.detail) for error in result.errors] == [(404, {"dbid": "1"}), (404, {"dbid": "2"})]
    with pytest.raises(ea.PartialFailure) as failure:
        result.raise_for_errors()
    assert list(failure.value.exceptions) == list(result.errors)
    with pytest.raises(ea.PartialFailure):
        [each async for each in provisioning.objects.dns(dbids=["1", dn.dbid])]


async def test_permissions_are_told_by_id_and_by_name(provisioning: ea.ProvisioningSession) -> None:
    (dn,) = [dn async for dn in provisioning.objects.dns(search_term="7001", search_key="number")]
    by_get = await provisioning.objects.get_permissions("dns", [dn.dbid, "1"], dn_type="CFGExtension")
    assert [each.dbid for each in by_get.data] == [dn.dbid]
    assert len(by_get.errors) == 1
    by_post = await provisioning.objects.get_permissions_post("dns", [{"id": dn.dbid}, {"name": dn.name}, {"id": "1"}])
    assert [each.dbid for each in by_post.data] == [dn.dbid, dn.dbid]
    assert len(by_post.errors) == 1


async def test_types_and_filters_that_do_not_exist_are_told(provisioning: ea.ProvisioningSession) -> None:
    with pytest.raises(ea.NotFound, match="No such type"):
        await provisioning.objects.get("spaceships")
    with pytest.raises(ea.InvalidArgument, match="no filter 'colour'"):
        provisioning.objects.dns(colour="red")  # type: ignore[call-arg]
    with pytest.raises(ea.InvalidArgument, match="page_size must be a positive integer"):
        provisioning.users.iter(page_size=0)


async def test_the_deprecated_addresses_do_the_same_and_warn(provisioning: ea.ProvisioningSession) -> None:
    old = provisioning.users_deprecated
    with pytest.warns(DeprecationWarning, match=r"use users\.add"):
        made = await old.add_user(ADA)
    with pytest.warns(DeprecationWarning, match=r"use users\.get"):
        assert await old.get_user(made.dbid) == made
    with pytest.warns(DeprecationWarning, match=r"use users\.update"):
        await old.update_user(made.dbid, made.changes(first_name="Augusta"))
    with pytest.warns(DeprecationWarning, match=r"users\.iter"):
        assert "Augusta" in [user.first_name for user in (await old.get_users(limit=50)).items]
    with pytest.warns(DeprecationWarning, match=r"use users\.get_current"):
        assert (await old.get_current_user()).user_name == "JohnSmith"
    with pytest.warns(DeprecationWarning, match=r"use users\.delete"):
        await old.delete_user(made.dbid)


async def test_dns_and_skills_are_narrowed_by_group_type_and_use(provisioning: ea.ProvisioningSession) -> None:
    (group,) = [group async for group in provisioning.objects.dn_groups()]
    extensions = [dn async for dn in provisioning.objects.dns(dn_groups=[group.name])]
    assert extensions == [dn async for dn in provisioning.objects.dns(dn_type="CFGExtension")]
    assert extensions == [dn async for dn in provisioning.objects.dns(dn_groups=[group.dbid])]
    assert len(extensions) == len(group.dns) > 0
    queues = [dn async for dn in provisioning.objects.dns(dn_type="CFGACDQueue,CFGRoutingPoint")]
    assert len(queues) > 0
    assert len(queues) + len(extensions) == len([dn async for dn in provisioning.objects.dns()])

    made = await provisioning.users.add(ADA)
    await provisioning.users.update(made.dbid, made.changes(deleted_skills=["Mathematics"]))
    in_use = {skill.name async for skill in provisioning.objects.skills(in_use=True)}
    assert {skill.name async for skill in provisioning.objects.skills()} - in_use == {"Mathematics"}
    assert "English" in in_use
