"""One 客户提升移交审批表: everything on it, ready to be printed, and its next step."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.errors import ReasonNeeded
from console.naming import Names, names_for
from console.ownership.shared import STEPS, policy_of
from console.ownership.transfers import PATH
from console.seals import seal
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from kit.clock import bank_date
from kit.web.formats import exact_stamp, in_wan, moment
from kit.web.guard import Asking, Writing, allow
from portfolio.approvers import demand_approver, may_decide
from portfolio.errors.ownership import FormUnknown
from portfolio.transfers import repository, steps
from portfolio.transfers.facts import FormFact

router = APIRouter()
WHERE: Final = PATH + "/{form_id}"


async def _in_sight(session: AsyncSession, asking: Asking, form_id: int) -> tuple[FormFact, Sight]:
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await repository.form(session, form_id, sight.units)
    if found is None:
        raise FormUnknown("没有这张移交审批表，或不在你的查看范围内", do="从“提升移交”的列表里打开")
    return found, sight


@router.get(WHERE, response_class=HTMLResponse)
async def form(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    form_id: int,
) -> Response:
    """The form with its way so far; the browser's print gives it on one sheet."""
    found, sight = await _in_sight(session, asking, form_id)
    place = await looked(
        session, asking, "transfer.viewed", f"transfer:{form_id}", unit=found.unit_id
    )
    names = await names_for(
        session,
        places=[who for who in (found.author, found.decided_by, found.confirmed_by) if who],
        staff=[found.from_staff, found.to_staff],
        customers=[found.customer_id],
    )
    text, kind = STEPS[found.state]
    may = await may_decide(session, asking.viewer, found.unit_id, policy_of(request))
    context = await shell(request, session, asking, "transfers", view_ref=place)
    context |= {
        "form": {
            "no": f"{found.month:%Y%m}-{found.id % 1_000_000:06d}",
            "state_text": text,
            "state_kind": kind,
            "late": found.overdue_at is not None,
        },
        "back": PATH,
        "customer_url": f"/c/customers/{found.customer_id}",
        "facts": [
            ("客户", names.customer(found.customer_id)),
            ("机构", sight.unit_name(found.unit_id)),
            ("日均金融资产", f"{in_wan(found.average_fen)} 万元"),
            ("原客户经理", names.person(found.from_staff) or "没有"),
            ("新客户经理", names.person(found.to_staff)),
            ("理由", found.why),
            ("审批意见", found.opinion or "—"),
        ],
        "steps": _steps(found, names, asking),
        "seal": _seal(found) if found.state == "confirmed" else None,
        "next": _next(found, may=may),
    }
    return page(request, "transfer_form", context)


def _steps(one: FormFact, names: Names, asking: Asking) -> list[dict[str, str]]:
    today = bank_date(asking.at)

    def at(when: Any) -> str:
        return moment(when, today) if when else ""

    rows = [
        ("编制", f"{names.actor(one.author)} {at(one.made_at)}", True),
        (
            "营业经理审批",
            f"{names.actor(one.decided_by)} {at(one.decided_at)}" if one.decided_by else "等待",
            one.decided_at is not None,
        ),
        (
            "原客户经理介绍，客户移交",
            f"{at(one.introduced_at)} {one.introduced_how}"
            if one.introduced_at
            else f"应在 {at(one.introduce_by)} 之前"
            if one.introduce_by
            else "等待",
            one.introduced_at is not None,
        ),
        (
            "新客户经理联系",
            f"{at(one.contacted_at)} {one.contacted_how}"
            if one.contacted_at
            else f"应在 {at(one.contact_by)} 之前"
            if one.contact_by
            else "等待",
            one.contacted_at is not None,
        ),
        (
            "确认归档",
            f"{names.actor(one.confirmed_by)} {at(one.confirmed_at)}"
            if one.confirmed_at
            else "等待",
            one.confirmed_at is not None,
        ),
    ]
    first = next((place for place, row in enumerate(rows) if not row[2]), len(rows))
    return [
        {
            "state": "done" if done else "cur" if place == first else "",
            "text": text,
            "small": small,
        }
        for place, (text, small, done) in enumerate(rows)
    ]


def _seal(one: FormFact) -> dict[str, Any]:
    facts = [
        ("存证摘要", one.sealed[:16] + "…", "mono"),
        ("归档", exact_stamp(one.confirmed_at), ""),
    ]
    if one.holds:
        return seal(True, "已归档，未被改动", "刚刚重新计算，与确认时的摘要一致", facts)
    return seal(False, "内容与确认时不一致", "请科技部核查数据库", facts)


def _next(one: FormFact, *, may: bool) -> dict[str, Any] | None:
    here = f"{PATH}/{one.id}"
    words = {
        "proposed": ("审批", f"{here}/decide", "意见（写入日志）"),
        "approved": ("登记已介绍", f"{here}/introduced", "怎么介绍的"),
        "introduced": ("登记已联系", f"{here}/contacted", "怎么联系的"),
        "contacted": ("确认归档", f"{here}/confirm", ""),
    }
    if one.state not in words:
        return None
    title, action, label = words[one.state]
    notes = {
        "proposed": "批准后，原客户经理会收到介绍的待办和话术。",
        "approved": "原客户经理从侧边栏发出介绍，系统会自动登记；当面或电话介绍的在这里登记。介绍之后客户归新客户经理。",
        "introduced": "新客户经理的触达会自动登记；电话或当面联系的在这里登记。",
        "contacted": "确认后审批表锁定，不能再改。",
    }
    return {
        "title": title,
        "action": action if may else "",
        "label": label,
        "note": notes[one.state] if may else "由本机构的负责人（营业经理）办理。",
        "two": one.state == "proposed",
    }


@router.post(WHERE + "/decide")
async def decide(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    form_id: int,
    choice: Annotated[str, Form(pattern="^(approve|refuse)$")],
    note: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Approve or refuse the form with an opinion."""
    await _in_sight(session, asking, form_id)
    policy = policy_of(request)
    if choice == "approve":
        await steps.approve(
            session, [form_id], viewer=asking.viewer, policy=policy,
            desk=request.app.state.parts.desk, opinion=note, at=asking.at,
        )  # fmt: skip
    else:
        await steps.refuse(
            session, [form_id], viewer=asking.viewer, policy=policy, opinion=note, at=asking.at
        )
    return RedirectResponse(f"{PATH}/{form_id}", status_code=303)


async def _registered(
    request: Request, session: AsyncSession, asking: Asking, form_id: int, note: str
) -> str:
    """How it was done, in one line, from somebody who may register it for this unit."""
    found, _ = await _in_sight(session, asking, form_id)
    await demand_approver(session, asking.viewer, found.unit_id, "", policy_of(request))
    said = " ".join(note.split())
    if len(said) < 2:
        raise ReasonNeeded("请写怎么做的", do="例如：电话介绍，客户同意")
    return said[:120]


@router.post(WHERE + "/introduced")
async def introduced(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    form_id: int,
    note: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """The old manager introduced the new one in another way than by the to-do."""
    how = await _registered(request, session, asking, form_id, note)
    await steps.introduce(
        session, [form_id], how=how, by=asking.actor, policy=policy_of(request),
        desk=request.app.state.parts.desk, at=asking.at,
    )  # fmt: skip
    return RedirectResponse(f"{PATH}/{form_id}", status_code=303)


@router.post(WHERE + "/contacted")
async def contacted(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    form_id: int,
    note: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """The new manager contacted the customer in a way that leaves no touch."""
    how = await _registered(request, session, asking, form_id, note)
    await steps.contact(session, [form_id], how=how, by=asking.actor, at=asking.at)
    return RedirectResponse(f"{PATH}/{form_id}", status_code=303)


@router.post(WHERE + "/confirm")
async def confirm(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    form_id: int,
) -> Response:
    """Confirm, archive and lock the form."""
    await _in_sight(session, asking, form_id)
    await steps.confirm(
        session, form_id, viewer=asking.viewer, policy=policy_of(request), at=asking.at
    )
    return RedirectResponse(f"{PATH}/{form_id}", status_code=303)
