"""The five conditions as one statement over relations: a row an add, a 0 or 1 a condition.

What the data allows: two-way is the archive's word alone (``relation_talk``). Who has not agreed
to archiving, or whose manager is not archived, has no row and is not two-way; the page says so.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, extract, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from config.adds_policy import OTHER, AddsPolicy
from crm_sync.models import (
    Binding,
    Contact,
    ContactWay,
    Coverage,
    Relation,
    RelationTalk,
    Staff,
)
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER
from crm_sync.valid_adds.facts import ADDED, CONDITIONS, PENDING, VALID, AddQuery, Condition
from kit.db import is_postgresql

WAY_PREFIX = "联系码·"


def adds(session: AsyncSession, policy: AddsPolicy, query: AddQuery, at: datetime) -> Any:
    """The sub-query of all adds of ``query`` with their flags; filters by funnel not applied."""
    statement: Any = (
        select(
            col(Relation.external_userid),
            col(Relation.userid),
            col(Staff.staff_id),
            col(Staff.unit_id),
            col(Contact.customer_id),
            col(Relation.added_at),
            col(Relation.ended_at),
            source_of(policy).label("source"),
            _flag(col(Contact.customer_id).is_not(None)).label("linked"),
            _flag(_bound(policy)).label("bound"),
            _flag(_owned()).label("owned"),
            _flag(_first()).label("first"),
            kept(session, policy, at).label("kept"),
            _flag(_two_way(session, policy)).label("two_way"),
            _flag(col(RelationTalk.staff_wrote_at).is_not(None)).label("staff_wrote"),
            _flag(col(RelationTalk.customer_wrote_at).is_not(None)).label("customer_wrote"),
        )
        .select_from(Relation)
        .join(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .outerjoin(Staff, col(Staff.userid) == col(Relation.userid))
        .outerjoin(ContactWay, col(ContactWay.state) == col(Relation.state))
        .outerjoin(
            RelationTalk,
            and_(
                col(RelationTalk.userid) == col(Relation.userid),
                col(RelationTalk.external_userid) == col(Relation.external_userid),
            ),
        )
        .where(
            col(Relation.half).is_(False),
            col(Relation.added_at) >= query.since,
            col(Relation.added_at) < query.until,
        )
    )
    if query.units is not None:
        statement = statement.where(among(session, col(Staff.unit_id), sorted(query.units)))
    if query.staff_id:
        statement = statement.where(col(Staff.staff_id) == query.staff_id)
    if query.source:
        statement = statement.where(source_of(policy) == query.source)
    return statement.subquery("adds")


def funnel_filter(found: Any, query: AddQuery) -> list[ColumnElement[bool]]:
    """The conditions on ``adds`` for ``passed`` and ``stopped``."""
    held = [_holds(found, one) for one in CONDITIONS]
    asked: list[ColumnElement[bool]] = []
    if query.passed and query.passed != ADDED:
        last = CONDITIONS[-1] if query.passed == VALID else Condition(query.passed)
        asked += held[: CONDITIONS.index(last) + 1]
    if query.stopped == PENDING:
        asked.append(found.c.kept == PENDING)
    elif query.stopped:
        place = CONDITIONS.index(Condition(query.stopped))
        asked += [*held[:place], ~held[place]]
    return asked


def holds_so_far(found: Any) -> list[ColumnElement[bool]]:
    """For each condition: it and all before it hold."""
    held = [_holds(found, one) for one in CONDITIONS]
    return [and_(*held[: place + 1]) for place in range(len(held))]


def holds_alone(found: Any) -> list[ColumnElement[bool]]:
    """For each condition: it holds, whatever the others do."""
    return [_holds(found, one) for one in CONDITIONS]


def _holds(found: Any, condition: Condition) -> ColumnElement[bool]:
    if condition is Condition.KEPT:
        kept_one: ColumnElement[bool] = found.c.kept == "yes"
        return kept_one
    flag: ColumnElement[bool] = found.c[condition.value] == 1
    return flag


def source_of(policy: AddsPolicy) -> ColumnElement[str]:
    """Where an add came from: the purpose of the code that was scanned, else the way of adding."""
    ways = [(col(Relation.add_way).in_(one.ways), literal(one.name)) for one in policy.source]
    by_way = case(*ways, else_=literal(OTHER)) if ways else literal(OTHER)
    return case(
        (
            and_(col(ContactWay.purpose).is_not(None), col(ContactWay.purpose) != ""),
            literal(WAY_PREFIX).concat(col(ContactWay.purpose)),
        ),
        else_=by_way,
    )


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _bound(policy: AddsPolicy) -> ColumnElement[bool]:
    return (
        exists()
        .where(col(Binding.external_userid) == col(Relation.external_userid))
        .where(col(Binding.customer_id) == col(Contact.customer_id))
        .where(col(Binding.state) == "confirmed")
        .where(col(Binding.method).in_(policy.real_name_methods))
    )


def _owned() -> ColumnElement[bool]:
    return (
        exists()
        .where(col(Coverage.customer_id) == col(Contact.customer_id))
        .where(col(Coverage.kind) == OWNER)
        .where(col(Coverage.staff_id) == col(Staff.staff_id))
    )


def _first() -> ColumnElement[bool]:
    """No earlier friendship of the same customer, by any contact, with anybody; ended ones count."""
    before, known = aliased(Relation), aliased(Contact)
    earlier = or_(
        col(before.added_at) < col(Relation.added_at),
        and_(
            col(before.added_at) == col(Relation.added_at),
            or_(
                col(before.userid) < col(Relation.userid),
                and_(
                    col(before.userid) == col(Relation.userid),
                    col(before.external_userid) < col(Relation.external_userid),
                ),
            ),
        ),
    )
    return and_(
        col(Contact.customer_id).is_not(None),
        ~exists()
        .where(col(known.customer_id) == col(Contact.customer_id))
        .where(col(before.external_userid) == col(known.external_userid))
        .where(earlier),
    )


def kept(session: AsyncSession, policy: AddsPolicy, at: datetime) -> ColumnElement[str]:
    """yes, no or pending: it stood for ``kept_days``, it ended before, or time will tell."""
    ended = col(Relation.ended_at)
    stood = days_between(session, ended, col(Relation.added_at)) >= policy.kept_days
    young = col(Relation.added_at) > at - timedelta(days=policy.kept_days)
    return case(
        (and_(ended.is_not(None), ~stood), literal("no")),
        (and_(ended.is_(None), young), literal("pending")),
        else_=literal("yes"),
    )


def _two_way(session: AsyncSession, policy: AddsPolicy) -> ColumnElement[bool]:
    within = policy.two_way_days
    added = col(Relation.added_at)
    return and_(
        col(RelationTalk.staff_wrote_at).is_not(None),
        col(RelationTalk.customer_wrote_at).is_not(None),
        days_between(session, col(RelationTalk.staff_wrote_at), added) <= within,
        days_between(session, col(RelationTalk.customer_wrote_at), added) <= within,
    )


def days_between(session: AsyncSession, later: Any, earlier: Any) -> ColumnElement[float]:
    """How many days, with fractions, lie between two moments, on both databases."""
    if is_postgresql(session):
        seconds: Any = extract("epoch", later - earlier)
        days: ColumnElement[float] = seconds / 86_400.0
        return days
    found: ColumnElement[float] = func.julianday(later) - func.julianday(earlier)
    return found
