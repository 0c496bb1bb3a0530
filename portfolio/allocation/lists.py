"""Named lists of customers: each a select of ids with its name in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from config.tier_policy import TierPolicy
from crm_sync.repository import ownership
from crm_sync.repository.ownership import Ids
from crm_sync.rules.conditions import Frame
from crm_sync.segments import repository as segments
from crm_sync.segments.asking import Outside
from portfolio.errors.ownership import ListUnknown
from portfolio.models import Recall

KINDS = {
    "unowned": "没有管户人的客户",
    "recalled": "收回待分配的客户",
    "everybody": "全部客户",
    "persona:": "客群",
    "owner:": "管户人",
    "band:": "资产段",
    "segment:": "客群规则",
}
"""What a list may be called; those that end in a colon need a value behind it."""


@dataclass(frozen=True)
class Listed:
    """A list: its customers and what it is called."""

    ids: Ids
    words: str


def named(
    session: AsyncSession,
    name: str,
    units: Collection[str],
    policy: OwnershipPolicy,
    tiers: TierPolicy,
) -> Listed:
    """The list called ``name`` within ``units``. Raises ListUnknown with every name there is."""
    kind, colon, value = name.partition(":")
    if name == "unowned":
        return Listed(ownership.without_owner(session, units), KINDS[name])
    if name == "recalled":
        return Listed(ownership.in_units(session, units).where(_recalled()), KINDS[name])
    if name == "everybody":
        return Listed(ownership.in_units(session, units), KINDS[name])
    if colon and value:
        if kind == "persona":
            return Listed(ownership.with_persona(session, value, units), f"{value}客群")
        if kind == "owner":
            return Listed(ownership.owned_by(session, [value]), f"{value} 的管户")
        if kind == "band":
            return _band(session, value, units, policy, tiers)
    raise ListUnknown(
        "没有这样的名单",
        saw=name[:40],
        where="名单：unowned、recalled、everybody、persona:客群、owner:工号、band:资产段、segment:客群规则编号，"
        "或一份客户号文件",
        do="从这些里选一个；客户号文件用 --customers",
    )


async def of_segment(
    session: AsyncSession, code: str, units: Collection[str], frame: Frame, outside: Outside
) -> Listed:
    """Who is in a segment in force now, within ``units``, by its present version.

    ``outside``: what other packages know of customers. Raises SegmentUnknown, ListUnknown.
    """
    found = await segments.segment(session, code)
    if found.state != "in_force":
        raise ListUnknown(
            "这个客群规则没有启用，不能当名单",
            saw=code[:40],
            where=f"/c/segments/{code}",
            do="先启用它，或换一个名单",
        )
    inside = segments.members(session, found.version.condition, frame, outside)
    here = ownership.customer_id().in_(ownership.in_units(session, units))
    return Listed(inside.where(here), f"客群规则 {found.title}（第 {found.version.number} 版）")


def _recalled() -> Any:
    open_ones = select(col(Recall.customer_id)).where(col(Recall.state) == "open")
    return ownership.customer_id().in_(open_ones)


def but_for_recalled(listed: Listed) -> Listed:
    """A list without the customers who were recalled: their own plan gives them anew."""
    open_ones = select(col(Recall.customer_id)).where(col(Recall.state) == "open")
    return Listed(listed.ids.where(ownership.customer_id().not_in(open_ones)), listed.words)


def _band(
    session: AsyncSession,
    name: str,
    units: Collection[str],
    policy: OwnershipPolicy,
    tiers: TierPolicy,
) -> Listed:
    spans = {level.name: (level.from_fen, level.below_fen) for level in policy.levels.level}
    spans |= {
        one.name: (one.from_yuan * 100, None if one.below_yuan is None else one.below_yuan * 100)
        for one in tiers.band
    }
    if name not in spans:
        raise ListUnknown(
            "没有这个资产段",
            saw=name[:40],
            where="策略“层级与资产段”“管户与分配”",
            do="、".join(spans),
        )
    from_fen, below_fen = spans[name]
    average = policy.levels.measure == "average"
    ids = ownership.between(session, units, from_fen=from_fen, below_fen=below_fen, average=average)
    return Listed(ids, f"资产段 {name}")


async def of_numbers(
    session: AsyncSession, numbers: Sequence[str], words: str
) -> tuple[Listed, list[str]]:
    """The customers of a file of numbers, and the numbers that nobody has. Raises ListUnknown."""
    asked = [text for number in numbers if (text := number.strip())]
    known = await ownership.ids_of_numbers(session, set(asked))
    unknown = [number for number in dict.fromkeys(asked) if number not in known]
    if not known:
        raise ListUnknown(
            "名单里没有一位本行客户",
            saw=f"{len(asked)} 个客户号",
            where="文件的 customer_no 一列",
            do="核对客户号；先导入客户文件",
        )
    return Listed(ownership.of_ids(session, list(known.values())), words[:120]), unknown
