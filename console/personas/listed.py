"""客群: every persona with its rule in words and its members in sight, each figure with its list."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config.persona_policy import Persona, PersonaPolicy
from console import roles
from console.lists import choice, state, url
from console.shell import page, shell
from console.sight import sight_of
from content_library import repository as scripts_of
from content_library.facts import State
from crm_sync.repository import listing, persona_lists
from crm_sync.repository.listing import Group
from crm_sync.rules import persona_words
from insights import customer_lists
from insights import overview as figures
from insights.customer_lists import NO_PERSONA, CustomerQuery
from kit.web.guard import Asking, Reading, allow
from kit.web.hues import persona_hue

router = APIRouter()
PATH: Final = "/c/personas"
WEEKS: Final = 8
MOST: Final = 2_000
DUE_DAYS: Final = "7"
NOBODY: Final = Group(0, 0)


@dataclass(frozen=True)
class Figures:
    """Members by persona: all, WeCom friends, those reached this quarter, those with money due."""

    members: Mapping[str, Group]
    friends: Mapping[str, Group]
    covered: Mapping[str, Group]
    due: Mapping[str, Group]


@router.get(PATH, response_class=HTMLResponse)
async def personas(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
    tier: str = "",
) -> Response:
    """Every persona of the rules in force, the largest first."""
    parts = request.app.state.parts
    policy: PersonaPolicy = parts.personas
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    asked = CustomerQuery(tier=tier)
    everybody = await customer_lists.count(session, asked, sight.units, asking.at)
    found = await figures_of(session, asked, sight.units, asking.at)
    scripts = await scripts_by_persona(session, policy)
    ordered = sorted(policy.persona, key=lambda one: -found.members.get(one.name, NOBODY).customers)
    rows = []
    for one in ordered:
        query = replace(asked, persona=one.name)
        trend = await _trend(session, query, sight.units, asking.at)
        rows.append(_row(one, policy, found, everybody, trend, scripts[one.name], unit, tier))
    tiers = [(one.name, one.name) for one in parts.tiers.tiers]
    context = await shell(request, session, asking, "personas")
    context |= {
        "version": policy.version,
        "data_as_of": await listing.newest_change(session),
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("tier", "层级", [("", "全部"), *tiers], tier),
        ],
        "state": None
        if everybody
        else state(
            "no_result" if tier or unit else "first_use",
            "没有符合条件的客户" if tier or unit else "还没有客户",
            "放宽条件再看。" if tier or unit else "导入客户之后，每晚按规则分客群。",
        ),
        "target": figures.TARGET,
        "personas": rows,
        "total": await _total(session, asked, sight.units, asking.at),
        "unplaced": await _unplaced(session, asked, sight.units, asking.at, unit),
        "sources": _sources(policy),
        "limits": [
            ("每位客户最多", f"{policy.max_active} 个客群，其中一个为主", ""),
            ("客户要求删除后", f"{policy.refusal_days} 天内不再推断", "num"),
            ("人工添加的", f"{policy.hand_days} 天后到期复核", "num"),
            ("可信度低于", f"{policy.min_confidence}% 即退出客群", "num"),
        ],
    }
    return page(request, "personas", context)


async def figures_of(
    session: AsyncSession, asked: CustomerQuery, units: frozenset[str] | None, at: datetime
) -> Figures:
    """Four statements, whatever the number of personas."""

    async def grouped(query: CustomerQuery) -> Mapping[str, Group]:
        wanted = customer_lists.wanted(session, query, units, at)
        return await persona_lists.by_persona(session, wanted)

    return Figures(
        members=await grouped(asked),
        friends=await grouped(replace(asked, contact="1")),
        covered=await grouped(replace(asked, contact="1", covered="1")),
        due=await grouped(replace(asked, due=DUE_DAYS)),
    )


async def scripts_by_persona(session: AsyncSession, policy: PersonaPolicy) -> Mapping[str, int]:
    """How many approved scripts the library lists for each persona."""
    every = await scripts_of.library(session, states=(State.APPROVED,), limit=MOST)
    return {
        one.name: sum(
            one.name in found.script.personas or found.script.persona == one.name for found in every
        )
        for one in policy.persona
    }


def ceiling_text(persona: Persona) -> str:
    """The highest product risk that content for a persona may have, in words."""
    return f"R{persona.risk_ceiling}" if persona.risk_ceiling else "按测评"


def _row(
    one: Persona,
    policy: PersonaPolicy,
    found: Figures,
    everybody: int,
    trend: list[float],
    scripts: int,
    unit: str,
    tier: str,
) -> dict[str, Any]:
    members = found.members.get(one.name, NOBODY)
    friends = found.friends.get(one.name, NOBODY).customers
    covered = found.covered.get(one.name, NOBODY).customers
    kept = {"persona": one.name, "unit": unit, "tier": tier}
    return {
        "name": one.name,
        "c": persona_hue(one.name),
        "href": url(f"{PATH}/{quote(one.name, safe='')}", unit=unit),
        "rule_text": persona_words.in_short(one, policy),
        "customers": members.customers,
        "customers_url": url("/c/customers", kept),
        "share": members.customers / everybody if everybody else None,
        "aum_fen": members.aum_fen,
        "coverage": covered / friends if friends else None,
        "coverage_url": url("/c/customers", kept, contact="1", covered="0"),
        "trend": trend,
        "due_7d": found.due.get(one.name, NOBODY).customers,
        "due_url": url("/c/customers", kept, due=DUE_DAYS),
        "risk_ceiling": ceiling_text(one),
        "scripts": scripts,
        "scripts_url": url("/c/library", persona=one.name),
    }


async def _trend(
    session: AsyncSession, query: CustomerQuery, units: frozenset[str] | None, at: datetime
) -> list[float]:
    points = await figures.coverage_trend(
        session, replace(query, contact="1"), units, at, weeks=WEEKS
    )
    return [round(100 * one, 1) for _, one in points if one is not None]


async def _total(
    session: AsyncSession, asked: CustomerQuery, units: frozenset[str] | None, at: datetime
) -> dict[str, Any]:
    """Customers with any persona, each counted once."""

    async def placed(query: CustomerQuery) -> int:
        every = await customer_lists.count(session, query, units, at)
        without = replace(query, primary=NO_PERSONA)
        return every - await customer_lists.count(session, without, units, at)

    async def aum(query: CustomerQuery) -> int:
        return await listing.aum_of(session, customer_lists.wanted(session, query, units, at))

    friends = await placed(replace(asked, contact="1"))
    covered = await placed(replace(asked, contact="1", covered="1"))
    return {
        "customers": await placed(asked),
        "aum_fen": await aum(asked) - await aum(replace(asked, primary=NO_PERSONA)),
        "coverage": covered / friends if friends else None,
        "due_7d": await placed(replace(asked, due=DUE_DAYS)),
    }


async def _unplaced(
    session: AsyncSession,
    asked: CustomerQuery,
    units: frozenset[str] | None,
    at: datetime,
    unit: str,
) -> list[dict[str, Any]]:
    """Customers whom no rule places, in lists that somebody can work through."""
    none = replace(asked, primary=NO_PERSONA)
    lists = (
        ("已是企业微信好友", "可以请客户经理了解情况、打标签", replace(none, contact="1")),
        ("还不是好友", "先加好友，再谈客群", replace(none, contact="0")),
    )
    found = []
    for title, text, query in lists:
        number = await customer_lists.count(session, query, units, at)
        link = url("/c/customers", query.kept, unit=unit)
        found.append({"title": title, "text": text, "n": number, "href": link})
    return [one for one in found if one["n"]]


def _sources(policy: PersonaPolicy) -> list[tuple[str, str, str]]:
    named = {
        "crm": "核心系统的资料与持仓",
        "self": "客户自己登记的",
        "hand": "客户经理的标签",
        "group": "所在的客户群",
        "behavior": "点击与到场",
        "chat": "聊天线索",
    }
    return [
        (
            named[source],
            (
                f"可信 {rule.confidence}%"
                + (f"，{rule.half_life_days} 天减半" if rule.half_life_days else "")
            )
            if rule.enabled
            else "没有启用",
            "num",
        )
        for source, rule in policy.sources.items()
    ]
