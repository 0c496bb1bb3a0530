"""What persona rules look at, for a window of customers at once.

A rule's SQL only narrows: everyone who belongs is among its candidates, and ``rules.personas``
judges each of them. So the sentences that explain are those that decided.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.persona_policy import Condition, Persona, PersonaPolicy
from crm_sync.models import Contact, Customer, Holding, PersonaRefusal, Relation, WecomTag
from crm_sync.repository.keys import among, unnested
from crm_sync.repository.people import live
from crm_sync.rules.ages import earliest_birth, latest_birth
from crm_sync.rules.personas import Held, Signal, Subject


@dataclass(frozen=True, slots=True)
class Window:
    """Customers with ids in ``(after, upto]``, or exactly ``ids``."""

    after: int = 0
    upto: int = 0
    ids: tuple[int, ...] | None = None

    def on(self, session: AsyncSession, column: Any) -> ColumnElement[bool]:
        """The condition that ``column``, a customer id, lies in the window."""
        if self.ids is not None:
            picked: ColumnElement[bool] = among(session, column, self.ids)
            return picked
        return and_(column > self.after, column <= self.upto)


async def next_window(session: AsyncSession, after: int, size: int) -> Window | None:
    """The next ``size`` customers by id; None behind the last."""
    ids = select(col(Customer.id)).where(col(Customer.id) > after).order_by(col(Customer.id))
    page = ids.limit(size).subquery()
    upto = (await session.execute(select(func.max(page.c.id)))).scalar_one()
    return None if upto is None else Window(after, upto)


async def candidates(
    session: AsyncSession, window: Window, persona: Persona, on: date, tag_ids: dict[str, list[str]]
) -> set[int]:
    """The customers in the window who may belong to ``persona`` by what the bank stores."""
    clauses = [
        _condition(session, window, condition, on, tag_ids)
        for condition in persona.when
        if not condition.interests
    ]
    if not clauses:
        return set()
    query = select(col(Customer.id)).where(
        window.on(session, col(Customer.id)), col(Customer.removed_at).is_(None), or_(*clauses)
    )
    return {found for found in (await session.execute(query)).scalars() if found is not None}


def _condition(
    session: AsyncSession,
    window: Window,
    condition: Condition,
    on: date,
    tag_ids: dict[str, list[str]],
) -> ColumnElement[bool]:
    born, parts = col(Customer.born_on), []
    if condition.age_min is not None:
        parts.append(born <= latest_birth(condition.age_min, on))
    if condition.age_max is not None:
        parts.append(born >= earliest_birth(condition.age_max, on))
    if condition.born_from is not None:
        parts.append(born >= date(condition.born_from, 1, 1))
    if condition.born_to is not None:
        parts.append(born <= date(condition.born_to, 12, 31))
    if condition.gender is not None:
        parts.append(col(Customer.gender) == condition.gender)
    if condition.attribute is not None:
        told = col(Customer.attributes)[condition.attribute.key].as_string()
        parts.append(
            or_(*(told.contains(value, autoescape=True) for value in condition.attribute.any))
        )
    if condition.holds is not None:
        parts.append(_holding(condition, on))
    if condition.tags:
        wanted = {one for name in condition.tags for one in tag_ids.get(name, ())}
        parts.append(_tagged(session, window, wanted))
    return and_(*parts)


def _holding(condition: Condition, on: date) -> ColumnElement[bool]:
    holds = condition.holds
    assert holds is not None  # noqa: S101 — only asked where it is set
    found = exists().where(
        col(Holding.customer_id) == col(Customer.id),
        col(Holding.kind).in_(holds.kinds),
        _held_on(on),
    )
    if holds.risk_min is not None:
        found = found.where(col(Holding.risk_level) >= holds.risk_min)
    return found


def _held_on(on: date) -> ColumnElement[bool]:
    return and_(
        col(Holding.removed_at).is_(None),
        or_(col(Holding.matures_on).is_(None), col(Holding.matures_on) >= on),
    )


def _tagged(session: AsyncSession, window: Window, wanted: Collection[str]) -> ColumnElement[bool]:
    if not wanted:
        return false()
    marked = unnested(session, col(Relation.tag_ids))
    holders = (
        select(col(Contact.customer_id))
        .select_from(Contact)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .join(marked, true())
        .where(
            window.on(session, col(Contact.customer_id)),
            live(),
            among(session, marked.c.value, wanted),
        )
    )
    return col(Customer.id).in_(holders)


async def tags_of_staff(session: AsyncSession) -> dict[str, list[str]]:
    """The ids of tags that others than this app made, by name: what members say of customers."""
    query = select(col(WecomTag.name), col(WecomTag.tag_id)).where(
        col(WecomTag.ours).is_(False), col(WecomTag.removed_at).is_(None)
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, tag_id in await session.execute(query):
        found[name].append(tag_id)
    return dict(found)


async def subjects(
    session: AsyncSession,
    ids: Collection[int],
    policy: PersonaPolicy,
    on: date,
    tag_ids: dict[str, list[str]],
    signals: Iterable[Signal] = (),
) -> dict[int, Subject]:
    """All that rules may look at of these customers; removed ones are left out."""
    if not ids:
        return {}
    query = select(
        col(Customer.id), col(Customer.born_on), col(Customer.gender), col(Customer.attributes)
    ).where(among(session, col(Customer.id), ids), col(Customer.removed_at).is_(None))
    rows = (await session.execute(query)).all()
    held = await _held(session, ids, policy, on)
    tags = await _tags(session, ids, policy, tag_ids)
    told: defaultdict[int, list[Signal]] = defaultdict(list)
    for signal in signals:
        told[signal.customer_id].append(signal)
    return {
        customer_id: Subject(
            customer_id=customer_id,
            born_on=born_on,
            gender=gender,
            attributes=attributes,
            held=held.get(customer_id, {}),
            tags=frozenset(tags.get(customer_id, ())),
            signals=tuple(told.get(customer_id, ())),
        )
        for customer_id, born_on, gender, attributes in rows
        if customer_id is not None
    }


def _conditions(policy: PersonaPolicy) -> list[Condition]:
    return [one for persona in policy.persona for one in (*persona.when, *persona.unless)]


async def _held(
    session: AsyncSession, ids: Collection[int], policy: PersonaPolicy, on: date
) -> dict[int, dict[str, tuple[Held, ...]]]:
    kinds = {kind for one in _conditions(policy) if one.holds for kind in one.holds.kinds}
    if not kinds:
        return {}
    query = (
        select(col(Holding.customer_id), col(Holding.kind), col(Holding.risk_level), func.count())
        .where(
            among(session, col(Holding.customer_id), ids),
            col(Holding.kind).in_(sorted(kinds)),
            _held_on(on),
        )
        .group_by(col(Holding.customer_id), col(Holding.kind), col(Holding.risk_level))
        .order_by(col(Holding.customer_id), col(Holding.kind), col(Holding.risk_level))
    )
    found: dict[int, dict[str, tuple[Held, ...]]] = {}
    for customer_id, kind, risk, count in await session.execute(query):
        of_customer = found.setdefault(customer_id, {})
        of_customer[kind] = (*of_customer.get(kind, ()), Held(count, risk))
    return found


async def _tags(
    session: AsyncSession,
    ids: Collection[int],
    policy: PersonaPolicy,
    tag_ids: dict[str, list[str]],
) -> dict[int, set[str]]:
    names = {name for one in _conditions(policy) for name in one.tags}
    name_of = {tag_id: name for name in names for tag_id in tag_ids.get(name, ())}
    if not name_of:
        return {}
    marked = unnested(session, col(Relation.tag_ids))
    query = (
        select(col(Contact.customer_id), marked.c.value)
        .select_from(Contact)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .join(marked, true())
        .where(
            among(session, col(Contact.customer_id), ids),
            live(),
            among(session, marked.c.value, name_of),
        )
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for customer_id, tag_id in await session.execute(query):
        if customer_id is not None:
            found[customer_id].add(name_of[tag_id])
    return found


async def refusals(
    session: AsyncSession, window: Window, at: Any
) -> dict[int, dict[str, PersonaRefusal]]:
    """The personas that customers in the window have had taken off them, still in force."""
    query = select(PersonaRefusal).where(
        window.on(session, col(PersonaRefusal.customer_id)), col(PersonaRefusal.until) > at
    )
    found: dict[int, dict[str, PersonaRefusal]] = {}
    for row in (await session.execute(query)).scalars():
        found.setdefault(row.customer_id, {})[row.persona] = row
    return found
