"""The lists behind a moment's numbers: customers by state and reason, those judged ahead, members."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from console.lists import PER_PAGE, nothing, paging, url
from console.moments.wording import READERS, SENDERS, SHOWS, reasons_text
from console.sight import Sight
from console.why_links import why_of
from crm_sync.selection import customer_facts
from delivery.moments import repository
from delivery.moments.audience import PASSED
from delivery.moments.facts import MomentFact

MEMBERS: Final = "members"
AHEAD: Final = "ahead"


async def customers(
    session: AsyncSession,
    one: MomentFact,
    sight: Sight,
    kept: dict[str, str],
    here: str,
    after: int,
) -> tuple[dict[str, Any], list[int]]:
    """The customers in the states and with the reason that were asked for, and their ids."""
    states = SHOWS.get(kept["show"], ("", ()))[1]
    why, whose = kept["reason"], kept["staff"]
    found = await repository.readers(
        session, one.task_id, sight.units, states=states, reason=why, staff_id=whose,
        limit=PER_PAGE + 1, after=after,
    )  # fmt: skip
    total = await repository.count_readers(
        session, one.task_id, sight.units, states=states, reason=why, staff_id=whose
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    empty = "到开始前圈定名单，那时才有。" if one.listed_at is None else "这里没有客户。"
    return {
        "lines": [
            {
                "customer_id": line.customer_id,
                "href": f"/c/customers/{line.customer_id}",
                "staff_id": line.staff_id,
                "unit_name": sight.unit_name(line.unit_id),
                "why": reasons_text(line.reasons),
                "chain": why_of(f"moment:{one.task_id}/{line.customer_id}"),
                "at": line.shown_at,
                "state_text": READERS[line.state][0],
                "state_kind": READERS[line.state][1],
            }
            for line in shown
        ],
        "state": None if shown else nothing("客户", [why, whose], here, empty),
        "page": paging(
            shown,
            total=total,
            next_url=url(here, kept, after=shown[-1].customer_id) if more else None,
            first_url=url(here, kept) if after else None,
        ),
    }, [line.customer_id for line in shown]


async def ahead(
    session: AsyncSession, one: MomentFact, sight: Sight, reason: str, here: str, after: int
) -> tuple[dict[str, Any], list[int]]:
    """The customers who were judged when it was proposed, those in sight."""
    by_reason: dict[str, list[int]] = one.preview.get("ids", {})
    why: dict[int, list[str]] = {}
    for code, ids in by_reason.items():
        for customer_id in ids:
            why.setdefault(customer_id, []).append(code)
    wanted = sorted(by_reason.get(reason, ()) if reason else why)
    window = [number for number in wanted if number > after][: PER_PAGE + 1]
    shown, more = window[:PER_PAGE], len(window) > PER_PAGE
    people = await customer_facts(session, shown)
    seen = [number for number in shown if number in people and _sees(sight, people[number].unit_id)]
    kept = {"show": AHEAD, "reason": reason}
    return {
        "lines": [
            {
                "customer_id": number,
                "href": f"/c/customers/{number}",
                "staff_id": people[number].owner_staff_id or "",
                "unit_name": sight.unit_name(people[number].unit_id),
                "why": "" if why[number] == [PASSED] else reasons_text(",".join(why[number])),
                "chain": None,
                "at": None,
                "state_text": "能看到" if why[number] == [PASSED] else "看不到",
                "state_kind": "ok" if why[number] == [PASSED] else "warn",
            }
            for number in seen
        ],
        "state": None if seen else nothing("客户", [reason], here, "申请时没有判到客户。"),
        "page": paging(
            seen,
            total=len(wanted),
            next_url=url(here, kept, after=shown[-1]) if more else None,
            first_url=url(here, kept) if after else None,
        ),
    }, seen


def _sees(sight: Sight, unit_id: str) -> bool:
    return sight.units is None or unit_id in sight.units


async def members(
    session: AsyncSession, one: MomentFact, sight: Sight, state: str, here: str
) -> dict[str, Any]:
    """The members who publish it, with the size of each one's list."""
    found = await repository.senders(session, one.task_id, sight.units, state=state)
    return {
        "lines": [
            {
                "staff_id": line.staff_id,
                "unit_name": sight.unit_name(line.unit_id),
                "readers": line.readers,
                "shown": line.shown,
                "readers_href": f"{url(here, show='list', staff=line.staff_id)}#list",
                "shown_href": f"{url(here, show='shown', staff=line.staff_id)}#list",
                "at": line.seen_at,
                "state_text": SENDERS[line.state][0],
                "state_kind": SENDERS[line.state][1],
            }
            for line in found
        ],
        "state": None if found else nothing("成员", [state], here, "圈定名单之后才有。"),
        "page": paging(found, total=len(found), next_url=None),
    }
