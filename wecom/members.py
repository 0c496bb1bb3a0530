"""Staff members and departments, as far as our app may see them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from wecom.answers import Answer, Page, follow
from wecom.client import Caller


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member. Apps made after 2022-06-20 are given no phone, mail, avatar or gender."""

    staff_id: str
    name: str = field(repr=False)
    departments: tuple[int, ...]
    main_department: int | None
    leader_in: tuple[int, ...]
    """The departments of ``departments`` that this member leads."""
    direct_leaders: tuple[str, ...]
    position: str
    alias: str
    status: int | None
    """1 active, 2 disabled, 4 not activated, 5 left."""


@dataclass(frozen=True, slots=True)
class Department:
    """A department; ``parent_id`` is 0 for the root. A larger ``order`` stands first."""

    department_id: int
    name: str
    parent_id: int | None
    order: int
    leaders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """A member's seat in one department (user/list_id)."""

    staff_id: str
    department_id: int | None


async def follow_users(client: Caller) -> tuple[str, ...]:
    """Return the visible members who have 客户联系 (official page 92571)."""
    path = "externalcontact/get_follow_user_list"
    return Answer(path, await client.call(path, idempotent=True)).strings("follow_user")


async def get(client: Caller, staff_id: str) -> Member:
    """Return one member (90196); RelationGone (60111) where the directory has none of this id."""
    path = "user/get"
    return _member(
        Answer(path, await client.call(path, params={"userid": staff_id}, idempotent=True))
    )


async def of_department(client: Caller, department_id: int) -> tuple[Member, ...]:
    """Return the members of one department, with details (90201)."""
    path = "user/list"
    answer = Answer(
        path,
        await client.call(path, params={"department_id": str(department_id)}, idempotent=True),
    )
    return tuple(_member(one) for one in answer.objects("userlist"))


async def departments(client: Caller, below: int | None = None) -> tuple[Department, ...]:
    """Return the visible departments, or those below one of them (90208)."""
    path = "department/list"
    params = {} if below is None else {"id": str(below)}
    answer = Answer(path, await client.call(path, params=params, idempotent=True))
    found = []
    for one in answer.objects("department"):
        department_id = one.integer("id")
        if department_id is None:
            one.need("id")
            continue
        found.append(
            Department(
                department_id=department_id,
                name=one.text("name"),
                parent_id=one.integer("parentid"),
                order=one.count("order"),
                leaders=one.strings("department_leader"),
            )
        )
    return tuple(found)


def ids(client: Caller, cursor: str = "", limit: int = 10_000) -> AsyncIterator[Page[MemberPlace]]:
    """Yield pages of all member ids (96067); needs the secret of 通讯录同步."""
    path = "user/list_id"

    async def fetch(at: str) -> Page[MemberPlace]:
        answer = Answer(
            path, await client.call(path, {"cursor": at, "limit": limit}, idempotent=True)
        )
        places = tuple(
            MemberPlace(one.need("userid"), one.integer("department"))
            for one in answer.objects("dept_user")
        )
        return Page(places, answer.text("next_cursor"))

    return follow(fetch, cursor)


def _member(answer: Answer) -> Member:
    places = answer.integers("department")
    leads = answer.integers("is_leader_in_dept")
    return Member(
        staff_id=answer.need("userid"),
        name=answer.text("name"),
        departments=places,
        main_department=answer.integer("main_department"),
        leader_in=tuple(place for place, lead in zip(places, leads, strict=False) if lead),
        direct_leaders=answer.strings("direct_leader"),
        position=answer.text("position"),
        alias=answer.text("alias"),
        status=answer.integer("status"),
    )
