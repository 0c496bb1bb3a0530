"""What became of each intent of a planning run, one kind of fate at a time, with its customer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import lists as decisions
from config.reminder_policy import OF_HOLDINGS, ReminderPolicy
from crm_sync.repository import profiles
from delivery import plan_items
from delivery.repository import todo_lists
from delivery.repository.plans import PlanFact

OF_MANY: Final = ("campaign", "moment")
TODO: Final = "todo"
BROADCAST: Final = "broadcast"
BLOCKED: Final = "blocked"
OUTRANKED: Final = "outranked"
FATES: Final = {
    TODO: "待办",
    BROADCAST: "群发",
    BLOCKED: "拦下",
    "over_quota": "超频次",
    OUTRANKED: "让位给更要紧的",
    "halted": "活动已停止",
    "uncovered": "没有管户",
    "unreachable": "不是好友",
    "no_words": "没有话术",
}


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One intent: about whom, by which trigger, what became of it, and why."""

    key: str
    fate: str
    trigger: str
    customer_id: int | None
    staff_id: str
    script: str  # code/version, or empty
    state: str
    reasons: tuple[str, ...]
    todo_id: int | None = None


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """How many items have each fate, each trigger and fate, each reason.

    ``gave_way``: how many of one trigger were left unsaid because another trigger's came first.
    """

    fates: Mapping[str, int]
    by_trigger: Mapping[tuple[str, str], int]
    reasons: Mapping[str, int]
    gave_way: Mapping[tuple[str, str], int]


async def counts(session: AsyncSession, plan: PlanFact, policy: ReminderPolicy) -> PlanCounts:
    """Counted from the rows that the lists show, so every figure is the length of its list."""
    by_trigger: Counter[tuple[str, str]] = Counter()
    reasons: Counter[str] = Counter()
    gave_way: Counter[tuple[str, str]] = Counter()
    for one in await plan_items.refusals(session, plan.started_at):
        by_trigger[one.trigger, one.outcome] += 1
        if one.outcome == BLOCKED:
            reasons.update(one.reasons.split(","))
        if one.outcome == OUTRANKED and one.reasons:
            gave_way[one.trigger, winner_of(one.reasons)] += 1
    for trigger in policy.trigger:
        for fate in (TODO, BROADCAST):
            number = await count(session, plan, fate, trigger=trigger.name)
            if number:
                by_trigger[trigger.name, fate] = number
    fates: Counter[str] = Counter()
    for (_, fate), number in by_trigger.items():
        fates[fate] += number
    return PlanCounts(fates, by_trigger, reasons, gave_way)


def winner_of(key: str) -> str:
    """The trigger of what came first, out of its key."""
    return key.partition(":")[0]


async def count(
    session: AsyncSession,
    plan: PlanFact,
    fate: str,
    *,
    trigger: str | None = None,
    reason: str | None = None,
) -> int:
    """How many items a list holds."""
    if fate == TODO:
        wanted = todo_lists.Wanted(created_at=plan.started_at, trigger=trigger)
        return await todo_lists.count(session, wanted)
    if fate == BROADCAST:
        return await plan_items.count_places(session, plan.started_at, trigger=trigger)
    return len(await _refused(session, plan, fate, trigger, reason))


async def page(
    session: AsyncSession,
    plan: PlanFact,
    fate: str,
    policy: ReminderPolicy,
    *,
    trigger: str | None = None,
    reason: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[PlanItem]:
    """A page of the items that met one fate."""
    if fate == TODO:
        return await _todos(session, plan, trigger, limit, offset)
    if fate == BROADCAST:
        found = await plan_items.places(
            session, plan.started_at, trigger=trigger, limit=limit, offset=offset
        )
        return [
            PlanItem(
                one.key,
                fate,
                one.trigger,
                one.customer_id,
                one.staff_id,
                f"{one.script_code}/{one.script_version}",
                one.state,
                (),
            )
            for one in found
        ]
    every = await _refused(session, plan, fate, trigger, reason)
    return await _named(session, plan, every[offset : offset + limit], policy)


async def _todos(
    session: AsyncSession, plan: PlanFact, trigger: str | None, limit: int, offset: int
) -> list[PlanItem]:
    wanted = todo_lists.Wanted(created_at=plan.started_at, trigger=trigger)
    found = await todo_lists.page(session, wanted, limit=limit, offset=offset)
    return [
        PlanItem(
            one.key,
            TODO,
            one.trigger,
            one.customer_id,
            one.staff_id,
            f"{one.script_code}/{one.script_version}" if one.script_code else "",
            one.state,
            (),
            one.id,
        )
        for one in found
    ]


async def _refused(
    session: AsyncSession, plan: PlanFact, fate: str, trigger: str | None, reason: str | None
) -> list[plan_items.Refusal]:
    return [
        one
        for one in await plan_items.refusals(session, plan.started_at)
        if one.outcome == fate
        and (trigger is None or one.trigger == trigger)
        and (reason is None or reason in (*one.reasons.split(","), winner_of(one.reasons)))
    ]


async def _named(
    session: AsyncSession,
    plan: PlanFact,
    refused: Sequence[plan_items.Refusal],
    policy: ReminderPolicy,
) -> list[PlanItem]:
    customers = await customers_of([one.key for one in refused], session, policy)
    scripts = {
        one.key: one.script
        for one in await decisions.decisions_at(
            session, plan.started_at, [one.key for one in refused]
        )
    }
    return [
        PlanItem(
            one.key,
            one.outcome,
            one.trigger,
            customers.get(one.key),
            "",
            scripts.get(one.key, ""),
            "",
            tuple(part for part in one.reasons.split(",") if part),
        )
        for one in refused
    ]


async def customers_of(
    keys: Sequence[str], session: AsyncSession, policy: ReminderPolicy
) -> dict[str, int]:
    """Whom each intent key is about: a key names a holding, or the customer itself.

    The key of a campaign's wave or of a moment ends with the customer.
    """
    selects = {trigger.name: trigger.select for trigger in policy.trigger}
    found: dict[str, int] = {}
    holdings: dict[str, int] = {}
    for key in keys:
        trigger, *rest = key.split(":")
        if trigger in OF_MANY and rest[-1:] and rest[-1].isdecimal():
            found[key] = int(rest[-1])
            continue
        select = selects.get(trigger)
        place = 1 if select == "personas" else 0
        if select is None or len(rest) <= place or not rest[place].isdecimal():
            continue
        if select in OF_HOLDINGS:
            holdings[key] = int(rest[place])
        else:
            found[key] = int(rest[place])
    owners = await profiles.customer_of_holding(session, set(holdings.values()))
    return found | {key: owners[number] for key, number in holdings.items() if number in owners}
