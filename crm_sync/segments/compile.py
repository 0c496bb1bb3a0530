"""Conditions about customers as SQL, agreeing to the letter with ``rules.conditions.explain``.

``where(session, condition, frame, outside)`` is a condition over ``customer``; put it into any
query, beside the scope of whoever asks. Questions to a column are the column; the rest is one
sub-select each. It is two-valued: what nobody knows is no, and its negation yes.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.conditions import All, Ask, Condition, Either, Not
from config.dimensions import Type
from crm_sync.models import Customer
from crm_sync.rules.condition_answers import Frame
from crm_sync.segments import computed, flows, records
from crm_sync.segments.asking import (
    NOTHING,
    Asking,
    Outside,
    Own,
    attribute,
    column_of,
    compared,
    flag,
)

COMPUTED: Final[Mapping[str, Own]] = {
    **computed.COMPUTED,
    **flows.COMPUTED,
    **records.COMPUTED,
}
"""The dimensions that are worked out; all others are a column, an extra column or a flag."""


def where(
    session: AsyncSession,
    condition: Condition,
    frame: Frame,
    outside: Outside = NOTHING,
    *,
    one_by_one: bool = False,
) -> ColumnElement[bool]:
    """The customers of ``condition`` at the frame's moment, as a condition over ``customer``."""
    return compiled(condition, Asking(session, frame, outside, one_by_one))


def compiled(condition: Condition, asking: Asking) -> ColumnElement[bool]:
    """The same with everything in one hand."""
    match condition:
        case All(parts):
            return and_(*(compiled(one, asking) for one in parts))
        case Either(parts):
            return or_(*(compiled(one, asking) for one in parts))
        case Not(part):
            return not_(func.coalesce(compiled(part, asking), false()))
        case Ask():
            return _ask(condition, asking)


def _ask(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    asked = ask.of
    known = asking.measured.get(asked.name)
    if known is not None:
        return compared(ask, known, asking)
    own = COMPUTED.get(asked.name)
    if own is not None:
        return own(ask, asking)
    if asked.attribute:
        return attribute(ask, asked, asking)
    if asked.type is Type.FLAG:
        return flag(ask, asking)
    table, name = column_of(asked)
    if table.name == Customer.__tablename__:
        return compared(ask, table.c[name], asking)
    inner = compared(ask, table.c[name], asking)
    found = asking.among(select().select_from(table).where(_meant(ask, inner)), table.c.customer_id)
    return not_(found) if ask.op in ("unknown", "not_in") else found


def _meant(ask: Ask, inner: ColumnElement[bool]) -> ColumnElement[bool]:
    """For a row of another table, that may be missing: “unknown” is the absence of a known one."""
    return not_(func.coalesce(inner, false())) if ask.op in ("unknown", "not_in") else inner
