"""策略: every policy with the version in force, since when, by whom, and what waits."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from config.policy_catalogue import KINDS, Kind
from console import roles
from console.naming import Names, names_for
from console.shell import page, shell
from kit.policies import repository
from kit.policies.facts import Version
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/policies"


@router.get(PATH, response_class=HTMLResponse)
async def policies(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Reading,
) -> Response:
    """Every policy there is."""
    holding = await repository.in_force(session)
    waiting = await repository.waiting(session)
    people = [who for one in holding.values() for who in (one.proposed_by, one.decided_by)]
    names = await names_for(session, places=people + [one.proposed_by for one in waiting.values()])
    context = await shell(request, session, asking, "policies")
    rows = [_row(kind, holding.get(kind.name), waiting.get(kind.name), names) for kind in KINDS]
    context |= {"policies": sorted(rows, key=lambda one: not one["waiting"])}
    return page(request, "policies", context)


def _row(
    kind: Kind[Any], holds: Version | None, waits: Version | None, names: Names
) -> dict[str, Any]:
    return {
        "title": kind.title,
        "name": kind.name,
        "href": f"{PATH}/{kind.name}",
        "version": f"第 {holds.number} 版" if holds else "出厂设置",
        "since": holds.decided_at if holds else None,
        "by_text": f"{names.actor(holds.proposed_by)} 提交，{names.actor(holds.decided_by)} 复核"
        if holds
        else "",
        "reason": holds.reason if holds else "",
        "waiting": f"{names.actor(waits.proposed_by)}：{waits.reason}" if waits else "",
    }
