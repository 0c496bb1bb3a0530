"""活动准备: the three questions and four preparations that a campaign will stand on."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import roles
from console.errors import FormRefused
from console.lists import PER_PAGE, nothing, paging, url
from console.naming import names_for
from console.playbooks.places import PREPARATIONS as PATH
from console.playbooks.places import places
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, page_form, row, table
from kit.clock import bank_date
from kit.web.formats import moment
from kit.web.guard import Asking, Reading, Writing, allow
from portfolio.preparation import records
from portfolio.preparation.rules import BOXES

router = APIRouter()


@router.get(PATH, response_class=HTMLResponse)
async def preparations(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    before: int = 0,
) -> Response:
    """The records in sight, the newest first, each with what is still missing."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await records.page(
        session, units=sight.units, limit=PER_PAGE + 1, before=before or None
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(session, places=[one.created_by for one in shown])
    today = bank_date(asking.at)
    rows = []
    for one in shown:
        missing = one.readiness.missing
        rows.append(
            row(
                [
                    cell(one.title, f"{PATH}/{one.id}", strong=True),
                    cell(sight.unit_name(one.unit_id)),
                    cell(names.actor(one.created_by)),
                    cell(moment(one.created_at, today)),
                    cell(
                        "齐了" if not missing else "还差 " + "、".join(box.title for box in missing)
                    ),
                ],
                id=one.id,
                ready=not missing,
            )
        )
    may = bool(set(asking.viewer.roles) & set(roles.EXECUTION))
    context = await shell(request, session, asking, "playbooks")
    context |= table(
        "活动准备",
        PATH,
        [column("名称"), column("机构"), column("谁建的"), column("何时"), column("齐不齐")],
        rows,
        sub="三个问题、四项准备都写清楚，活动才能开始",
        places=places(PATH),
        forms=[
            page_form(
                PATH,
                "新建一份准备",
                inputs=[("title", "名称", "例如：四季度 5 万元达标有礼", 60)],
            )
        ]
        if may
        else [],
        state=None if rows else nothing("活动准备", [], PATH, "新建一份，再逐栏写清楚。"),
        page=paging(
            shown,
            total=None,
            next_url=url(PATH, before=shown[-1].id) if more else None,
            first_url=PATH if before else None,
        ),
    )
    return page(request, "table", context)


@router.post(PATH)
async def begin(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    title: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Open an empty record for one's own unit."""
    number = await records.begin(
        session,
        title=title,
        unit_id=asking.viewer.unit_id or "hq",
        by=asking.actor,
        at=asking.at,
        request_id=asking.request_id,
    )
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


@router.get(PATH + "/{number}", response_class=HTMLResponse)
async def preparation(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    number: int,
) -> Response:
    """One record, box by box: what, by whom, when, and what is missing."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await records.one(session, number, units=sight.units)
    names = await names_for(
        session, places=[found.created_by, *(one.by for one in found.boxes.values())]
    )
    missing = {box.name for box in found.readiness.missing}
    context = await shell(request, session, asking, "playbooks")
    context |= {
        "title": found.title,
        "unit_name": sight.unit_name(found.unit_id),
        "by": names.actor(found.created_by),
        "at": found.created_at,
        "ready": not missing,
        "missing": [box.title for box in found.readiness.missing],
        "may": bool(set(asking.viewer.roles) & set(roles.EXECUTION)),
        "boxes": [
            {
                "name": box.name,
                "title": box.title,
                "hint": box.hint,
                "kind": box.kind,
                "action": f"{PATH}/{number}/{box.name}",
                "filled": box.name not in missing,
                "content": found.boxes[box.name].content if box.name in found.boxes else "",
                "by": names.actor(found.boxes[box.name].by) if box.name in found.boxes else "",
                "at": found.boxes[box.name].at if box.name in found.boxes else None,
            }
            for box in BOXES
        ],
    }
    return page(request, "preparation", context)


@router.post(PATH + "/{number}/{box}")
async def fill(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    number: int,
    box: str,
    content: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Write into one box; who and when stay with it."""
    if len(box) > 16:
        raise FormRefused("没有这一栏", saw=box[:16], do="从页面上保存")
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    await records.fill(
        session, number, box, content, units=sight.units, by=asking.actor, at=asking.at,
        request_id=asking.request_id,
    )  # fmt: skip
    return RedirectResponse(f"{PATH}/{number}", status_code=303)
