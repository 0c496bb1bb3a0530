"""Members and departments (api.md 3.1)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.cursors import page
from simulator.wecom.endpoints.kit import Call, bare, get, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.directory import Department, Member
from simulator.wecom.strictness import Ask, Nothing, QueryAsk


class GetUser(QueryAsk):
    """user/get [90196]."""

    missing: ClassVar[dict[str, int]] = {"userid": 41009}
    userid: str


class InDepartment(QueryAsk):
    """user/simplelist, user/list [90200][90201]."""

    missing: ClassVar[dict[str, int]] = {"department_id": 40058}
    wrong: ClassVar[dict[str, int]] = {"department_id": 60123}
    department_id: int
    fetch_child: int = 0


class ListIds(Ask):
    """user/list_id [96067]."""

    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class ListDepartments(QueryAsk):
    """department/list, department/simplelist [90208][95350]."""

    wrong: ClassVar[dict[str, int]] = {"id": 60123}
    id: int | None = None


class GetDepartment(QueryAsk):
    """department/get [95351]."""

    missing: ClassVar[dict[str, int]] = {"id": 60123}
    wrong: ClassVar[dict[str, int]] = {"id": 60123}
    id: int


def get_user(call: Call, ask: GetUser) -> Json:
    """One member."""
    if not ask.userid:
        raise Refused(41009, "userid missing")
    return _whole(call, call.world.visible_member(call.app, ask.userid))


def simple_list(call: Call, ask: InDepartment) -> Json:
    """Members of one department: ids, names, departments."""
    return {
        "userlist": [
            {
                "userid": member.userid,
                "name": member.name,
                "department": member.departments,
                "open_userid": "",
            }
            for member in _members(call, ask)
        ]
    }


def full_list(call: Call, ask: InDepartment) -> Json:
    """Members of one department, whole."""
    return {
        "userlist": [
            _whole(call, member) | {"english_name": member.english_name}
            for member in _members(call, ask)
        ]
    }


def list_ids(call: Call, ask: ListIds) -> Json:
    """Pairs (member, department) of the whole corp; only for the 通讯录同步 secret."""
    pairs = [
        {"userid": member.userid, "department": department}
        for member in call.world.directory.present()
        for department in member.departments
    ]
    rows, following = page(call.path, "", ask.cursor, pairs, ask.limit)
    return {"next_cursor": following, "dept_user": rows}


def list_departments(call: Call, ask: ListDepartments) -> Json:
    """Departments under ``id``, itself too; all when no id is given."""
    return {"department": [_department(found) for found in _departments(call, ask.id)]}


def simple_departments(call: Call, ask: ListDepartments) -> Json:
    """Ids of departments with parent and order."""
    return {
        "department_id": [
            {"id": found.id, "parentid": found.parentid, "order": found.order}
            for found in _departments(call, ask.id)
        ]
    }


def get_department(call: Call, ask: GetDepartment) -> Json:
    """One department."""
    found = call.world.directory.departments.get(ask.id)
    if found is None:
        raise Refused(60123, "invalid party id")
    return {"department": _department(found)}


def _members(call: Call, ask: InDepartment) -> list[Member]:
    directory = call.world.directory
    if ask.department_id not in directory.departments:
        raise Refused(60003, "department not found")
    rooms = directory.below([ask.department_id]) if ask.fetch_child else {ask.department_id}
    visible = call.world.visible(call.app)
    return [
        member
        for member in directory.present()
        if member.userid in visible and rooms.intersection(member.departments)
    ]


def _departments(call: Call, root: int | None) -> list[Department]:
    directory = call.world.directory
    if root is not None and root not in directory.departments:
        raise Refused(60123, "invalid party id")
    rooms = directory.below([root] if root is not None else directory.departments)
    visible = call.app.visible
    if not visible.everybody:
        rooms &= directory.below(visible.departments or ())
    return [found for found in directory.departments.values() if found.id in rooms]


def _department(found: Department) -> Json:
    return {
        "id": found.id,
        "name": found.name,
        "name_en": found.name_en,
        "department_leader": found.leaders,
        "parentid": found.parentid,
        "order": found.order,
    }


def _whole(call: Call, member: Member) -> Json:
    shown: Json = {
        "userid": member.userid,
        "name": member.name,
        "department": member.departments,
        "order": member.orders,
        "position": member.position,
        "status": member.status,
        "is_leader_in_dept": member.leader_in,
        "direct_leader": member.direct_leader,
        "alias": member.alias,
        "telephone": "",
        "main_department": member.departments[0] if member.departments else 0,
        "extattr": {"attrs": member.extattr},
        "open_userid": "",
        "external_position": member.position,
        "external_profile": {
            "external_corp_name": call.world.corp.name,
            "external_attr": [],
            **member.external_profile,
        },
    }
    if not call.world.modes.user_profile_closed:
        # Apps made after 2022-06-20 do not get these any more.
        shown |= {
            "mobile": member.mobile,
            "gender": member.gender,
            "email": member.email,
            "biz_mail": "",
            "avatar": f"https://avatar.example/{member.userid}/0",
            "thumb_avatar": f"https://avatar.example/{member.userid}/100",
            "address": "",
            "qr_code": f"https://qr.example/{member.userid}",
        }
    return shown


def follow_users(call: Call, ask: Nothing) -> Json:
    """Visible members who have the 客户联系 right [92571]."""
    visible = call.world.visible(call.app)
    return {
        "follow_user": [
            member.userid
            for member in call.world.directory.present()
            if member.external_right and member.userid in visible
        ]
    }


ENDPOINTS = (
    get("user/get", GetUser, get_user, "contacts"),
    get("user/simplelist", InDepartment, simple_list, "contacts"),
    get("user/list", InDepartment, full_list, "contacts"),
    post("user/list_id", ListIds, list_ids, "ids"),
    get("department/list", ListDepartments, list_departments, "contacts"),
    get("department/simplelist", ListDepartments, simple_departments, "contacts"),
    get("department/get", GetDepartment, get_department, "contacts"),
    bare("externalcontact/get_follow_user_list", follow_users, "customer"),
)
