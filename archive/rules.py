"""Which findings become an alert, how urgent, and what a customer's words ask of us."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from archive.facts import AlertSeverity, SignalKind
from compliance.screening import Speaker
from kit.clock import bank_date

OPT_OUT_RULES: Final = frozenset({"R-OPT-01"})
COMPLAINT_RULES: Final = frozenset({"R-CMP-01"})
RELAYED_PROMISES: Final = frozenset({"R-CMP-02"})
MONEY_AT_RISK: Final = frozenset(
    {"private_transfer", "off_book_product", "trade_on_behalf", "illegal_fundraising"}
)
"""Families of which a customer's own words are evidence against somebody (飞单、代客操作)."""

DRY_RUN: Final = "dry_run"
"""The severity of a finding whose rule is on trial: kept and counted, acted upon by nobody."""
_SILENT: Final = frozenset({"warn", DRY_RUN})


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """By when somebody has to have closed an alert, from the moment it is opened."""

    high: timedelta = timedelta(hours=4)
    normal: timedelta = timedelta(hours=24)
    low: timedelta = timedelta(hours=72)

    def due(self, severity: AlertSeverity, opened_at: datetime) -> datetime:
        """The end of the term of a severity."""
        return opened_at + {"high": self.high, "normal": self.normal, "low": self.low}[severity]


@dataclass(frozen=True, slots=True)
class Spotted:
    """One rule that one message breaks, before it is a row."""

    rule: str
    family: str
    severity: str  # block | review | warn | dry_run
    spans: tuple[tuple[int, int], ...]
    window: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Urgency:
    """What kind of alert, and how soon it must be looked at."""

    kind: str  # violation | complaint | question
    severity: AlertSeverity


def urgency(speaker: Speaker, spotted: Sequence[Spotted], *, external: bool) -> Urgency | None:
    """The alert that a message's findings call for, or None.

    To a customer, a block is high and a review normal; among staff only a block is looked at.
    A customer is never at fault: money at risk is high, a complaint or a promise they were made
    normal, other talk low; a wish to be left alone is acted upon at once elsewhere.
    """
    severities = {one.severity for one in spotted}
    if speaker != "customer":
        if "block" in severities:
            return Urgency("violation", "high" if external else "low")
        return Urgency("violation", "normal") if "review" in severities and external else None
    heard = [
        one for one in spotted if one.severity not in _SILENT and one.rule not in OPT_OUT_RULES
    ]
    if any(one.family in MONEY_AT_RISK for one in heard):
        return Urgency("violation", "high")
    if any(one.rule in RELAYED_PROMISES for one in heard):
        return Urgency("violation", "normal")
    if any(is_complaint(one) for one in heard):
        return Urgency("complaint", "normal")
    return Urgency("question", "low") if heard else None


def is_complaint(spotted: Spotted) -> bool:
    """Whether a finding says that a customer is about to complain."""
    told = spotted.rule in COMPLAINT_RULES or spotted.family == "complaint_risk"
    return told and spotted.rule not in OPT_OUT_RULES


def thread_of(speaker: Speaker, kind: str, msgid: str, person: str, sent_at: datetime) -> str:
    """What gathers under one alert: a message of ours; a person, day and kind of customers'."""
    if speaker != "customer":
        return f"message:{msgid}"
    return f"person:{person}:{bank_date(sent_at)}:{kind}"


def signals(spotted: Collection[Spotted]) -> list[tuple[SignalKind, str]]:
    """What a customer's message asks of us, with the rule that heard it."""
    found: dict[SignalKind, str] = {}
    for one in spotted:
        if one.severity == DRY_RUN:
            continue
        if one.rule in OPT_OUT_RULES:
            found.setdefault("optout", one.rule)
        elif is_complaint(one):
            found.setdefault("complaint", one.rule)
    return list(found.items())
