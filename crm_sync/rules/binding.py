"""Who a contact is: all evidence agrees on one customer, or a person decides."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final


class Method(StrEnum):
    """What a link stands on."""

    UNIONID = "unionid"  # the same WeChat account under the bank's own developer account
    PHONE = "phone"  # a member noted the customer's phone for this contact
    STATE = "state"  # the contact came by a code that was made for one customer
    HAND = "hand"  # a member of staff says so, with a reason
    REAL_NAME = "real_name"  # the customer proved who they are


CONFIDENCE: Final[Mapping[Method, int]] = {
    Method.UNIONID: 100,
    Method.REAL_NAME: 100,
    Method.HAND: 100,
    Method.STATE: 95,
    Method.PHONE: 90,
}
"""Per cent."""

IDENTIFYING: Final = frozenset({Method.UNIONID, Method.REAL_NAME, Method.HAND})
"""Methods that identify the person, so that a customer's second contact needs no other word."""


class State(StrEnum):
    """How a judgement ends."""

    CONFIRMED = "confirmed"
    PROPOSED = "proposed"
    CONFLICT = "conflict"
    NONE = "none"


class Reason(StrEnum):
    """Why a contact waits for a person."""

    SEVERAL_CUSTOMERS = "several_customers"
    BOUND_ELSEWHERE = "bound_elsewhere"
    CUSTOMER_HAS_CONTACT = "customer_has_contact"
    NAME_DIFFERS = "name_differs"
    REJECTED_BEFORE = "rejected_before"


SAYINGS: Final[Mapping[Reason, str]] = {
    Reason.SEVERAL_CUSTOMERS: "线索指向不止一位客户，请人工核对后选定",
    Reason.BOUND_ELSEWHERE: "已绑定一位客户，新的线索指向另一位，请人工核对",
    Reason.CUSTOMER_HAS_CONTACT: "这位客户已绑定另一个微信，请人工核对是否同一人",
    Reason.NAME_DIFFERS: "客户实名认证时手机号对得上、姓名对不上，请人工核对",
    Reason.REJECTED_BEFORE: "有人否定过这条绑定，客户又用手机号和姓名实名认证，请人工核对",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to think that a contact is a customer. ``facts`` hold ids only."""

    customer_id: int
    method: Method
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def confidence(self) -> int:
        """Per cent."""
        return CONFIDENCE[self.method]


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is known about one contact when it is judged.

    ``rejected``: customers of whom a person said that this contact is not they.
    ``taken``: customers who have another contact already.
    """

    external_userid: str
    bound_to: int | None
    evidence: tuple[Evidence, ...]
    rejected: frozenset[int] = frozenset()
    taken: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows. ``evidence`` speaks for ``customer_id``; ``rivals`` is what stands against."""

    external_userid: str
    state: State
    customer_id: int | None = None
    method: Method | None = None
    confidence: int = 0
    evidence: tuple[Evidence, ...] = ()
    rivals: tuple[Evidence, ...] = ()
    reason: Reason | None = None


def judge(situation: Situation) -> Verdict:
    """Judge one contact; the order of the evidence does not matter.

    Nothing is ever bound against a rival, away from a customer who is bound, or to a customer
    who has another contact (unless the evidence identifies the person): those are conflicts.
    """
    external = situation.external_userid
    heard = _ordered(one for one in situation.evidence if one.customer_id not in situation.rejected)
    if situation.bound_to is not None:
        rivals = tuple(one for one in heard if one.customer_id != situation.bound_to)
        if not rivals:
            return Verdict(external, State.NONE, situation.bound_to)
        return Verdict(
            external,
            State.CONFLICT,
            situation.bound_to,
            rivals=rivals,
            reason=Reason.BOUND_ELSEWHERE,
        )
    customers = {one.customer_id for one in heard}
    if not customers:
        return Verdict(external, State.NONE)
    if len(customers) > 1:
        return Verdict(external, State.CONFLICT, rivals=heard, reason=Reason.SEVERAL_CUSTOMERS)
    best = heard[0]
    verdict = Verdict(
        external, State.CONFIRMED, best.customer_id, best.method, best.confidence, heard
    )
    if best.customer_id in situation.taken and best.method not in IDENTIFYING:
        return _second_contact(verdict)
    return verdict


def judge_all(situations: Iterable[Situation]) -> list[Verdict]:
    """Judge many at once: contacts that would share one customer wait for a person.

    Except those whose evidence identifies the person.
    """
    verdicts = [judge(situation) for situation in situations]
    claims: dict[int, int] = {}
    for verdict in verdicts:
        if verdict.state is State.CONFIRMED and verdict.customer_id is not None:
            claims[verdict.customer_id] = claims.get(verdict.customer_id, 0) + 1
    shared = {customer_id for customer_id, count in claims.items() if count > 1}
    return [_alone(verdict, shared) for verdict in verdicts]


def _alone(verdict: Verdict, shared: Collection[int]) -> Verdict:
    if (
        verdict.state is State.CONFIRMED
        and verdict.customer_id in shared
        and verdict.method not in IDENTIFYING
    ):
        return _second_contact(verdict)
    return verdict


def _second_contact(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        state=State.CONFLICT,
        customer_id=None,
        method=None,
        confidence=0,
        evidence=(),
        rivals=verdict.evidence,
        reason=Reason.CUSTOMER_HAS_CONTACT,
    )


def _ordered(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Strongest first; the same customer by the same method once."""
    kept: dict[tuple[int, Method], Evidence] = {}
    for one in sorted(
        evidence,
        key=lambda one: (-one.confidence, one.method, one.customer_id, sorted(one.facts.items())),
    ):
        kept.setdefault((one.customer_id, one.method), one)
    return tuple(kept.values())
