"""The list of groups with their flags, and its numbers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive import activity
from archive.facts import GroupTalk
from community import names as group_names
from community import repository as groups_of
from community.facts import (
    GroupFact,
    GroupNumbers,
    GroupScope,
    Surroundings,
)
from console import roles
from console.lists import PER_PAGE, choice, nothing, number, paging, url
from console.shell import page, shell
from console.sight import Sight, groups_in, sight_of
from console.traces import looked
from crm_sync.facts import StaffFact
from crm_sync.repository.staff import staff_by_userids
from kit.web.formats import count
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/groups"
WEEK: Final = timedelta(days=7)
FLAGS: Final = {
    "owner_unknown": ("群主不是本行员工", "danger"),
    "owner_left": ("群主离职", "danger"),
    "no_staff": ("群里没有员工", "danger"),
    "not_archived": ("不在存档里", "warn"),
    "unregistered": ("没登记", "warn"),
}
SWEEP: Final = 1_000
"""How many groups are looked through when a list is narrowed to a flag."""


async def around(
    session: AsyncSession, chat_ids: Sequence[str], at: datetime
) -> tuple[Surroundings, Mapping[str, GroupTalk]]:
    """What staff and archive know of these groups, for their flags and numbers."""
    owners = await staff_by_userids(session, await group_names.owners(session, chat_ids))
    talks = await activity.group_talks(session, chat_ids, since=at - WEEK, until=at)
    known = Surroundings(
        staff=frozenset(owners),
        archived=await activity.archived_groups(session, chat_ids),
        numbers={
            chat_id: GroupNumbers(talk.messages, talk.last_at) for chat_id, talk in talks.items()
        },
    )
    return known, talks


async def listed(
    session: AsyncSession,
    scope: GroupScope,
    at: datetime,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[GroupFact]:
    """The newest groups in sight with their flags."""
    found = await groups_of.groups(session, scope, limit=limit, after=after)
    known, _ = await around(session, [one.chat_id for one in found], at)
    return await groups_of.groups(session, scope, known, limit=limit, after=after)


@router.get(PATH, response_class=HTMLResponse)
async def groups(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    flag: str = "",
    after: str = "",
) -> Response:
    """Groups in sight, the newest first."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    scope = await groups_in(session, sight)
    if flag in FLAGS:
        every = await listed(session, scope, asking.at, limit=SWEEP)
        shown = [one for one in every if flag in one.flags]
        total, more = len(shown), False
    else:
        total = await group_names.count(session, scope)
        found = await listed(session, scope, asking.at, limit=PER_PAGE + 1, after=_keyset(after))
        shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session, asking, "groups.listed", "list:groups", payload={"unit": unit, "flag": flag}
    )
    owners = await staff_by_userids(session, {one.owner_userid for one in shown})
    context = await shell(request, session, asking, "groups", view_ref=place)
    kept = {"unit": unit, "flag": flag}
    flags = [("", "全部"), *((key, text) for key, (text, _) in FLAGS.items())]
    context |= {
        "data_as_of": await group_names.synced_at(session),
        "export_url": None,
        "stats": await _stats(session, scope, unit, asking.at),
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("flag", "要注意", flags, flag),
        ],
        "state": None
        if shown
        else nothing("客户群", kept.values(), PATH, "与企业微信对账之后会出现在这里。"),
        "groups": [_row(one, owners, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, after=_place(shown[-1])) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }
    return page(request, "groups", context)


def _born(one: GroupFact) -> datetime | None:
    return one.created_at or one.synced_at


def _place(one: GroupFact) -> str:
    born = _born(one)
    return f"{born.isoformat() if born else ''}~{one.chat_id}"


def _keyset(text: str) -> tuple[datetime, str] | None:
    born, _, chat_id = text.partition("~")
    try:
        return (datetime.fromisoformat(born), chat_id) if chat_id else None
    except ValueError:
        return None


async def _stats(
    session: AsyncSession, scope: GroupScope, unit: str, at: datetime
) -> list[dict[str, Any]]:
    number_of = await group_names.count(session, scope)
    places, people = await group_names.external_members(session, scope)
    ids = sorted(await groups_of.chat_ids(session, scope))
    every = await listed(session, scope, at, limit=SWEEP)
    unseen = sum("not_archived" in one.flags for one in every)
    talks = await activity.group_talks(session, ids, since=at - WEEK, until=at)
    said = sum(one.messages for one in talks.values())
    return [
        number("客户群", count(number_of), "个", "", "没有解散的客户群", url(PATH, unit=unit)),
        number(
            "群内客户", count(places), "人次", f"去重 {count(people)} 人", "群成员里的外部联系人",
            url(PATH, unit=unit),
        ),
        number("7 日消息", count(said), "条", f"{len(talks)} 个群有人说话", "存档里的群消息",
               url(PATH, unit=unit)),
        number(
            "不在存档里", count(unseen), "个", "群主没开通存档" if unseen else "都在存档里",
            "存档里一条消息都没有的群", url(PATH, flag="not_archived", unit=unit), bad=unseen > 0,
        ),
    ]  # fmt: skip


def flags_of(one: GroupFact) -> list[dict[str, str]]:
    """What is not as it should be, for people."""
    return [{"text": FLAGS[flag][0], "kind": FLAGS[flag][1]} for flag in one.flags]


def _row(one: GroupFact, owners: Mapping[str, StaffFact], sight: Sight) -> dict[str, Any]:
    owner = owners.get(one.owner_userid)
    unit = one.unit_id or (owner.unit_id if owner else None)
    return {
        "name": one.name or "（没有群名）",
        "href": f"{PATH}/{quote(one.chat_id)}",
        "purpose": one.purpose,
        "owner_name": owner.name if owner else one.owner_userid,
        "unit_name": sight.unit_name(unit),
        "external": one.external,
        "mix": [],
        "messages_7d": one.messages,
        "unanswered": None,
        "last_message_at": one.last_message_at,
        "flags": flags_of(one),
    }
