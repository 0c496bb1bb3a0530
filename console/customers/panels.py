"""The panels of one customer: holdings, refusals, rights, WeCom, the bank's file."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from community import names as group_names
from compliance.objections import BY_CODE
from compliance.repository import consent_history, decisions_of, recipient_standing
from config.suitability_policy import RuleSets
from console.customers.listed import PATH
from console.lists import url
from console.sight import Sight
from console.state_words import BINDINGS, ENDED_BY, PRODUCT_KINDS, SOURCES
from crm_sync.facts import CustomerFact
from crm_sync.readings import lists
from crm_sync.repository.profiles import HoldingFact, Link, Profile
from crm_sync.repository.staff import staff_by_userids
from crm_sync.rules.ages import age
from delivery.suited import suited
from kit.web.formats import in_wan, iso_day, masked_name, masked_phone, moment, money

SPOKEN_TO: Final = "primary"
"""What is asked of a contact: let it stand for the customer from now on."""
UNDO: Final = "undo"


def holding(one: HoldingFact) -> dict[str, Any]:
    """A holding as the table shows it."""
    return {
        "product_name": one.product_name or PRODUCT_KINDS.get(one.kind, one.kind),
        "kind_text": PRODUCT_KINDS.get(one.kind, one.kind),
        "amount_text": in_wan(one.amount_fen),
        "risk": f"R{one.risk_level}" if one.risk_level else None,
        "matures_on": one.matures_on,
        "open_day": None,
    }


async def refusals(session: AsyncSession, number: int, at: datetime) -> list[dict[str, Any]]:
    """What the gate kept from the customer in the last ninety days."""
    since = at - timedelta(days=90)
    found = []
    for moment_of, decision in await decisions_of(session, number, limit=30):
        if moment_of < since or not decision.objections:
            continue
        code = decision.objections[0]
        script, _, version = decision.script.partition("/")
        found.append(
            {
                "at": moment_of,
                "title": f"话术 {script} 第 {version} 版",
                "saying": BY_CODE[code].saying if code in BY_CODE else "",
                "detail": decision.details.get(code, ""),
                "code": code,
            }
        )
    return found


async def rights(session: AsyncSession, number: int) -> list[dict[str, Any]]:
    """What the customer agreed to, refused and has in hand."""
    standing = (await recipient_standing(session, [number]))[number]
    newest = {one.purpose: one for one in await consent_history(session, number)}
    texts = {
        "service": "同意服务通知", "care": "同意关怀", "marketing": "同意营销",
        "profiling": "同意画像", "archive": "同意会话存档",
    }  # fmt: skip
    found = [
        {
            "ok": purpose in standing.consents,
            "text": text if purpose in standing.consents else text.replace("同意", "没有同意"),
            "why": iso_day(newest[purpose].at) if purpose in newest else "未征询",
        }
        for purpose, text in texts.items()
    ]
    scopes = {"marketing": "已退订营销", "all": "要求不再联系", "personalised": "关闭个性化"}
    found += [
        {"ok": False, "text": scopes.get(scope, scope), "why": "对所有经理和渠道有效"}
        for scope in sorted(standing.suppressed)
    ]
    if standing.complaint_open:
        found.append({"ok": False, "text": "有投诉在办", "why": "结案前不发营销"})
    return found


async def wecom(
    session: AsyncSession, links: Sequence[Link], today: date
) -> list[tuple[str, str, str]]:
    """Who is, or was, the customer's friend in WeCom, and how they were matched."""
    if not links:
        return [("好友", "还不是企业微信好友，或没有匹配", "")]
    people = await staff_by_userids(session, {one.userid for one in links if one.userid})
    found = []
    for one in links:
        if not one.userid:
            continue
        who = people[one.userid].name if one.userid in people else one.userid
        if one.ended_at is None:
            found.append(("好友", f"{who}（{iso_day(one.added_at)} 添加）", ""))
        else:
            ended = ENDED_BY.get(one.ended_by, "已结束")
            found.append(("曾是好友", f"{who}（{iso_day(one.ended_at)} {ended}）", "dim"))
    first = links[0]
    found.append(
        (
            "匹配方式",
            f"{BINDINGS.get(first.method, first.method)}，{moment(first.bound_at, today)}",
            "",
        )
    )
    agreed = {True: "已同意", False: "不同意", None: "还没有选择"}[first.archive_agreed]
    found.append(("会话存档", agreed, ""))
    groups = await group_names.of_member(session, [one.external_userid for one in links])
    if groups:
        found.append(("客户群", "、".join(sorted(groups.values())), ""))
    return found


def contacts(links: Sequence[Link], number: int) -> list[dict[str, Any]]:
    """The contacts with what may be done about each; the one that is spoken to comes first."""
    found = list({one.external_userid: one for one in links}.values())
    several = len(found) > 1
    return [
        {
            "name": masked_name(one.nick) if one.nick else "企业微信联系人",
            "external_userid": one.external_userid,
            "note": "不再发送，历史保留"
            if one.merged_into
            else ("消息发给这个微信" if several else ""),
            "action": f"{PATH}/{number}/contacts",
            "buttons": [
                *([{"value": SPOKEN_TO, "text": "以后用这个微信"}] if several else []),
                {"value": UNDO, "text": "解除匹配"},
            ],
        }
        for one in sorted(found, key=lambda one: one.merged_into)
    ]


def file_of(
    profile: Profile,
    customer: CustomerFact,
    sight: Sight,
    today: date,
    sets: RuleSets,
    *,
    unmasked: bool,
) -> list[tuple[str, str, str]]:
    """The bank's file; name, number, phone and amounts in full only where unmasked."""
    limits = suited(customer, today, sets)
    shown = [
        ("年龄", f"{age(customer.born_on, today)} 岁" if customer.born_on else "—", "num"),
        ("手机", (profile.phone or "—") if unmasked else masked_phone(profile.phone), "mono"),
        ("职业", profile.occupation or "—", ""),
        ("开户", iso_day(profile.opened_on), ""),
        ("账户机构", sight.unit_name(profile.account_unit_id) or "—", ""),
        (
            "资料来源",
            f"{SOURCES.get(profile.source, profile.source) or '—'} {profile.source_date}",
            "",
        ),
        ("最近更新", moment(profile.changed_at, today), ""),
        ("基金测评", _fund_rating(customer), ""),
        ("适当性上限", limits.short, ""),
        ("以哪套为准", limits.why, "dim"),
    ]
    if unmasked:
        shown = [
            ("姓名", profile.name or "—", "b"),
            ("客户号", profile.customer_no, "mono"),
            ("总资产", money(profile.aum_fen), "num"),
            ("日均资产", money(profile.aum_average_fen), "num"),
            *shown,
        ]
    return shown


def _fund_rating(customer: CustomerFact) -> str:
    one = customer.fund_rating
    if one is None:
        told = "没有"
    else:
        told = f"C{one.level}，{one.by or '基金公司'}，{one.assessed_on or '没有日期'}"
        told += f"，到 {one.until}" if one.until else ""
        told += "，最低类别" if one.lowest else ""
    until = customer.professional_until
    return f"{told}；专业投资者，认定到 {until}" if until else told


async def reads(session: AsyncSession, number: int, today: date) -> list[dict[str, Any]]:
    """What the customer read on our pages, in words; empty where they never agreed to it."""
    return [
        {
            "says": one.says,
            "href": url("/c/radar", code=one.article_code),
            "more": f"共看 {one.seconds // 60} 分 {one.seconds % 60} 秒，最近 "
            f"{moment(one.last_at, today)}",
        }
        for one in await lists.of_customer(session, number)
    ]
