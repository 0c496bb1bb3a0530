"""Whose part of a campaign: by branch or outlet below the viewer, by manager; KPI and budget."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import budget, counting, progress
from campaigns.waves.counting import Part
from campaigns.waves.facts import CampaignFact
from config.campaign_policy import CampaignPolicy
from console.lists import url
from console.naming import names_for
from console.sight import Sight
from crm_sync.facts import UnitFact
from delivery.repository import todo_lists, undone_reasons

MOST_MANAGERS = 20


async def by_unit(
    session: AsyncSession, one: CampaignFact, sight: Sight, here: str
) -> list[dict[str, Any]]:
    """A line for each unit right below the highest in sight, with everything below it."""
    found = await counting.parts(session, one.campaign_id, sight.units)
    lines = []
    for unit in _below(sight.tree):
        inside = {each.unit_id for each in sight.tree if each.path.startswith(unit.path)}
        mine = [part for part in found if part.name in inside]
        if mine:
            lines.append(_line(unit.name, mine, here, unit=unit.unit_id))
    return sorted(lines, key=lambda line: -line["customers"])


def _below(tree: Sequence[UnitFact]) -> list[UnitFact]:
    """The units whose parent is the highest in sight, and the highest themselves where they manage."""
    known = {one.unit_id for one in tree}
    tops = [one for one in tree if one.parent_id not in known]
    top = {one.unit_id for one in tops}
    below = [one for one in tree if one.parent_id in top]
    return below or tops


async def by_manager(
    session: AsyncSession, one: CampaignFact, sight: Sight, here: str
) -> list[dict[str, Any]]:
    """The managers with the most customers of it."""
    found = await counting.parts(
        session, one.campaign_id, sight.units, by_staff=True, limit=MOST_MANAGERS
    )
    names = await names_for(session, staff=[part.name for part in found if part.name])
    return [
        _line(names.person(part.name) if part.name else "没有管户经理", [part], here, staff=part.name or "-")
        | {"unit_name": sight.unit_name(part.unit_id)}
        for part in found
    ]  # fmt: skip


def _line(name: str, parts: Sequence[Part], here: str, **which: str) -> dict[str, Any]:
    treated = sum(part.treated for part in parts)
    handed = sum(part.handed for part in parts)
    return {
        "name": name,
        "customers": sum(part.customers for part in parts),
        "treated": treated,
        "handed": handed,
        "answered": sum(part.answered for part in parts),
        "ratio": handed / treated if treated else 0.0,
        "href": f"{url(here, which)}#list",
        "treated_href": f"{url(here, which, arm='treated')}#list",
        "handed_href": f"{url(here, which, outcome='queued')}#list",
        "answered_href": f"{url(here, which, arm='treated', answered='1')}#list",
    }


async def not_done(
    session: AsyncSession, one: CampaignFact, sight: Sight, today: date
) -> list[dict[str, Any]]:
    """How many of its to-dos were not done for each reason, and the list behind each number."""
    wanted = todo_lists.Wanted(units=sight.units, campaign=one.name)
    found = await todo_lists.progress(session, wanted, today=today)
    lines = []
    for name, text in undone_reasons.TEXTS.items():
        many = sum(getattr(part, name) for part in found)
        if many:
            href = url("/c/todos", {"view": "list", "campaign": one.name, "why": name})
            lines.append({"text": text, "n": many, "href": f"{href}#list"})
    return lines


async def standing(
    session: AsyncSession,
    one: CampaignFact,
    policy: CampaignPolicy,
    sight: Sight,
    today: date,
    here: str,
) -> dict[str, Any] | None:
    """How far the measure is from its target, with the list of the customers behind it."""
    measure = policy.measures.get(one.measure)
    found = await progress.progress(session, one, sight.units, today)
    if found is None or measure is None:
        return None
    return {
        "title": measure.title,
        "value": found.value,
        "target": one.target,
        "unit": measure.unit,
        "ratio": min(max(found.value / one.target, 0.0), 1.0),
        "customers": found.customers,
        "href": f"{url(here, arm='treated', kpi='1')}#list",
    }


async def money(session: AsyncSession, one: CampaignFact) -> dict[str, Any]:
    """What was spent of the budget, newest first."""
    spent = await budget.spent(session, one.campaign_id)
    rows = await budget.expenses(session, one.campaign_id)
    people = await names_for(session, places=[row.by for row in rows])
    return {
        "spent": f"{spent / 100:,.2f}",
        "budget": f"{one.budget_fen / 100:,.2f}",
        "most": f"{budget.most(one) / 100:,.2f}",
        "over": spent > one.budget_fen,
        "ratio": min(spent / one.budget_fen, 1.0) if one.budget_fen else float(spent > 0),
        "rows": [
            {
                "on": row.spent_on,
                "what": row.what,
                "amount": f"{row.amount_fen / 100:,.2f}",
                "by": people.actor(row.by),
            }
            for row in rows
        ],
    }
