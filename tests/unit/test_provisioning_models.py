"""Users, objects, imports and settings: read from whatever the service sends; refused when they cannot be sent."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest

import engage_async as ea
from engage_async.api.deprecation import deprecated
from engage_async.api.operations import all_operations
from engage_async.models.provisioning.jobs import read_failure, read_import_status
from engage_async.models.provisioning.objects import DnObject, read_object, read_permissions
from engage_async.models.provisioning.plain import plain
from engage_async.models.provisioning.settings import read_inbound_mailbox, read_whitelist
from engage_async.models.provisioning.users import read_user
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Request
from engage_async.protocol.route import Family
from engage_async.secret import Secret

NO_PLACE = {"row": 3, "userName": "bob", "message": "No such place"}
NAMES: dict[str, Any] = {"user_name": "ada", "first_name": "Ada", "last_name": "Lovelace"}


# --- what comes -------------------------------------------------------------------------------------------------------


def test_a_user_is_read_in_every_form_in_which_the_vendor_writes_one() -> None:
    listed = read_user({
        "DBID": "101", "userName": "ada", "isAgent": True, "enabled": "CFGTrue", "voiceMail": "77", "wrapUpTime": "30",
        "skills": [{"name": "English", "level": "5", "DBID": "9"}], "sipPhoneType": {"name": "GENERIC_PHONE"},
        "wwe": {"roles": ["ROLE_AGENT"]}, "phones": [{"number": "7001", "isDefault": True}], "folder": {"DBID": "1"},
    })  # fmt: skip
    assert (listed.dbid, listed.voice_mail, listed.wrap_up_time, listed.enabled) == ("101", 77, 30.0, True)
    assert (listed.skills[0].name, listed.skills[0].level) == ("English", 5)
    assert (listed.sip_phone_type, listed.roles, listed.phones[0].number) == ("GENERIC_PHONE", ("ROLE_AGENT",), "7001")
    made = read_user({"DBID": 101, "isAgent": "2", "isAdmin": "1", "state": "CFGEnabled", "voiceMail": 77})
    assert (made.dbid, made.is_agent, made.is_admin, made.voice_mail) == ("101", True, False, 77)


def test_what_cannot_be_read_is_kept_and_a_password_is_not() -> None:
    user = read_user({"DBID": ["x"], "voiceMail": "many", "skills": "all", "password": "a-hash", "new": 1})
    assert user.dbid == ""
    assert user.extra == {"DBID": ["x"], "voiceMail": "many", "skills": "all", "new": 1}
    assert "a-hash" not in repr(user) + str(user.extra)


def test_groups_are_flat_whatever_they_are_wrapped_in() -> None:
    group = read_object("agent-groups", {"CfgGroup": {"DBID": 201, "name": "Sales"}, "agentDBIDs": ["101", 102]})
    assert isinstance(group, ea.AgentGroupObject)
    assert (group.dbid, group.name, group.agent_dbids) == ("201", "Sales", ("101", "102"))
    dn = read_object("dns", {"DBID": "5", "number": 7001, "type": "CFGExtension"})
    assert isinstance(dn, DnObject)
    assert (dn.number, dn.type) == ("7001", "CFGExtension")
    assert type(read_object("places", {"DBID": "6", "name": "Place"})) is ea.ConfigObject


@pytest.mark.parametrize("entry", [{"DBID": 7, "data": {"a": 1}}, {"schema": {"DBID": 7, "data": {"a": 1}}}])
def test_permissions_are_read_with_and_without_their_wrapper(entry: dict[str, Any]) -> None:
    permissions = read_permissions(entry)
    assert (permissions.dbid, permissions.data) == ("7", {"a": 1})


def test_the_state_of_an_import_counts_what_failed() -> None:
    status = read_import_status({
        "adminName": "ada", "totalCount": 4.0, "succeedCount": "1", "stopped": False, "activeImporters": ["ada"],
        "failed": [NO_PLACE, "line 4 is empty", {"status": {"code": 7}}],
    })  # fmt: skip
    assert (status.total_count, status.succeed_count, status.done_count, status.percent) == (4, 1, 4, 100.0)
    assert [str(failure) for failure in status.failures] == [
        "row 3 (bob): No such place",
        "a record: line 4 is empty",
        "a record: failed without a message",
    ]
    assert status.failures[2].code == 7
    assert status.failures[0].raw == NO_PLACE
    assert read_import_status({}).percent is None


@pytest.mark.parametrize("entry", [None, 7, [], "x", {}, {"row": "many", "message": None}])
def test_an_entry_of_an_unknown_form_is_a_failure_all_the_same(entry: Any) -> None:
    assert read_failure(entry).raw == entry


def test_a_whitelist_stands_beside_the_status() -> None:
    whitelist = read_whitelist({
        "status": {"code": 0}, "whitelistStatus": "enabled",
        "whitelist": {"addresses": [{"id": 1, "address": "10.0.0.1"}, "no object"]},
    })  # fmt: skip
    assert whitelist.status == "enabled"
    assert [(each.id, each.address) for each in whitelist.addresses] == [("1", "10.0.0.1")]
    assert read_whitelist({"whitelist": None}).addresses == ()


def test_a_mailbox_keeps_its_password_secret() -> None:
    mailbox = read_inbound_mailbox({"name": "info", "port": "993", "password": "mail-passw0rd", "type": "imap"})
    assert (mailbox.port, mailbox.type, mailbox.password) == (993, ea.MailboxType.IMAP, Secret("mail-passw0rd"))
    assert "mail-passw0rd" not in repr(mailbox) + str(mailbox.extra)


def test_numbers_flags_and_texts_that_are_none_stay_as_they_are() -> None:
    odd = {"a": "1.5", "b": float("inf"), "c": [1], "d": "maybe", "e": True, "f": None}
    assert plain(odd, numbers=("a", "b", "c", "x"), flags=("d",), texts=("e", "f")) == odd


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_a_new_user_says_what_was_given_and_nothing_else() -> None:
    user = ea.NewUser(**NAMES, password="s3cret-pw", skills=[ea.SkillLevel(name="English", level=5)], wrap_up_time=30)
    assert user.arguments() == {
        **NAMES,
        "password": Secret("s3cret-pw"),
        "skills": [{"name": "English", "level": 5}],
        "wrap_up_time": "30",
    }
    assert "s3cret-pw" not in repr(user)


def test_changes_add_and_take_away() -> None:
    user = read_user({"DBID": "101", "userName": "ada", "firstName": "Ada", "lastName": "Lovelace"})
    changes = user.changes(agent_groups=("Sales",), deleted_skills=["French"], roles=["A"], deleted_roles=["B"])
    assert changes.arguments() == {
        **NAMES,
        "agent_groups": ["Sales"],
        "deleted_skills": ["French"],
        "wwe": {"roles": ["A"], "deletedRoles": ["B"]},
    }
    console = ea.UserChanges(**NAMES, dev_console_roles=["X"]).arguments()
    assert console["dev_console"] == {"roles": ["X"]}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"user_name": ""}, "user_name must be a non-empty string"),
        ({"first_name": None}, "first_name must be a non-empty string"),
        ({"password": ""}, "password must be a non-empty string"),
        ({"password": 7}, "password must be a non-empty string"),
        ({"skills": ["English"]}, "skills must be a list of SkillLevel"),
        ({"phones": "7001"}, "phones must be a list of Phone"),
        ({"agent_groups": "Sales"}, "agent_groups must be a list of names"),
        ({"place_names": [""]}, "place_names must be a list of names"),
        ({"wrap_up_time": -1}, "wrap_up_time must be seconds"),
        ({"wrap_up_time": True}, "wrap_up_time must be seconds"),
    ],
)
def test_a_user_that_cannot_be_sent_is_refused_and_says_why(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=told):
        ea.NewUser(**{**NAMES, "password": "s3cret-pw", **wrong})


def test_a_secret_in_the_wrong_place_is_not_shown() -> None:
    with pytest.raises(ea.InvalidArgument) as refused:
        ea.NewUser(**{**NAMES, "password": "p", "user_name": Secret("s3cret-pw")})
    assert "s3cret-pw" not in str(refused.value)


# --- requests ---------------------------------------------------------------------------------------------------------


def test_commas_between_the_elements_of_a_list_are_not_escaped_and_those_in_them_are() -> None:
    route = Family("/base", "group").get("get", query=("dn_groups", "search_term"), wire={"dn_groups": "dn_groups"})
    call = route.call({"dn_groups": ["Sales, inside", "Sup&port"], "search_term": "a,b"})
    target = Request(method="GET", path=call.path, query=call.query).target()
    assert target == "/base/get?dn_groups=Sales%2C%20inside,Sup%26port&searchTerm=a%2Cb"


def test_an_operation_may_carry_its_id_in_the_query() -> None:
    route = Family("/base", "group").request("POST", "ask", id_query="_aioId")
    assert route.call({}, "op-1").query == {"_aioId": "op-1"}


def test_a_body_may_be_left_out_when_there_is_nothing_to_say() -> None:
    route = Family("/base", "group").request("POST", "open", body="plain", bodiless=True)
    assert route.call({}).json is None
    assert route.call({"code": "c"}).json == {"code": "c"}


# --- what is deprecated -----------------------------------------------------------------------------------------------


def test_a_deprecated_function_warns_whoever_calls_it_and_says_so() -> None:
    @deprecated("use another")
    def old(value: int) -> int:
        """The old one."""
        return value + 1

    with pytest.warns(DeprecationWarning, match="use another") as told:
        assert old(1) == 2
    assert told[0].filename == __file__
    assert (old.__deprecated__, old.__doc__) == ("use another", "The old one.")  # type: ignore[attr-defined]


def test_every_deprecated_operation_is_marked_and_names_a_successor_that_exists() -> None:
    ours = all_operations()
    names = {(operation.api, operation.route.name) for operation in ours}
    old = [operation for operation in ours if operation.route.deprecated is not None]
    assert len([operation for operation in old if operation.api == "provisioning"]) == 6
    for operation in old:
        assert (operation.api, operation.route.deprecated) in names
        assert str(operation.route.deprecated) in getattr(operation.function, "__deprecated__", "")
        assert "eprecated" in (inspect.getdoc(operation.function) or "")
        successor = next(o for o in ours if (o.api, o.route.name) == (operation.api, operation.route.deprecated))
        assert (successor.route.query, successor.route.body, successor.route.repeat) == (
            operation.route.query,
            operation.route.body,
            operation.route.repeat,
        )
    assert all(not hasattr(o.function, "__deprecated__") for o in ours if o.route.deprecated is None)
    assert {o.route.repeat for o in old if o.route.method == "POST"} == {Repeat.ONCE}


def test_importing_what_is_deprecated_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from engage_async.api.provisioning import users_deprecated

        assert users_deprecated.UsersDeprecatedApi.get_user.__deprecated__ == "use users.get"  # type: ignore[attr-defined]
