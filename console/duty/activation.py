"""盘活轮次: how many are in which round, who, what comes next; done, skipped, stopped."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from config import policy_catalogue as kinds
from config.activation_policy import ActivationPolicy
from console import roles
from console.duty.places import ROUNDS as PATH
from console.duty.places import places
from console.errors import FormRefused, ReasonNeeded
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.tables import cell, column, page_form, row, row_form, table
from console.traces import looked
from kit.clock import bank_date
from kit.web.formats import count, short_day
from kit.web.guard import Asking, Writing, allow
from portfolio.activation import lists, rounds
from portfolio.activation.lists import InRound, Wanted
from portfolio.activation.rules import Progress, skip_objection

router = APIRouter()


def _policy(request: Request) -> ActivationPolicy:
    found = request.app.state.parts.shelf.of(kinds.ACTIVATION)
    assert isinstance(found, ActivationPolicy)  # noqa: S101 — the shelf gives what it was asked
    return found


@router.get(PATH, response_class=HTMLResponse)
async def activation(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    staff: str = "",
    place: str = "",
    after: int = 0,
) -> Response:
    """Customers under way, by round; each with its next step."""
    policy = _policy(request)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    at_place = int(place) if place.isdecimal() and int(place) < len(policy.rounds) else None
    wanted = Wanted(sight.units, staff or None, place=at_place)
    numbers = await lists.by_round(session, Wanted(sight.units, staff or None))
    found = await lists.page(session, wanted, limit=PER_PAGE + 1, after_id=after)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"unit": unit, "staff": staff, "place": place}
    seen = await looked(
        session, asking, "activation.listed", "list:activation",
        payload={**kept, "shown": [one.customer_id for one in shown]},
    )  # fmt: skip
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    past = await lists.steps_of(session, [one.id for one in shown])
    may = bool(set(asking.viewer.roles) & set(roles.EXECUTION))
    rows = [_row(one, policy, names, sight, past.get(one.id, []), asking, may=may) for one in shown]
    everything = sum(numbers.values())
    context = await shell(request, session, asking, "duty", view_ref=seen)
    context |= table(
        "盘活轮次",
        PATH,
        [
            column("客户"), column("客户经理"), column("机构"), column("现在这一轮"),
            column("最晚"), column("走过的"), column("跳过", right=True),
            *([column("办理")] if may else []),
        ],
        rows,
        sub=f"按次序一轮一轮来，每位客户最多跳过 {policy.skip_limit} 轮",
        places=places(PATH),
        filters=[choice("unit", "机构", whole.options, unit)],
        forms=[
            page_form(
                PATH, "给还没有计划的客户开始盘活", hidden=[("unit", unit)],
                note="D 类和休眠的客户，没有进行中计划的，从第一轮开始",
            )
        ]
        if may
        else [],
        tabs=[
            tab("全部", url(PATH, unit=unit, staff=staff), everything, at_place is None),
            *(
                tab(
                    f"{nth + 1} {one.name}",
                    url(PATH, unit=unit, staff=staff, place=nth),
                    numbers.get(nth, 0),
                    nth == at_place,
                )
                for nth, one in enumerate(policy.rounds)
            ),
        ],
        state=None
        if rows
        else nothing("盘活的客户", kept.values(), PATH, "开始盘活之后，会按轮次列在这里。"),
        page=paging(
            shown,
            total=everything if at_place is None else numbers.get(at_place, 0),
            next_url=url(PATH, kept, after=shown[-1].id) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
        notes=["一次有效联络完成现在这一轮（每天早上按触达核对），也可以在这里写明后完成、跳过或停止。"],
    )  # fmt: skip
    return page(request, "table", context)


def _row(
    one: InRound,
    policy: ActivationPolicy,
    names: Names,
    sight: Sight,
    past: list[str],
    asking: Asking,
    *,
    may: bool,
) -> dict[str, Any]:
    present = policy.rounds[min(one.place, len(policy.rounds) - 1)]
    today, due = bank_date(asking.at), one.due_on(policy)
    barred = skip_objection(Progress(one.place, one.skipped, one.skipped_in_a_row), policy)
    buttons = [("done", "完成"), *([] if barred else [("skip", "跳过")]), ("stop", "停止")]
    return row(
        [
            cell(names.customer(one.customer_id), f"/c/customers/{one.customer_id}", strong=True),
            cell(names.person(one.staff_id)),
            cell(sight.unit_name(one.unit_id)),
            cell(f"第 {one.place + 1} 轮 {present.name}", sub=present.what),
            cell(short_day(due, today), bad=due < today),
            cell("、".join(past) or "刚开始"),
            cell(count(one.skipped), sub=barred or ""),
        ],
        form=row_form(f"{PATH}/{one.id}", "怎么做的，或为什么", buttons) if may else None,
        customer_id=one.customer_id,
        round=one.place + 1,
        due_on=due,
    )


@router.post(PATH)
async def begin(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    unit: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """Begin the first round for every customer in sight who needs waking and is in none."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION, unit)
    await rounds.enrol(session, _policy(request), units=sight.units, by=asking.actor, at=asking.at)
    return RedirectResponse(url(PATH, unit=unit), status_code=303)


@router.post(PATH + "/{number}")
async def move(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    number: int,
    do: Annotated[str, Form(max_length=8)],
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The present round is done, skipped, or the rounds are stopped; with a word on it."""
    said = " ".join(note.split())
    if len(said) < 2:
        raise ReasonNeeded("请写一句怎么做的，或为什么", do="例如：电话已核对资料")
    if do not in ("done", "skip", "stop"):
        raise FormRefused("没有这个办法", saw=do, do="完成、跳过或停止")
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    who = {"units": sight.units, "by": asking.actor, "at": asking.at}
    if do == "stop":
        await rounds.stop(
            session,
            number,
            reason=said,
            request_id=asking.request_id,
            **who,  # type: ignore[arg-type]
        )
    else:
        await rounds.step(
            session, number, _policy(request), skip=do == "skip", note=said,
            request_id=asking.request_id, **who,  # type: ignore[arg-type]
        )  # fmt: skip
    return RedirectResponse(PATH, status_code=303)
