"""投诉: the cases in sight by state; what is late stands out, every number opens its list."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import complaints
from compliance.complaints import Case, CaseState
from config import policy_catalogue
from config.complaint_policy import ComplaintPolicy
from console import roles
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/complaints"
STATES: Final = {
    CaseState.OPENED: ("待受理", "warn"),
    CaseState.IN_HAND: ("办理中", "info"),
    CaseState.ANSWERED: ("已答复", "info"),
    CaseState.CLOSED: ("已结案", "ok"),
}
LATE: Final = "late"
FROZEN: Final = "frozen"


def policy_of(request: Request) -> ComplaintPolicy:
    """The policy in force, for the names of what complaints are about."""
    found: ComplaintPolicy = request.app.state.parts.shelf.of(policy_catalogue.COMPLAINTS)
    return found


@router.get(PATH, response_class=HTMLResponse)
async def listed(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    before: str = "",
) -> Response:
    """Cases, the newest first; the state or what is late chooses."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    today = bank_date(asking.at)
    late_only, state = _wanted(status)
    found = await complaints.cases(
        session,
        units=sight.units,
        state=state,
        late_on=today if late_only else None,
        frozen=status == FROZEN,
        before=place_of(before),
        limit=PER_PAGE + 1,
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    by_state = await complaints.counts(session, units=sight.units)
    late = await complaints.late(session, units=sight.units, on=today)
    place = await looked(
        session,
        asking,
        "complaints.listed",
        "list:complaints",
        payload={"unit": unit, "state": status, "shown": [one.complaint_no for one in shown]},
    )
    names = await names_of(session, shown)
    kept = {"unit": unit, "state": status}
    frozen = sum(by_state.values()) - by_state[CaseState.CLOSED]
    total = late if late_only else by_state[state] if state else sum(by_state.values())
    total = frozen if status == FROZEN else total
    context = await shell(request, session, asking, "complaints", view_ref=place)
    context |= {
        "filters": [choice("unit", "机构", whole.options, unit)],
        "tabs": [
            tab("全部", url(PATH, unit=unit), sum(by_state.values()), not status),
            *(
                tab(text, url(PATH, unit=unit, state=one.value), by_state[one], status == one)
                for one, (text, _) in STATES.items()
            ),
            tab("营销暂停中", url(PATH, unit=unit, state=FROZEN), frozen, status == FROZEN),
            tab("超过答复期限", url(PATH, unit=unit, state=LATE), late, late_only),
        ],
        "state": None if shown else nothing("投诉", kept.values(), PATH, "客户提交后会出现在这里。"),
        "cases": [row(one, names, sight, asking, policy_of(request)) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, before=_place(shown[-1])) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }  # fmt: skip
    return page(request, "complaints", context)


def _wanted(status: str) -> tuple[bool, CaseState | None]:
    if status == LATE:
        return True, None
    try:
        return False, CaseState(status) if status not in ("", FROZEN) else None
    except ValueError:
        raise FormRefused("没有这种状态", saw=status[:40], do="从页面上选") from None


def _place(case: Case) -> str:
    return f"{case.opened_at.isoformat()}~{case.complaint_no}"


def place_of(text: str) -> tuple[datetime, str] | None:
    """The place in an address after which the list goes on. Raises FormRefused."""
    if not text:
        return None
    moment, _, number = text.partition("~")
    try:
        opened = datetime.fromisoformat(moment)
    except ValueError:
        raise FormRefused("地址里的位置读不出来", saw=text[:40], do="从第一页翻起") from None
    if opened.tzinfo is None or not number:
        raise FormRefused("地址里的位置不完整", saw=text[:40], do="从第一页翻起")
    return opened, number


async def names_of(session: AsyncSession, cases: list[Case]) -> Names:
    """The names of the people in some cases."""
    return await names_for(
        session,
        places=[who for one in cases for who in (one.handler, one.closed_by) if who],
        staff=[],
        customers=[one.customer_id for one in cases],
    )


def row(
    one: Case, names: Names, sight: Sight, asking: Asking, policy: ComplaintPolicy
) -> dict[str, Any]:
    """A case as the table shows it; what was written is on its own page."""
    text, kind = STATES[one.state]
    waiting = one.state in (CaseState.OPENED, CaseState.IN_HAND)
    return {
        "no": one.complaint_no,
        "href": f"{PATH}/{one.complaint_no}",
        "about": policy.title(one.about),
        "who": names.customer(one.customer_id)
        if one.customer_id
        else "企业微信联系人"
        if one.external_userid
        else "没有认出身份",
        "unit_name": sight.unit_name(one.unit_id),
        "handler": names.actor(one.handler) if one.handler else "—",
        "opened_at": one.opened_at,
        "due_on": one.due_on,
        "late": waiting and one.due_on < bank_date(asking.at),
        "state_text": text,
        "state_kind": kind,
    }
