"""三层流量: everybody who was ever won, who is still a friend, who is known and served.

公域获客 counts contacts by the source of their first friendship, and keeps it; 准私域 those who
are a friend now, so that words reach them again; 核心私域 those whose real name is known and
whose owner is the friend. Each layer is within the one before.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from config.adds_policy import AddsPolicy
from crm_sync.models import Binding, Contact, ContactWay, Coverage, Relation, Staff
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER
from crm_sync.valid_adds.conditions import source_of


class Layer(StrEnum):
    """How far a contact has come."""

    PUBLIC = "public"
    SEMI = "semi"
    CORE = "core"


@dataclass(frozen=True, slots=True)
class LayerCount:
    """One source: contacts won, still friends, known and served."""

    source: str
    public: int
    semi: int
    core: int


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One contact with where it came from and how far it has come."""

    external_userid: str
    source: str
    state: str
    staff_id: str | None
    unit_id: str | None
    customer_id: int | None
    added_at: datetime
    layer: Layer


@dataclass(frozen=True, slots=True)
class LayerQuery:
    """Which contacts: first befriended by members of ``units``, in a span, of one source."""

    units: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""
    layer: str = ""


def _contacts(session: AsyncSession, policy: AddsPolicy, query: LayerQuery) -> Any:
    before, now, owner_now = aliased(Relation), aliased(Relation), aliased(Relation)
    earlier = or_(
        col(before.added_at) < col(Relation.added_at),
        and_(
            col(before.added_at) == col(Relation.added_at),
            col(before.userid) < col(Relation.userid),
        ),
    )
    first = ~(
        exists()
        .where(col(before.external_userid) == col(Relation.external_userid))
        .where(col(before.half).is_(False))
        .where(earlier)
    )
    friend = (
        exists()
        .where(col(now.external_userid) == col(Relation.external_userid))
        .where(col(now.ended_at).is_(None), col(now.half).is_(False))
    )
    owner = aliased(Staff)
    served = (
        exists()
        .where(col(owner_now.external_userid) == col(Relation.external_userid))
        .where(col(owner_now.ended_at).is_(None), col(owner_now.half).is_(False))
        .where(col(owner.userid) == col(owner_now.userid))
        .where(col(Coverage.staff_id) == col(owner.staff_id))
        .where(col(Coverage.kind) == OWNER)
        .where(col(Coverage.customer_id) == col(Contact.customer_id))
    )
    known = (
        exists()
        .where(col(Binding.external_userid) == col(Relation.external_userid))
        .where(col(Binding.customer_id) == col(Contact.customer_id))
        .where(col(Binding.state) == "confirmed")
        .where(col(Binding.method).in_(policy.real_name_methods))
    )
    layer = case(
        (and_(known, served), Layer.CORE.value),
        (friend, Layer.SEMI.value),
        else_=Layer.PUBLIC.value,
    )
    statement = (
        select(
            col(Relation.external_userid),
            source_of(policy).label("source"),
            col(Relation.state),
            col(Staff.staff_id),
            col(Staff.unit_id),
            col(Contact.customer_id),
            col(Relation.added_at),
            layer.label("layer"),
        )
        .select_from(Relation)
        .join(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .outerjoin(Staff, col(Staff.userid) == col(Relation.userid))
        .outerjoin(ContactWay, col(ContactWay.state) == col(Relation.state))
        .where(col(Relation.half).is_(False), col(Relation.added_at).is_not(None), first)
    )
    if query.units is not None:
        statement = statement.where(among(session, col(Staff.unit_id), sorted(query.units)))
    if query.since is not None:
        statement = statement.where(col(Relation.added_at) >= query.since)
    if query.until is not None:
        statement = statement.where(col(Relation.added_at) < query.until)
    if query.source:
        statement = statement.where(source_of(policy) == query.source)
    return statement.subquery("won")


REACHED = {
    Layer.PUBLIC.value: (Layer.PUBLIC.value, Layer.SEMI.value, Layer.CORE.value),
    Layer.SEMI.value: (Layer.SEMI.value, Layer.CORE.value),
    Layer.CORE.value: (Layer.CORE.value,),
}
"""A number of a layer counts, and lists, everybody who came that far."""


async def counts(session: AsyncSession, policy: AddsPolicy, query: LayerQuery) -> list[LayerCount]:
    """Each source with its three layers, the largest first; one statement."""
    won = _contacts(session, policy, query)
    statement = (
        select(
            won.c.source,
            func.count(),
            func.count(case((won.c.layer.in_(REACHED["semi"]), 1))),
            func.count(case((won.c.layer == Layer.CORE.value, 1))),
        )
        .group_by(won.c.source)
        .order_by(func.count().desc(), won.c.source)
    )
    return [
        LayerCount(source, int(public), int(semi), int(core))
        for source, public, semi, core in await session.execute(statement)
    ]


async def page(
    session: AsyncSession,
    policy: AddsPolicy,
    query: LayerQuery,
    *,
    after: str = "",
    limit: int = 50,
) -> list[LayerRow]:
    """The contacts behind a number, by external userid."""
    won = _contacts(session, policy, query)
    statement = (
        select(won)
        .where(
            won.c.external_userid > after,
            won.c.layer.in_(REACHED[query.layer or Layer.PUBLIC.value]),
        )
        .order_by(won.c.external_userid)
        .limit(limit)
    )
    return [
        LayerRow(
            row.external_userid,
            row.source,
            row.state,
            row.staff_id,
            row.unit_id,
            row.customer_id,
            row.added_at,
            Layer(row.layer),
        )
        for row in await session.execute(statement)
    ]
