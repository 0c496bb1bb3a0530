"""Dimensions with several rows a customer: holdings, events, traces of interest."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)
from sqlmodel import col

from config.conditions import Ask
from config.persona_policy import SOURCES, SourceRule
from crm_sync.models import BehaviourSignal, CustomerEvent, Holding
from crm_sync.rules.signals import oldest_that_counts
from crm_sync.segments.asking import Asking, Own

INFERRED: Final = ("behavior", "chat")
"""Sources by which habits are inferred, for which a customer's no to 画像 is the end."""


def holding(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """Something the customer has with the bank now."""
    found = select().select_from(Holding).where(held(ask, asking))
    inside = asking.among(found, col(Holding.customer_id))
    return inside if ask.op == "has" else not_(inside)


def held(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The holdings that ``ask`` means: there, not yet matured, and with every part."""
    return and_(
        col(Holding.removed_at).is_(None),
        or_(col(Holding.matures_on).is_(None), col(Holding.matures_on) >= asking.on),
        *_parts(ask, asking, _OF_HOLDING),
    )


def event(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """A dated fact about the customer."""
    found = select().select_from(CustomerEvent).where(happened(ask, asking))
    inside = asking.among(found, col(CustomerEvent.customer_id))
    return inside if ask.op == "has" else not_(inside)


def happened(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The events that ``ask`` means."""
    return (
        and_(*_parts(ask, asking, _OF_EVENT)) if ask.where else col(CustomerEvent.id).is_not(None)
    )


_Part = Callable[[Any, Asking], ColumnElement[bool]]
_OF_HOLDING: Final[Mapping[str, _Part]] = {
    "kind": lambda value, asking: col(Holding.kind).in_(value),
    "product": lambda value, asking: col(Holding.product_code).in_(value),
    "risk_from": lambda value, asking: col(Holding.risk_level) >= value,
    "risk_to": lambda value, asking: col(Holding.risk_level) <= value,
    "amount_from": lambda value, asking: col(Holding.amount_fen) >= value,
    "due_within": lambda value, asking: col(Holding.matures_on).between(
        asking.on, asking.on + timedelta(days=value)
    ),
    "opened_within": lambda value, asking: col(Holding.opened_on).between(
        asking.on - timedelta(days=value), asking.on
    ),
}
_OF_EVENT: Final[Mapping[str, _Part]] = {
    "kind": lambda value, asking: col(CustomerEvent.kind).in_(value),
    "amount_from": lambda value, asking: col(CustomerEvent.amount_fen) >= value,
    "past_days": lambda value, asking: col(CustomerEvent.on).between(
        asking.on - timedelta(days=value), asking.on
    ),
    "next_days": lambda value, asking: col(CustomerEvent.on).between(
        asking.on, asking.on + timedelta(days=value)
    ),
}


def _parts(ask: Ask, asking: Asking, known: Mapping[str, _Part]) -> list[ColumnElement[bool]]:
    return [known[name](value, asking) for name, value in ask.where]


def signals(asking: Asking) -> Any:
    """Every trace of interest there is: ours, and those other packages know of.

    Clicks and talk of those who said no to it are left out (PIPL 24).
    """
    parts: list[Any] = [_ours(asking)]
    if asking.outside.signals is not None:
        parts.append(asking.outside.signals)
    return union_all(*parts).subquery("signal")


def _ours(asking: Asking) -> Any:
    traces: Any = select(
        col(BehaviourSignal.customer_id),
        col(BehaviourSignal.interest),
        col(BehaviourSignal.origin).label("source"),
        col(BehaviourSignal.at),
        col(BehaviourSignal.ref),
        col(BehaviourSignal.says),
        col(BehaviourSignal.consented),
    )
    silent = asking.outside.unprofiled
    if silent is None:
        return traces
    watched = col(BehaviourSignal.origin).in_(INFERRED)
    return traces.where(not_(and_(watched, col(BehaviourSignal.customer_id).in_(silent))))


def interest(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """Traces of one of the interests, from a source that counts still."""
    where = dict(ask.where)
    ways: list[ColumnElement[bool]] = []
    for source in SOURCES:
        rule = asking.frame.personas.sources[source]
        if rule.enabled and source in where.get("source", SOURCES):
            ways.append(_heard(source, rule, where, asking))
    inside = or_(false(), *ways)
    return inside if ask.op == "has" else not_(inside)


def _heard(
    source: str, rule: SourceRule, where: Mapping[str, Any], asking: Asking
) -> ColumnElement[bool]:
    told = signals(asking)
    least = max(asking.frame.personas.min_confidence, where.get("confidence_from", 0))
    since = oldest_that_counts(rule, least, asking.frame.at)
    mine = [told.c.source == source, told.c.at <= asking.frame.at]
    if "interest" in where:
        mine.append(told.c.interest.in_(where["interest"]))
    if rule.needs_consent:
        mine.append(told.c.consented.is_(True))
    if rule.min_signals == 1 and rule.min_days == 1:
        if since is not None:
            mine.append(told.c.at >= since)
        return asking.among(select().select_from(told).where(*mine), told.c.customer_id)
    often = (
        select()
        .select_from(told)
        .where(*mine)
        .group_by(told.c.customer_id)
        .having(
            func.count() >= rule.min_signals,
            func.count(bank_day(told.c.at, asking).distinct()) >= rule.min_days,
            *([func.max(told.c.at) >= since] if since is not None else []),
        )
    )
    return asking.among(often, told.c.customer_id)


def bank_day(moment: Any, asking: Asking) -> Any:
    """Which day it was at the bank, which keeps no summer time."""
    if asking.postgresql:
        return cast(func.timezone("Asia/Shanghai", moment), Date)
    return func.date(cast(moment, String), literal("+8 hours"))


COMPUTED: Final[Mapping[str, Own]] = {"holding": holding, "event": event, "interest": interest}
