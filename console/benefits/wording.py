"""What kinds and states of benefits, places and referrals are called, and a row of a list."""

from datetime import date
from typing import Any, Final

from campaigns.facts import BenefitFact
from config.benefit_policy import BenefitPolicy

KINDS: Final = {"point": "积分", "event": "活动", "right": "权益"}
STATES: Final = {
    "proposed": ("待批准", "warn"),
    "approved": ("可发放", "ok"),
    "refused": ("未通过", ""),
    "withdrawn": ("已停办", ""),
}
EVENT_STATES: Final = {**STATES, "approved": ("可报名", "ok")}
PAST: Final = ("已办完", "")
PLACES: Final = {
    "registered": ("已报名", "info"),
    "attended": ("已到场", "ok"),
    "absent": ("未到场", ""),
}
REFERRALS: Final = {"recorded": ("待记积分", "warn"), "credited": ("已记积分", "ok")}
GRANTS: Final = {"granted": ("有效", "ok"), "withdrawn": ("已收回", "")}


def form_text(one: BenefitFact, policy: BenefitPolicy) -> str:
    """The form of a benefit in words."""
    names = {"points": "积分", **policy.rights, **policy.event_types}
    return names.get(one.terms.form, one.terms.form)


def row(one: BenefitFact, policy: BenefitPolicy, granted: int, today: date) -> dict[str, Any]:
    """A benefit as lists show it."""
    terms = one.terms
    text, colour = (EVENT_STATES if terms.kind == "event" else STATES)[one.state]
    if one.state == "approved" and terms.held_on is not None and terms.held_on < today:
        text, colour = PAST
    base = "/c/events" if terms.kind == "event" else "/c/benefits"
    return {
        "title": terms.title,
        "href": f"{base}/{one.benefit_id}",
        "kind_text": KINDS[terms.kind],
        "form_text": form_text(one, policy),
        "condition": policy.conditions.get(terms.condition, terms.condition),
        "value": f"{terms.points:,} 分" if terms.kind == "point" else yuan(terms.value_fen),
        "tiers": "、".join(terms.tiers) or "各层级",
        "from": terms.valid_from,
        "until": terms.valid_until,
        "held_on": terms.held_on,
        "place": terms.place,
        "seats": terms.seats,
        "granted": granted,
        "budget": f"{one.granted_fen / 100:,.0f} / {terms.budget_fen / 100:,.0f} 元",
        "state_text": text,
        "state_kind": colour,
    }


def yuan(fen: int) -> str:
    """Money in 元, two places."""
    return f"{fen / 100:,.2f} 元"
