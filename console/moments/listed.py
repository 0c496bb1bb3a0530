"""企业朋友圈: every moment, the newest first, with how many it is for and how many published it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.lists import PER_PAGE, nothing, paging, tab, url
from console.moments.wording import STATES, row
from console.shell import page, shell
from console.sight import sight_of
from delivery.moments import repository
from kit.clock import bank_date
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/moments"


@router.get(PATH, response_class=HTMLResponse)
async def moments(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    state: Annotated[str, Query(max_length=12)] = "",
    before: int = 0,
) -> Response:
    """Moments of the units in sight, and those their members publish for head office."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    counted = await repository.counts(session, sight.units)
    found = await repository.listed(
        session, sight.units, state=state, limit=PER_PAGE + 1, before=before
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    numbers = await repository.numbers(session, [one.task_id for one in shown], sight.units)
    tabs = [tab("全部", PATH, counted.total(), state == "")]
    tabs += [
        tab(text, url(PATH, state=name), counted[name], name == state)
        for name, (text, _) in STATES.items()
        if counted[name] or name == state
    ]
    context = await shell(request, session, asking, "moments")
    context |= {
        "tabs": tabs,
        "new_url": f"{PATH}/new" if set(asking.viewer.roles) & set(roles.EXECUTION) else None,
        "state": None
        if shown
        else nothing("企业朋友圈", [state], PATH, "选一条已审核的朋友圈话术和一个客群，由另一位同事批准。"),
        "moments": [
            row(one, numbers[one.task_id], sight, bank_date(asking.at)) for one in shown
        ],
        "page": paging(
            shown,
            total=counted[state] if state else counted.total(),
            next_url=url(PATH, state=state, before=shown[-1].task_id) if more else None,
            first_url=url(PATH, state=state) if before else None,
        ),
    }  # fmt: skip
    return page(request, "moments", context)
