"""The queue of leads in sight: in its stable order, each with its level and why it is there."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from config import policy_catalogue as kinds
from config.lead_policy import LeadPolicy
from console import roles
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync import selection
from crm_sync.leads import queue
from crm_sync.leads.queue import LeadFact, Wanted
from crm_sync.rules import leads as rules
from kit.clock import bank_date
from kit.web.formats import in_wan
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/leads"
ORDER: Final = (
    "先按线索类别的先后（策略“商机发现”里的次序），同类再按金额从大到小，金额相同按客户先后"
)
STATES: Final = {
    "open": ("待跟进", "warn"),
    "taken": ("有人在跟", "info"),
    "done": ("已办结", "ok"),
    "gone": ("依据已消失", ""),
}
LEVEL_NAMES: Final = {"branch": "分行", "subbranch": "支行", "outlet": "网点"}


@router.get(PATH, response_class=HTMLResponse)
async def leads(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    finder: str = "",
    level: str = "",
    owner: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    after: str = "",
) -> Response:
    """Leads that stand, unless another state is asked for."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    policy: LeadPolicy = request.app.state.parts.shelf.of(kinds.LEADS)
    state = status if status in STATES else "standing"
    wanted = Wanted(sight.units, finder, level, state, owner)
    counted = await queue.counts(session, Wanted(sight.units, "", level, state, owner))
    total = sum(n for (name, _), n in counted.items() if not finder or name == finder)
    found = await queue.page(session, wanted, limit=PER_PAGE + 1, after=after)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"unit": unit, "finder": finder, "level": level, "owner": owner, "state": status}
    place = await looked(
        session,
        asking,
        "leads.listed",
        "list:leads",
        payload={**kept, "shown": [one.customer_id for one in shown]},
    )
    facts = await selection.customer_facts(session, [one.customer_id for one in shown])
    owned = {number: fact.owner_staff_id or "" for number, fact in facts.items()}
    names = await names_for(
        session,
        places=[one.taken_by for one in shown if one.taken_by],
        staff=owned.values(),
        customers=[one.customer_id for one in shown],
    )
    by_finder: dict[str, int] = {}
    for (name, _), number in counted.items():
        by_finder[name] = by_finder.get(name, 0) + number
    context = await shell(request, session, asking, "leads", view_ref=place)
    context |= {
        "order": ORDER,
        "lists_href": f"{PATH}/lists",
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("level", "级别", [("", "全部"), *LEVEL_NAMES.items()], level),
            choice(
                "state",
                "状态",
                [("", "待跟进和在跟"), *((name, text) for name, (text, _) in STATES.items())],
                status,
            ),
        ],
        "tabs": [
            tab("全部", url(PATH, kept | {"finder": ""}), sum(by_finder.values()), not finder),
            *(
                tab(
                    one.title,
                    url(PATH, kept | {"finder": one.name}),
                    by_finder.get(one.name, 0),
                    finder == one.name,
                )
                for one in policy.finder
            ),
        ],
        "says": next((one.says for one in policy.finder if one.name == finder), ""),
        "state": None
        if shown
        else nothing(
            "线索", kept.values(), PATH, "导入客户、持仓和资金流之后，每次评估都会找一遍。"
        ),
        "leads": [_row(one, policy, sight, names, owned) for one in shown],
        "back": url(PATH, kept),
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, after=shown[-1].after) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }
    return page(request, "leads", context)


def why(one: LeadFact, policy: LeadPolicy) -> list[str]:
    """The reasons of a lead, a sentence each; none where its finder is no longer in the policy."""
    finder = next((rule for rule in policy.finder if rule.name == one.finder), None)
    return list(rules.reasons(finder, one.facts, bank_date(one.found_at))) if finder else []


def _row(
    one: LeadFact, policy: LeadPolicy, sight: Sight, names: Names, owned: dict[int, str]
) -> dict[str, Any]:
    text, kind = STATES[one.state]
    return {
        "title": policy.titled(one.finder),
        "why": why(one, policy),
        "name": names.customer(one.customer_id),
        "href": f"/c/customers/{one.customer_id}",
        "amount": in_wan(one.amount_fen),
        "level_text": rules.LEVELS[one.level],
        "unit_name": sight.unit_name(one.unit_id),
        "owner_name": names.person(owned.get(one.customer_id)),
        "found_on": bank_date(one.found_at),
        "state_text": text,
        "state_kind": kind,
        "by": names.actor(one.taken_by) if one.taken_by else "",
        "step": f"{PATH}/{one.customer_id}/{one.finder}",
        "steps": [
            (step, {"take": "领走", "done": "办结", "reopen": "放回"}[step])
            for step, way in queue.STEPS.items()
            if one.state in way.frm
        ],
    }
