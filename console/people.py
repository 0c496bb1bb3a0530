"""角色与机构: who works where, which role over which unit, who granted it, when it ends."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.errors import PersonUnknown
from console.lists import PER_PAGE, choice, nothing, paging, url, words
from console.naming import Names, names_for
from console.roles import ROLE_NAMES
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.state_words import UNIT_KINDS
from console.traces import looked
from crm_sync.repository import rosters
from crm_sync.repository.rosters import GrantFact, Member
from kit import ledger
from kit.clock import bank_date
from kit.web import sessions
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/people"
SOON: Final = timedelta(days=7)
COLOURS: Final = {"rm": "", "branch": "info", "ops": "info", "compliance": "ok", "it": "warn"}


@router.get(PATH, response_class=HTMLResponse)
async def people(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.KEEPERS)],
    session: Writing,
    q: str = "",
    unit: str = "",
    role: str = "",
    after: str = "",
) -> Response:
    """Members of staff in sight that match, by staff id; the units with how many work there."""
    whole = await sight_of(session, asking.viewer, roles.KEEPERS)
    sight = await sight_of(session, asking.viewer, roles.KEEPERS, unit) if unit else whole
    asked: dict[str, Any] = {"units": sight.units, "role": role or None, "words": q}
    total = await rosters.count(session, **asked)
    found = await rosters.page(session, **asked, limit=PER_PAGE + 1, after=after)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"q": q, "unit": unit, "role": role}
    place = await looked(
        session, asking, "people.listed", "list:people", payload={**kept, "shown": len(shown)}
    )
    context = await shell(request, session, asking, "people", view_ref=place)
    context |= {
        "filters": [
            words("q", "找人", "姓名、工号或企业微信账号", q),
            choice("unit", "机构", whole.options, unit),
            choice("role", "角色", [("", "全部"), *ROLE_NAMES.items()], role),
        ],
        "state": None
        if shown
        else nothing("人", kept.values(), PATH, "用 gengyun import staff 导入人员文件。"),
        "people": await _rows(session, asking, shown, sight),
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, after=shown[-1].staff_id) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
        "roles": [
            {
                "text": text,
                "n": await rosters.count(session, units=sight.units, role=key),
                "href": url(PATH, unit=unit, role=key),
            }
            for key, text in ROLE_NAMES.items()
        ],
        "units": await _units(session, whole),
    }
    return page(request, "people", context)


async def _rows(
    session: AsyncSession, asking: Asking, shown: Sequence[Member], sight: Sight
) -> list[dict[str, Any]]:
    ids = [one.staff_id for one in shown]
    signed_in = await sessions.last_signed_in(session, ids)
    living = await sessions.living(session, ids, asking.at)
    names = await names_for(
        session, places=[grant.granted_by for one in shown for grant in one.grants]
    )
    may_end = bool(set(asking.viewer.roles) & set(roles.IT))
    return [
        {
            "name": one.name,
            "staff_id": one.staff_id,
            "active": one.active,
            "unit_name": sight.unit_name(one.unit_id),
            "position": one.position,
            "grants": [_grant(grant, sight, names, asking) for grant in one.grants]
            or [_own_book()],
            "licences": "、".join(one.licences),
            "in_wecom": one.userid is not None,
            "signed_in_at": signed_in.get(one.staff_id),
            "sign_out_url": f"{PATH}/{quote(one.staff_id, safe='')}/sign-out"
            if may_end and one.staff_id in living and one.staff_id != asking.viewer.staff_id
            else None,
        }
        for one in shown
    ]


def _own_book() -> dict[str, Any]:
    """What everybody has without a grant: their own customers."""
    return {
        "text": ROLE_NAMES["rm"],
        "kind": COLOURS["rm"],
        "scope": "本人管户",
        "by": "人员文件",
        "at": None,
        "until": None,
        "soon": False,
        "over": False,
    }


def _grant(one: GrantFact, sight: Sight, names: Names, asking: Asking) -> dict[str, Any]:
    return {
        "text": ROLE_NAMES.get(one.role, one.role),
        "kind": COLOURS.get(one.role, ""),
        "scope": sight.unit_name(one.unit_id),
        "by": "人员文件" if one.granted_by.startswith("import:") else names.actor(one.granted_by),
        "at": bank_date(one.granted_at),
        "until": bank_date(one.expires_at) if one.expires_at else None,
        "soon": _within(one.expires_at, asking.at, SOON),
        "over": one.expires_at is not None and one.expires_at <= asking.at,
    }


def _within(moment: datetime | None, at: datetime, span: timedelta) -> bool:
    return moment is not None and at < moment <= at + span


async def _units(session: AsyncSession, sight: Sight) -> list[dict[str, Any]]:
    """The units in sight as a tree, each with the list of those who work there."""
    number: Mapping[str, int] = await rosters.people_per_unit(session)
    if not sight.tree:
        return []
    least = min(one.path.count("/") for one in sight.tree)
    return [
        {
            "name": one.name,
            "depth": one.path.count("/") - least,
            "kind_text": UNIT_KINDS.get(one.kind, one.kind),
            "people": number.get(one.unit_id, 0),
            "href": url(PATH, unit=one.unit_id),
        }
        for one in sight.tree
    ]


@router.post(PATH + "/{staff_id}/sign-out")
async def sign_out(
    asking: Annotated[Asking, allow("console", *roles.IT, fresh=True)],
    session: Writing,
    staff_id: str,
) -> Response:
    """End every sign-in of a person, at once. PersonUnknown for nobody in sight."""
    sight = await sight_of(session, asking.viewer, roles.IT)
    found = await rosters.page(session, units=sight.units, words=staff_id, limit=PER_PAGE)
    member = next((one for one in found if one.staff_id == staff_id), None)
    if member is None:
        raise PersonUnknown("没有这位员工", saw=staff_id[:40], do="从角色与机构里选")
    ended = await sessions.end_all(session, staff_id, asking.at)
    if ended:
        entry = ledger.Entry(
            kind="setup",
            act="session.ended_by_it",
            actor=asking.actor,
            object=f"staff:{staff_id}",
            unit=member.unit_id,
            request_id=asking.request_id,
            payload={"sessions": ended},
        )
        await ledger.append(session, [entry], at=asking.at)
    return RedirectResponse(url(PATH, q=staff_id), status_code=303)
