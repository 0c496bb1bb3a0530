"""个人信息请求: the list, the form to ask, the second person's decision, the download."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from config import policy_catalogue
from console import roles
from console.consents.listed import moment_of
from console.customers.one import in_sight
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import sight_of
from console.traces import looked
from crm_sync.row_security import beyond_scope
from insights.personal import requests
from insights.personal.errors import RequestUnknown
from insights.personal.exporting import export
from insights.personal.gathering import person_of
from insights.personal.registry import BY_TABLE
from insights.personal.requests import RequestFact
from kit.web.formats import masked_name, masked_number
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/personal-data"
KINDS: Final = {"export": "导出", "erase": "删除", "readmit": "重新接纳"}
ASKED_HERE: Final = ("export", "erase")
STATES: Final = {
    "asked": ("等待批准", "warn"),
    "approved": ("已批准", "info"),
    "refused": ("不批准", ""),
    "done": ("已办结", "ok"),
}
PARTS: Final = {
    "erased": "已删除",
    "blanked": "已清空内容",
    "kept": "依法保留",
    "readmitted": "按此请求删除的，可以再导入",
}


@router.get(PATH, response_class=HTMLResponse)
async def listed(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    status: Annotated[str, Query(alias="state")] = "",
    kind: str = "",
    before: str = "",
) -> Response:
    """Requests in sight, newest first."""
    sight = await sight_of(session, asking.viewer, roles.AUDIT)
    counts = await requests.counts(session, units=sight.units, kind=kind)
    found = await requests.listed(
        session,
        units=sight.units,
        state=status,
        kind=kind,
        before=moment_of(before),
        limit=PER_PAGE + 1,
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(
        session,
        places=[one.asked_by for one in shown] + [one.decided_by for one in shown],
        customers=[one.customer_id for one in shown],
    )
    kept = {"state": status, "kind": kind}
    place = await looked(
        session, asking, "personal.listed", "list:personal", payload={**kept, "shown": len(shown)}
    )
    context = await shell(request, session, asking, "personal", view_ref=place)
    context |= {
        "tabs": [
            tab("全部", url(PATH, kind=kind), sum(counts.values()), not status),
            *(
                tab(text, url(PATH, kind=kind, state=one), counts.get(one, 0), status == one)
                for one, (text, _) in STATES.items()
            ),
        ],
        "filters": [choice("kind", "请求", [("", "全部"), *KINDS.items()], kind)],
        "state": None
        if shown
        else nothing("请求", kept.values(), PATH, "在客户的“授权与退订”页上提出。"),
        "rows": [_row(one, names) for one in shown],
        "page": paging(
            shown,
            total=counts.get(status, 0) if status else sum(counts.values()),
            next_url=url(PATH, kept, before=shown[-1].asked_at.isoformat()) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }
    return page(request, "personal", context)


def _row(one: RequestFact, names: Names) -> dict[str, Any]:
    text, colour = STATES[one.state]
    return {
        "number": one.number,
        "href": f"{PATH}/{one.number}",
        "kind_text": KINDS[one.kind],
        "about": names.customer(one.customer_id) or "已删除的客户",
        "asked_by": names.actor(one.asked_by),
        "asked_at": one.asked_at,
        "decided_by": names.actor(one.decided_by) if one.decided_by else "—",
        "state_text": text,
        "state_kind": colour,
    }


@router.get(PATH + "/ask/{customer_id}", response_class=HTMLResponse)
async def ask_form(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    customer_id: int,
) -> Response:
    """The form: what the person wants, how they asked and proved who they are."""
    customer = await in_sight(session, asking, customer_id)
    place = await looked(
        session, asking, "customer.viewed", f"customer:{customer_id}", unit=customer.unit_id
    )
    context = await shell(request, session, asking, "personal", view_ref=place)
    context |= {
        "name": masked_name(customer.name) if customer.name else "客户",
        "customer_no": masked_number(customer.customer_no),
        "action": f"{PATH}/ask/{customer_id}",
        "kinds": [(kind, KINDS[kind]) for kind in ASKED_HERE],
    }
    return page(request, "personal_ask", context)


@router.post(PATH + "/ask/{customer_id}")
async def ask(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    customer_id: int,
    kind: Annotated[str, Form(pattern="^(export|erase)$")],
    basis: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Ask; nothing happens before somebody else approves."""
    customer = await in_sight(session, asking, customer_id)
    made = await requests.ask(
        session,
        customer_id,
        "erase" if kind == "erase" else "export",
        basis=basis,
        unit=customer.unit_id,
        actor=asking.actor,
        at=asking.at,
    )
    return RedirectResponse(f"{PATH}/{made.number}", status_code=303)


async def _in_sight(session: Any, asking: Asking, number: str) -> RequestFact:
    found = await requests.one(session, number)
    sight = await sight_of(session, asking.viewer, roles.AUDIT)
    if sight.units is not None and found.unit_id not in sight.units:
        raise RequestUnknown("没有这项请求", saw=number[:40], do="从列表里选")
    return found


@router.get(PATH + "/{number}", response_class=HTMLResponse)
async def one(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    number: str,
) -> Response:
    """One request: who asked and why, the decision, what was erased and what the law keeps."""
    found = await _in_sight(session, asking, number)
    names = await names_for(
        session, places=[found.asked_by, found.decided_by], customers=[found.customer_id]
    )
    place = await looked(
        session, asking, "personal.viewed", f"customer:{found.customer_id}", reason=number
    )
    context = await shell(request, session, asking, "personal", view_ref=place)
    text, colour = STATES[found.state]
    context |= {
        "r": _row(found, names),
        "facts": [
            ("请求", KINDS[found.kind], ""),
            ("客户", names.customer(found.customer_id) or "已删除的客户", ""),
            ("依据", found.basis, ""),
            ("提出", names.actor(found.asked_by), ""),
            ("处理", names.actor(found.decided_by) if found.decided_by else "—", ""),
            ("意见", found.opinion or "—", ""),
        ],
        "badge": (text, colour),
        "may_decide": found.state == "asked" and found.asked_by != asking.actor,
        "own": found.state == "asked" and found.asked_by == asking.actor,
        "action": f"{PATH}/{number}/decide",
        "download": f"{PATH}/{number}/download"
        if found.kind == "export" and found.state in ("approved", "done")
        else None,
        "parts": _parts(request, found.counts),
    }
    return page(request, "personal_one", context)


def _parts(request: Request, counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    retention = request.app.state.parts.shelf.of(policy_catalogue.RETENTION)
    return [
        {
            "treatment": PARTS[treatment],
            "title": BY_TABLE[table].title if table in BY_TABLE else table,
            "rows": number,
            "why": f"{rule.years} 年：{rule.law}"
            if treatment == "kept" and (rule := retention.of(BY_TABLE[table].because))
            else "",
        }
        for treatment, tables in counts.items()
        for table, number in sorted(tables.items())
    ]


@router.post(PATH + "/{number}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    number: str,
    decision: Annotated[str, Form(pattern="^(approve|refuse)$")],
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """A second person decides; an approved erasure is carried out at once."""
    await _in_sight(session, asking, number)
    async with beyond_scope(session):
        await requests.decide(
            session,
            number,
            approve=decision == "approve",
            opinion=opinion,
            actor=asking.actor,
            at=asking.at,
        )
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


@router.post(PATH + "/{number}/download")
async def download(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    number: str,
) -> Response:
    """The zip, made now; each download is in the record."""
    found = await _in_sight(session, asking, number)
    parts = request.app.state.parts
    async with beyond_scope(session):
        await requests.for_download(session, number, asking.at)
        data = await export(
            session,
            await person_of(session, customer_id=found.customer_id),
            number=number,
            unit=found.unit_id,
            bank=parts.settings.bank_name,
            retention=parts.shelf.of(policy_catalogue.RETENTION),
            actor=asking.actor,
            at=asking.at,
        )
    return Response(
        data,
        media_type="application/zip",
        headers={
            "content-disposition": f'attachment; filename="{number}.zip"',
            "cache-control": "no-store",
        },
    )
