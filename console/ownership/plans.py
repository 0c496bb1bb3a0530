"""管户分配: the plans in sight, and a form to draw one up."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.ownership.shared import PLAN_STATES, RELATIONS, policy_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.repository import ownership
from crm_sync.row_security import beyond_scope
from crm_sync.rules.conditions import Frame
from crm_sync.segments import repository as segments
from insights.known_elsewhere import known_elsewhere
from kit.web.guard import Asking, Writing, allow
from portfolio.allocation import lists, repository
from portfolio.allocation.facts import Method, PlanFact
from portfolio.allocation.lists import Listed
from portfolio.allocation.planning import METHODS, Proposal, propose
from portfolio.direct_team.service import hand_up

router = APIRouter()
PATH: Final = "/c/allocation"
SEGMENT: Final = "segment:"
LISTS: Final = [
    ("unowned", "没有管户人的客户"),
    ("recalled", "收回待分配的客户"),
    ("everybody", "全部客户"),
]


@router.get(PATH, response_class=HTMLResponse)
async def plans(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    state: str = "",
    before: int = 0,
) -> Response:
    """Plans in sight, the newest first."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    known = state if state in PLAN_STATES else ""
    found = await repository.plans(
        session, sight.units, state=known, limit=PER_PAGE + 1, before=max(before, 0)
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"unit": unit, "state": known}
    place = await looked(session, asking, "allocations.listed", "list:allocation", payload={**kept})
    context = await shell(request, session, asking, "allocation", view_ref=place)
    names = await names_for(
        session, places=[who for one in shown for who in (one.author, one.decided_by) if who]
    )
    personas = [
        (f"persona:{one.name}", f"{one.title}客群")
        for one in request.app.state.parts.personas.persona
    ]
    context |= {
        "filters": [choice("unit", "机构", whole.options, unit)],
        "tabs": [
            tab(
                "全部",
                url(PATH, unit=unit),
                await repository.count(session, sight.units),
                not known,
            ),
            *[
                tab(
                    text,
                    url(PATH, unit=unit, state=name),
                    await repository.count(session, sight.units, state=name),
                    name == known,
                )
                for name, (text, _) in PLAN_STATES.items()
            ],
        ],
        "state": None
        if shown
        else nothing("分配方案", kept.values(), PATH, "在右边选名单和办法，编制第一份。"),
        "plans": [_row(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=None,
            next_url=url(PATH, kept, before=shown[-1].id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
        "make": {
            "action": PATH,
            "units": whole.options[1:],
            "lists": [*LISTS, *personas, *await _segments(session)],
            "methods": [(one.value, METHODS[one]) for one in Method if one is not Method.DIRECT],
            "kinds": list(RELATIONS.items()),
            "direct": f"{PATH}/direct",
            "bands": [one.name for one in policy_of(request).direct_team.bands],
            "band": policy_of(request).direct_team.band,
        },
    }
    return page(request, "allocation", context)


async def _segments(session: AsyncSession) -> list[tuple[str, str]]:
    """The segments in force, to choose from."""
    found = await segments.listed(session, ["in_force"])
    return [(f"{SEGMENT}{one.code}", f"客群规则：{one.title}") for one in found]


def _row(one: PlanFact, names: Names, sight: Sight) -> dict[str, Any]:
    text, kind = PLAN_STATES[one.state]
    href = f"{PATH}/{one.id}"
    return {
        "href": href,
        "unit_name": sight.unit_name(one.unit_id),
        "listed": one.listed,
        "method_text": METHODS[Method(one.method)],
        "kind_text": RELATIONS.get(one.kind, one.kind),
        "figures": _figures(href, one),
        "author": names.actor(one.author),
        "made_at": one.made_at,
        "decided": names.actor(one.decided_by) if one.decided_by else "",
        "state_text": text,
        "state_kind": kind,
    }


def _figures(href: str, one: PlanFact) -> Sequence[tuple[int, str]]:
    moves = "applied" if one.state == "applied" else "proposed"
    return (
        (
            int(one.counts.get("placed", 0)),
            url(href, state=moves if one.state != "applied" else ""),
        ),
        (int(one.counts.get("unplaced", 0)), url(href, state="unplaced")),
    )


async def _sees(session: AsyncSession, asking: Asking, unit: str) -> Sight:
    """The unit and what is below it, if it is in sight. Raises FormRefused otherwise."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION, unit)
    if not unit or not sight.units:
        raise FormRefused("请选一个在你范围内的机构", saw=unit[:32], do="从机构列表里选")
    return sight


@router.post(PATH)
async def draw_up(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    unit: Annotated[str, Form(max_length=32)],
    listed: Annotated[str, Form(max_length=60)],
    method: Annotated[str, Form(pattern="^(familiarity|balance|level|persona)$")],
    kind: Annotated[str, Form(pattern="^(owner|persona|corporate)$")] = "owner",
    reallocate: Annotated[str, Form(pattern="^(|1)$")] = "",
    customers: Annotated[str, Form(max_length=2_000_000)] = "",
) -> Response:
    """Draw up a plan; it waits for a second person."""
    sight = await _sees(session, asking, unit)
    policy = policy_of(request)
    if customers.strip():
        by_number, _ = await lists.of_numbers(session, customers.split(), "粘贴的客户号")
        within = ownership.in_units(session, sight.units or ())
        chosen = Listed(by_number.ids.where(ownership.customer_id().in_(within)), by_number.words)
    else:
        chosen = await _chosen(request, session, asking, listed, sight)
    async with beyond_scope(session):  # loads count everybody whom a receiver has
        made = await propose(
            session,
            Proposal(Method(method), unit, chosen, kind=kind, reallocate=bool(reallocate)),
            policy=policy,
            by=asking.actor,
            at=asking.at,
        )
    return RedirectResponse(f"{PATH}/{made.plan_id}", status_code=303)


async def _chosen(
    request: Request, session: AsyncSession, asking: Asking, name: str, sight: Sight
) -> Listed:
    parts, units = request.app.state.parts, sight.units or ()
    if name.startswith(SEGMENT):
        frame = Frame(asking.at, parts.personas, parts.tiers)
        code = name.removeprefix(SEGMENT)
        return await lists.of_segment(session, code, units, frame, known_elsewhere())
    return lists.named(session, name, units, policy_of(request), parts.tiers)


@router.post(PATH + "/direct")
async def direct(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    unit: Annotated[str, Form(max_length=32)],
    band: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """A branch's list of the year for the direct team; it waits for its head's consent."""
    await _sees(session, asking, unit)
    async with beyond_scope(session):
        made = await hand_up(
            session, unit, policy=policy_of(request), by=asking.actor, at=asking.at, band=band
        )
    return RedirectResponse(f"{PATH}/{made.plan_id}", status_code=303)
