"""What the SQL of a dimension may use, and the operators over one column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    and_,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from config.conditions import Ask
from config.dimensions import Dimension, Type
from crm_sync.models import Customer
from crm_sync.rules.condition_answers import SEPARATORS, YES, Frame
from kit.db import is_postgresql


@dataclass(frozen=True, slots=True)
class Outside:
    """What other packages know of customers, as selects; without one, nobody is meant.

    ``flags``: by dimension (``consent_marketing``), a select of the ids of those for whom it is
    so. ``sets``: by dimension (``group``), a select of ``customer_id`` and ``value``.
    ``signals``: traces of interest beside ours: ``customer_id, interest, source, at, ref, says,
    consented``. ``unprofiled``: a select of the ids of those of whose habits nothing is inferred.
    """

    flags: Mapping[str, Select[Any]] = field(default_factory=dict)
    sets: Mapping[str, Select[Any] | CompoundSelect[Any]] = field(default_factory=dict)
    signals: Select[Any] | None = None
    unprofiled: Select[Any] | CompoundSelect[Any] | None = None


NOTHING: Final = Outside()


@dataclass(frozen=True, slots=True)
class Asking:
    """What a dimension's SQL may use. ``one_by_one``: few customers, so look each up by itself.

    ``measured``: columns by dimension, where the query around has worked them out already.
    ``within``: no customer outside these ids (from, excluded; to, included) is asked about, because
    PostgreSQL would else hash all rows of a table for each window.
    """

    session: AsyncSession
    frame: Frame
    outside: Outside = NOTHING
    one_by_one: bool = False
    measured: Mapping[str, Any] = field(default_factory=dict)
    within: tuple[int, int] | None = None

    @property
    def postgresql(self) -> bool:
        """Which of the two databases it is."""
        return is_postgresql(self.session)

    @property
    def on(self) -> date:
        """The day at the bank."""
        return self.frame.on

    def among(self, found: Select[Any], key: Any) -> ColumnElement[bool]:
        """The customer is one of those ``found`` (a select without columns), by ``key`` of it.

        Because PostgreSQL makes a join or a hash of EXISTS, and of a large IN neither; SQLite
        makes a set of IN, which a million customers want and a few do not.
        """
        if self.one_by_one or self.postgresql:
            mine = found.add_columns(key).where(key == col(Customer.id))
            if self.within is not None and self.postgresql:
                # Because a hash of all rows for each window costs a table a window.
                mine = mine.where(key > self.within[0], key <= self.within[1])
            return mine.correlate(Customer).exists()
        return col(Customer.id).in_(found.add_columns(key))


def column_of(asked: Dimension) -> tuple[Table, str]:
    """The table and the column that a dimension names."""
    table, name = asked.at.split(".")
    return SQLModel.metadata.tables[table], name


def compared(ask: Ask, column: Any, asking: Asking) -> ColumnElement[bool]:
    """The operators over a column."""
    found: ColumnElement[bool] = _compared(ask, column, asking)
    return found


def _compared(ask: Ask, column: Any, asking: Asking) -> Any:
    is_text = ask.of.type in (Type.TEXT, Type.CHOICE)
    match ask.op:
        case "known":
            return and_(column.is_not(None), column != "") if is_text else column.is_not(None)
        case "unknown":
            return or_(column.is_(None), column == "") if is_text else column.is_(None)
        case "in":
            return column.in_(ask.value)
        case "not_in":
            return func.coalesce(column.not_in(ask.value), True)
        case "contains":
            return or_(*(holds_text(asking, column, one) for one in ask.value))
        case "between":
            return column.between(*ask.value)
        case "past":
            return column.between(asking.on - timedelta(days=ask.value), asking.on)
        case "next":
            return column.between(asking.on, asking.on + timedelta(days=ask.value))
        case _:
            return _OPERATORS[ask.op](column, ask.value)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "eq": lambda column, value: column == value,
    "ge": lambda column, value: column >= value,
    "gt": lambda column, value: column > value,
    "le": lambda column, value: column <= value,
    "lt": lambda column, value: column < value,
}


def holds_text(asking: Asking, column: Any, part: str) -> ColumnElement[bool]:
    """``column`` contains ``part``, letter by letter (LIKE forgets case on one database)."""
    return (func.strpos if asking.postgresql else func.instr)(column, part) > 0


def attribute(ask: Ask, asked: Dimension, asking: Asking) -> ColumnElement[bool]:
    """An extra column of the customer file: one text, or several values in one."""
    told = col(Customer.attributes)[asked.attribute].as_string()
    if asked.type in (Type.TEXT, Type.CHOICE):
        return compared(ask, told, asking)
    if asked.type is Type.FLAG:
        is_so = _lists(asking, told, sorted(YES))
        return is_so if ask.value else not_(func.coalesce(is_so, false()))
    if ask.op in ("known", "unknown"):
        known = func.coalesce(func.trim(_normal(asking, told), ";") != "", false())
        return known if ask.op == "known" else not_(known)
    found = _lists(asking, told, ask.value)
    return found if ask.op == "any" else not_(func.coalesce(found, false()))


def _normal(asking: Asking, told: Any) -> Any:
    """The text with one separator between its values."""
    if asking.postgresql:
        return func.translate(told, SEPARATORS, ";" * len(SEPARATORS))
    for one in SEPARATORS[1:]:
        told = func.replace(told, one, ";")
    return told


def _lists(asking: Asking, told: Any, values: Any) -> ColumnElement[bool]:
    """One of ``values`` is among the values of the text; the cheap look comes first."""
    listed = ";" + _normal(asking, told) + ";"
    among = (
        and_(holds_text(asking, told, one), holds_text(asking, listed, f";{one};"))
        for one in values
    )
    return and_(told.is_not(None), or_(told.in_(values), *among))


def flag(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """A yes or no that another package knows."""
    found = asking.outside.flags.get(ask.dim)
    is_so: ColumnElement[bool] = false()
    if found is not None:
        ids = found.subquery()
        is_so = asking.among(select().select_from(ids), next(iter(ids.c)))
    return is_so if ask.value else not_(is_so)


Own = Callable[[Ask, Asking], ColumnElement[bool]]
"""The SQL of one dimension."""
