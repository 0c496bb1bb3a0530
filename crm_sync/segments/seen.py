"""What a condition saw of a customer, as a JSON list written by the database: one value a question."""

from typing import Any

import orjson
from sqlalchemy import JSON, Text, case, cast, func, literal, select
from sqlmodel import col

from config.conditions import Ask, Condition, asks
from config.dimensions import Type
from crm_sync.models import Customer, CustomerEvent, Holding
from crm_sync.rules.condition_answers import BY_BIRTH
from crm_sync.segments import flows
from crm_sync.segments.asking import Asking, column_of
from crm_sync.segments.compile import compiled
from crm_sync.segments.computed import stage_of
from crm_sync.segments.records import happened, held


def seen_of(condition: Condition, asking: Asking) -> Any:
    """The list as text; ``rules.evidence.sayings`` reads it back."""
    values = [seen(ask, asking) for ask in asks(condition)]
    if asking.postgresql:
        return cast(func.json_build_array(*values), Text)
    return func.json_array(*values)


def seen(ask: Ask, asking: Asking) -> Any:
    """What one question saw; ``rules.evidence.typed`` reads it back."""
    asked = ask.of
    if asked.name in asking.measured:
        return asking.measured[asked.name]
    if asked.name in flows.NAMES:
        return flows.value_of(asked.name, asking)
    if asked.name in BY_BIRTH:
        return col(Customer.born_on)
    if asked.name == "life_stage":
        return stage_of(asking)
    if asked.name == "holding":
        return _counted(Holding, held(ask, asking))
    if asked.name == "event":
        return _counted(CustomerEvent, happened(ask, asking))
    if asked.attribute:
        return col(Customer.attributes)[asked.attribute].as_string()
    if asked.type is Type.SET:
        return _values(ask, asking)
    if asked.type is Type.FLAG:
        return compiled(Ask(ask.dim, "is", True), asking)
    table, name = column_of(asked)
    if table.name == Customer.__tablename__:
        return table.c[name]
    found = select(table.c[name]).where(table.c.customer_id == col(Customer.id))
    return found.correlate(Customer).scalar_subquery()


def _counted(table: Any, meant: Any) -> Any:
    found = select(func.count()).where(col(table.customer_id) == col(Customer.id), meant)
    return found.correlate(Customer).scalar_subquery()


def _values(ask: Ask, asking: Asking) -> Any:
    """Which of the values asked for are there; where none was, whether there is any."""
    if ask.value is None:
        pairs = [("…", compiled(Ask(ask.dim, "known"), asking))]
    else:
        pairs = [(one, compiled(Ask(ask.dim, "any", (one,)), asking)) for one in ask.value]
    joined: Any = literal("", Text)
    for one, is_so in pairs:
        joined = joined + case((is_so, "," + orjson.dumps(one).decode()), else_="")
    listed = literal("[", Text) + func.substr(joined, 2) + "]"
    return cast(listed, JSON) if asking.postgresql else func.json(listed)
