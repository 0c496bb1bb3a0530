"""One complaint: what was said, what was answered, and the next step."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from compliance import complaints
from compliance.complaints import MOVES, CaseState
from console import roles
from console.complaints.listed import PATH, names_of, policy_of, row
from console.errors import FormRefused
from console.naming import names_for
from console.shell import page, shell
from console.sight import sight_of
from console.traces import looked
from console.wording import act_text
from delivery import complaining
from insights import record
from kit.clock import bank_date
from kit.web.formats import moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
STEPS: Final = {
    "take": ("受理", "由你来办这件投诉"),
    "answer": ("记下答复", "写明什么时候、怎样答复了客户"),
    "close": ("结案", "写明结案的理由；对这位客户的营销随之恢复"),
}


@router.get(PATH + "/{number}", response_class=HTMLResponse)
async def one(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    number: str,
) -> Response:
    """The case with its words, its steps so far and those that are open."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    case = await complaints.one(session, number, units=sight.units)
    place = await looked(
        session, asking, "complaint.viewed", f"complaint:{number}", unit=case.unit_id
    )
    names = await names_of(session, [case])
    frozen = case.state != CaseState.CLOSED
    shown: list[tuple[str, str, str]] = [
        ("来源", case.source, ""),
        ("最迟答复", case.due_on.isoformat(), ""),
        ("营销", "暂停，结案后恢复" if frozen else "已恢复", "b"),
    ]
    if case.answer:
        shown.append(("答复", case.answer, ""))
    if case.closing:
        shown.append(("结案理由", case.closing, "b"))
    context = await shell(request, session, asking, "complaints", view_ref=place)
    context |= {
        "case": row(case, names, sight, asking, policy_of(request)),
        "customer_url": f"/c/customers/{case.customer_id}" if case.customer_id else None,
        "words": case.words or "内容已按客户要求删除",
        "facts": shown,
        "steps": [
            {
                "name": step,
                "text": text,
                "note": note,
                "worded": step != "take",
                "action": f"{PATH}/{number}/{step}",
            }
            for step, (text, note) in STEPS.items()
            if case.state in MOVES[step][1]
        ],
        "trail": await _trail(session, number, asking),
    }
    return page(request, "complaint", context)


async def _trail(session: Any, number: str, asking: Asking) -> list[dict[str, Any]]:
    wanted = record.Wanted(kinds=("customer", "access"), objects=(f"complaint:{number}",))
    lines = await record.page(session, wanted, limit=20)
    names = await names_for(session, places=[entry.actor for entry in lines])
    today = bank_date(asking.at)
    return [
        {
            "text": f"{names.actor(entry.actor)} {act_text(entry.act)}",
            "small": moment(entry.at, today),
            "now": place == len(lines) - 1,
        }
        for place, entry in enumerate(reversed(lines))
    ]


@router.post(PATH + "/{number}/{step}")
async def move(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    number: str,
    step: str,
    words: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The next step of a case, on record; closing lets marketing be judged again."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    if step == "close":
        await complaining.close(
            session, number, reason=words, by=asking.actor, at=asking.at, units=sight.units
        )
    elif step in MOVES:
        await complaints.move(
            session, number, step, words=words, by=asking.actor, at=asking.at, units=sight.units
        )
    else:
        raise FormRefused("没有这一步", saw=step[:40], do="从页面上选")
    return RedirectResponse(f"{PATH}/{number}", status_code=303)
