"""Filters by class, activity, file, leads, assets and money: what a number opened stays visible."""

from typing import Any

from config import policy_catalogue as kinds
from config.policy_shelf import Shelf
from console.lists import choice, words
from console.sight import Sight
from crm_sync.rules import standing_words
from insights.customer_lists import CustomerQuery
from insights.standing_lists import BLOCKS, FLOWS

ALL = ("", "全部")


def always(query: CustomerQuery) -> list[dict[str, Any]]:
    """Class, activity, industry block and money flow."""
    activities = [(name or "none", text) for name, text in standing_words.ACTIVITIES.items()]
    return [
        choice("grade", "分类", [ALL, *standing_words.GRADES.items()], query.grade),
        choice("activity", "活跃", [ALL, *activities], query.activity),
        choice("block", "行业", [ALL, *((one, one) for one in BLOCKS)], query.block),
        choice(
            "flow",
            "资金流",
            [ALL, *((name, text) for name, (text, _) in FLOWS.items())],
            query.flow,
        ),
    ]


def asked_for(query: CustomerQuery, sight: Sight, shelf: Shelf) -> list[dict[str, Any]]:
    """Those that a number on another page has set."""
    shown = []
    if query.kind:
        shown.append(choice("kind", "B 类", [ALL, *standing_words.KINDS.items()], query.kind))
    if query.dormant:
        shown.append(
            choice("dormant", "休眠", [ALL, *standing_words.DORMANT.items()], query.dormant)
        )
    if query.missing:
        parts = [(one.name, one.title) for one in shelf.of(kinds.STANDING).file.section]
        shown.append(choice("missing", "档案缺", [ALL, *parts], query.missing))
    if query.lead:
        finders = [(one.name, one.title) for one in shelf.of(kinds.LEADS).finder]
        shown.append(choice("lead", "线索", [ALL, ("any", "有线索"), *finders], query.lead))
    for name, label, value in (
        ("filed", "档案完整度不低于（%）", query.filed),
        ("unfiled", "档案完整度低于（%）", query.unfiled),
        ("aum_from", "资产不低于（元）", query.aum_from),
        ("aum_below", "资产低于（元）", query.aum_below),
    ):
        if value:
            shown.append(words(name, label, label, value))
    for name, label, value in (
        ("managed", "归属", query.managed),
        ("account", "开户", query.account),
    ):
        if value:
            shown.append(choice(name, label, sight.options, value))
    return shown
