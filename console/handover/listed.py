"""客户移交: the newest first, those that wait for somebody before all."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.handover.naming import ORIGINS, RUN_KINDS, RUN_STATES
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from kit.web.guard import Asking, Reading, allow
from portfolio.handover import store
from portfolio.handover.facts import RunFact

router = APIRouter()
PATH: Final = "/c/handovers"


@router.get(PATH, response_class=HTMLResponse)
async def handovers(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Reading,
    unit: str = "",
    kind: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    before: int = 0,
) -> Response:
    """Handovers in sight that match."""
    whole = await sight_of(session, asking.viewer, roles.EXECUTION)
    sight = await sight_of(session, asking.viewer, roles.EXECUTION, unit) if unit else whole
    wanted: dict[str, Any] = {"units": sight.units, "state": status or None, "kind": kind or None}
    total = await store.count_runs(session, **wanted)
    found = await store.runs(session, **wanted, limit=PER_PAGE + 1, before=before or None)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(
        session, staff=[one for run in shown for one in (run.staff_id, *run.takers[:3])]
    )
    by_state = {
        one: await store.count_runs(session, units=sight.units, state=one) for one in RUN_STATES
    }
    kept = {"unit": unit, "kind": kind, "state": status}
    context = await shell(request, session, asking, "handovers")
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("kind", "种类", [("", "全部"), *RUN_KINDS.items()], kind),
        ],
        "tabs": [
            tab("全部", url(PATH, unit=unit), sum(by_state.values()), not status),
            *(
                tab(text, url(PATH, unit=unit, state=one), by_state[one], one == status)
                for one, (text, _) in RUN_STATES.items()
            ),
        ],
        "state": None
        if shown
        else nothing(
            "客户移交", kept.values(), PATH, "员工离开或调岗时，系统会起草一份；也可以用 gengyun handover start。"
        ),
        "runs": [row(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, before=shown[-1].run_id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }  # fmt: skip
    return page(request, "handovers", context)


def row(run: RunFact, names: Names, sight: Sight) -> dict[str, Any]:
    """A handover as the table shows it; every figure opens its list."""
    text, colour = RUN_STATES[run.state]
    here = f"{PATH}/{run.run_id}"

    def figure(kind: str, *states: str) -> dict[str, Any]:
        number = run.in_state(kind, *states) if states else run.of_kind(kind)
        return {"n": number, "href": url(here, kind=kind, state=",".join(states)) + "#list"}

    takers = "、".join(names.person(one) for one in run.takers[:3])
    if len(run.takers) > 3:
        takers = f"{takers} 等 {len(run.takers)} 位"
    return {
        "no": f"移交 {run.run_id}",
        "href": here,
        "giver": names.person(run.staff_id) or run.staff_id,
        "unit_name": sight.unit_name(run.unit_id),
        "kind_text": RUN_KINDS[run.kind],
        "origin": ORIGINS.get(run.origin, run.origin),
        "takers": takers or "—",
        "created_at": run.created_at,
        "customers": figure("customer"),
        "contacts": figure("contact"),
        "taken": figure("contact", "taken"),
        "refused": figure("contact", "refused", "limit", "kept"),
        "waiting": figure("contact", "planned", "asked", "unknown", "waiting"),
        "state_text": text,
        "state_kind": colour,
    }
