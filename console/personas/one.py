"""One persona: its rule, its members with why, and where it stands in WeCom as a tag."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config.persona_policy import Persona, PersonaPolicy
from console import roles
from console.lists import PER_PAGE, choice, nothing, number, paging, url
from console.personas.listed import (
    DUE_DAYS,
    MOST,
    NOBODY,
    PATH,
    ceiling_text,
    figures_of,
)
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.state_words import PURPOSES, SOURCES
from console.traces import looked
from content_library import repository as scripts_of
from content_library.facts import State
from crm_sync.errors import PersonaUnknown
from crm_sync.repository import listing, persona_lists, tag_lists
from crm_sync.repository.listing import Wanted
from crm_sync.repository.persona_lists import PersonaMember
from crm_sync.repository.tag_lists import TagFact
from crm_sync.rules import persona_words
from insights import customer_lists, periods
from insights import overview as figures
from insights.customer_lists import CustomerQuery
from kit.clock import bank_date, bank_moment
from kit.web.formats import (
    count,
    in_yi,
    long_stamp,
    masked_name,
    masked_number,
    percent,
    percent_number,
)
from kit.web.guard import Asking, Writing, allow
from kit.web.hues import persona_hue

router = APIRouter()
SHOWN_SCRIPTS: Final = 8
NEW, TAGGED, UNTAGGED = "new", "tagged", "untagged"


@router.get(PATH + "/{name}", response_class=HTMLResponse)
async def persona(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    name: str,
    unit: str = "",
    show: str = "",
    after: int = 0,
) -> Response:
    """One persona of the rules in force. PersonaUnknown for any other name."""
    policy: PersonaPolicy = request.app.state.parts.personas
    found = policy.named(name)
    if found is None:
        raise PersonaUnknown(name[:20], [one.name for one in policy.persona])
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    tag = await tag_lists.tag_of(session, name)
    wanted = _shown(session, asking, name, sight, show, tag)
    total = await listing.count(session, wanted)
    members = await persona_lists.page(session, name, wanted, limit=PER_PAGE + 1, after=after)
    shown, more = members[:PER_PAGE], len(members) > PER_PAGE
    here = f"{PATH}/{quote(name, safe='')}"
    kept = {"unit": unit, "show": show}
    place = await looked(
        session,
        asking,
        "persona.viewed",
        f"persona:{name}",
        payload={**kept, "shown": [one.customer_id for one in shown]},
    )
    trend = await figures.coverage_trend(
        session, CustomerQuery(contact="1", persona=name), sight.units, asking.at
    )
    context = await shell(request, session, asking, "personas", view_ref=place)
    context |= {
        "p": {"name": name, "c": persona_hue(name), "about": found.title},
        "path": here,
        "stats": await _stats(session, asking, name, sight, here, unit),
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice(
                "show",
                "哪些",
                [("", "全部"), (NEW, "本周新进"), (TAGGED, "标签已打上"), (UNTAGGED, "好友但没打上")],
                show,
            ),
        ],
        "state": None
        if shown
        else nothing("客户", kept.values(), here, "没有客户符合这条规则；规则每晚重算一次。"),
        "members": [_member(one, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(here, kept, after=shown[-1].customer_id) if more else None,
            first_url=url(here, kept) if after else None,
        ),
        "target": figures.TARGET,
        "trend": _trend(trend),
        "rule": _rule(found, policy),
        "wecom": await _wecom(session, asking, found, policy, sight, tag, here, unit),
        "scripts": await _scripts(session, name),
    }  # fmt: skip
    return page(request, "persona", context)


def _members(session: AsyncSession, asking: Asking, name: str, sight: Sight, **more: str) -> Wanted:
    query = CustomerQuery(persona=name, **more)
    return customer_lists.wanted(session, query, sight.units, asking.at)


def _shown(
    session: AsyncSession,
    asking: Asking,
    name: str,
    sight: Sight,
    show: str,
    tag: TagFact | None,
) -> Wanted:
    """The members that ``show`` asks for; the figures count by the same conditions."""
    if show == NEW:
        since = bank_moment(periods.week_start(bank_date(asking.at)))
        mine = _members(session, asking, name, sight)
        return replace(mine, within=(*mine.within, persona_lists.joined(name, since)))
    if show in (TAGGED, UNTAGGED):
        friends = _members(session, asking, name, sight, contact="1")
        if tag is None:
            return replace(friends, ids=frozenset()) if show == TAGGED else friends
        carrying = tag_lists.carriers(session, tag.tag_id)
        if show == TAGGED:
            return replace(friends, within=(*friends.within, carrying))
        return replace(friends, without=(*friends.without, carrying))
    return _members(session, asking, name, sight)


async def _stats(
    session: AsyncSession, asking: Asking, name: str, sight: Sight, here: str, unit: str
) -> list[dict[str, Any]]:
    found = await figures_of(session, CustomerQuery(persona=name), sight.units, asking.at)
    everybody = await customer_lists.count(session, CustomerQuery(), sight.units, asking.at)
    members = found.members.get(name, NOBODY)
    friends = found.friends.get(name, NOBODY).customers
    covered = found.covered.get(name, NOBODY).customers
    new = await listing.count(session, _shown(session, asking, name, sight, NEW, None))
    kept = {"persona": name, "unit": unit}
    share = f"占 {percent(members.customers / everybody)}" if everybody else ""
    return [
        number(
            "客户", count(members.customers), "人", share, "属于这个客群的客户",
            url("/c/customers", kept),
        ),
        number(
            "企微好友", count(friends), "人", f"资产共 {in_yi(members.aum_fen)} 亿元",
            "其中现在有好友关系的客户", url("/c/customers", kept, contact="1"),
        ),
        number(
            "有效覆盖率", percent_number(covered / friends if friends else None),
            "%" if friends else "",
            f"目标 {percent(figures.TARGET)}，还有 {count(friends - covered)} 人没联系",
            "本季度至少一次有效触达的好友 ÷ 好友",
            url("/c/customers", kept, contact="1", covered="0"),
        ),
        number(
            "到期（7 日）", count(found.due.get(name, NOBODY).customers), "户", "",
            "7 日内有产品到期", url("/c/customers", kept, due=DUE_DAYS),
        ),
        number(
            "本周新进", count(new), "人", "", "本周一以来进入这个客群", url(here, unit=unit, show=NEW)
        ),
    ]  # fmt: skip


def _member(one: PersonaMember, sight: Sight) -> dict[str, Any]:
    return {
        "name": masked_name(one.name),
        "customer_no": masked_number(one.customer_no),
        "href": f"/c/customers/{one.customer_id}",
        "unit_name": sight.unit_name(one.unit_id),
        "primary": one.primary,
        "why": "；".join(one.sayings) or SOURCES.get(one.source, one.source),
        "source": SOURCES.get(one.source, one.source),
        "since": bank_date(one.since),
    }


def _trend(points: Sequence[tuple[Any, float | None]]) -> dict[str, Any]:
    values = [one for _, one in points]
    known = [one for one in values if one is not None]
    return {
        "points": values,
        "labels": [f"{bank_date(end):%m-%d}" for end, _ in points],
        "low": int(10 * (min([*known, figures.TARGET]) * 10 // 1)),
        "high": min(100, int(10 * (max([*known, figures.TARGET]) * 10 // 1 + 1))),
        "known": bool(known),
    }


def _rule(one: Persona, policy: PersonaPolicy) -> dict[str, Any]:
    facts = [
        ("优先级", f"{one.priority}（属于几个客群时，大的为主）", "num"),
        ("内容风险上限", ceiling_text(one), ""),
        ("依据", one.source or "—", ""),
    ]
    return {
        "version": policy.version,
        "lines": persona_words.conditions(one, policy),
        "unless": persona_words.exclusions(one, policy),
        "facts": facts,
    }


async def _wecom(
    session: AsyncSession,
    asking: Asking,
    found: Persona,
    policy: PersonaPolicy,
    sight: Sight,
    tag: TagFact | None,
    here: str,
    unit: str,
) -> dict[str, Any]:
    """The corp tag of a persona and the friends who carry it or do not yet."""
    if tag is None:
        return {"text": "", "facts": [], "lists": []}
    waiting = await tag_lists.waiting(session, tag.tag_id)
    numbers = {
        show: await listing.count(session, _shown(session, asking, found.name, sight, show, tag))
        for show in (TAGGED, UNTAGGED)
    }
    queued = f"现在有 {count(waiting)} 对好友在排队写入" if waiting else "没有在排队的写入"
    return {
        "text": queued,
        "facts": [
            ("标签", f"{tag.group_name} / {tag.name}", ""),
            ("最近核对", long_stamp(tag.synced_at), "num"),
        ],
        "lists": [
            {
                "title": title,
                "text": text,
                "n": numbers[show],
                "href": url(here, unit=unit, show=show),
            }
            for show, title, text in (
                (TAGGED, "已打上标签", "客户经理在企业微信里看得到"),
                (UNTAGGED, "还没打上", "好友里还没有这个标签的"),
            )
        ],
    }


async def _scripts(session: AsyncSession, name: str) -> dict[str, Any]:
    every = await scripts_of.library(session, states=(State.APPROVED,), limit=MOST)
    mine = [one for one in every if name in one.script.personas or one.script.persona == name]
    return {
        "n": len(mine),
        "href": url("/c/library", persona=name),
        "shown": [
            {
                "title": one.script.title,
                "text": f"{one.script.code} · {PURPOSES[one.script.purpose][0]}",
                "href": f"/c/library/{quote(one.script.code, safe='')}",
            }
            for one in mine[:SHOWN_SCRIPTS]
        ],
    }
