"""May this product be shown to this customer? 适当性: R1–R5 against C1–C5, age, validity.

Two rule sets stand (banks' and funds'). Where both govern a product, or the customer has two
assessments that differ, everything that either says is said: the stricter holds, and each
objection names its set and why.

Service words (a maturity, an opening day, an instalment) speak of what the customer holds and
recommend nothing; the policy says which purposes are judged. Private products are kept out of
public channels whatever the purpose, because others would read of them.
"""

from collections.abc import Iterator
from datetime import date

from compliance.facts import PUBLIC_CHANNELS, Assessment, Channel, Recipient, Words
from compliance.objections import Objection
from config.suitability_policy import RuleSets, SuitabilityPolicy

ASSESSORS = {"bank": "本行", "fund": "基金公司"}
"""Whose assessment it is, in words."""


def months_later(day: date, months: int) -> date:
    """The same day ``months`` later; the last day of a month that is too short for it."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(number, day.day))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def assessment_holds(one: Assessment, today: date, policy: SuitabilityPolicy) -> bool:
    """Whether a risk assessment is still valid under a rule set.

    Without a stated end it is not on the day it turns ``valid_months``; a stated end is its last
    day, but no later than the day before it turns ``stated_months``.
    """
    if one.on is None:
        return False
    if one.until is None:
        return today < months_later(one.on, policy.assessment.valid_months)
    return today <= one.until and today < months_later(one.on, policy.assessment.stated_months)


def assessments(recipient: Recipient) -> tuple[Assessment, ...]:
    """All assessments of a customer, the bank's first."""
    found = []
    if recipient.risk_level is not None:
        found.append(Assessment("bank", recipient.risk_level, recipient.risk_assessed_on))
    if recipient.fund_assessment is not None:
        found.append(recipient.fund_assessment)
    return tuple(found)


def speaks_of_a_product(words: Words) -> bool:
    """Whether these words are product content."""
    return words.product_kind is not None or words.product_code is not None


def judging_sets(words: Words, sets: RuleSets) -> tuple[SuitabilityPolicy, ...]:
    """The rule sets by which these words are judged; none where suitability is not asked."""
    if not speaks_of_a_product(words):
        return ()
    purpose = words.purpose.value
    return tuple(
        one for one in sets.governing(words.product_kind) if purpose in one.purposes.judged
    )


def product_objections(words: Words, channel: Channel, sets: RuleSets) -> Iterator[Objection]:
    """What speaks against the product itself on this channel, whoever receives it.

    No set opens public channels to private products: the white list binds under both.
    """
    if not speaks_of_a_product(words):
        return
    if words.product_private:
        if channel in PUBLIC_CHANNELS or channel is Channel.WELCOME:
            yield Objection.PRIVATE_PRODUCT
        elif words.allow_list is None:
            yield Objection.PRIVATE_NEEDS_ALLOW_LIST
    judging = judging_sets(words, sets)
    if not judging:
        return
    if words.product_gone:
        yield Objection.PRODUCT_GONE
    elif not words.product_on_sale:
        yield Objection.OFF_SALE
    elif not words.product_listed and any(one.products.listed_only for one in judging):
        yield Objection.NOT_LISTED
    if words.product_risk is None and any(one.rates(words.product_kind, None) for one in judging):
        yield Objection.PRODUCT_RISK_UNKNOWN


def recipient_objections(
    recipient: Recipient, words: Words, today: date, policy: SuitabilityPolicy
) -> Iterator[tuple[Objection, str]]:
    """What speaks against showing the product to this customer under one set, and why.

    Call for each of ``judging_sets``; what any of them says holds.
    """
    ages, title = policy.ages, policy.source.title
    age = recipient.age
    if age is not None and age < ages.adult:
        yield Objection.MINOR, f"{title}：未满 {ages.adult} 岁不发产品内容"
    if not policy.rates(words.product_kind, words.product_risk):
        return
    risk = words.product_risk or 0
    yield from _unmatched(recipient, risk, today, policy)
    if risk > ages.elder_ceiling:
        if age is None:
            yield Objection.AGE_UNKNOWN, f"{title}：R{risk} 要先知道客户年龄"
        elif age >= ages.elder:
            yield (
                Objection.ELDER_CEILING,
                f"{title}：满 {ages.elder} 岁不超过 R{ages.elder_ceiling}，产品 R{risk}",
            )


def _unmatched(
    recipient: Recipient, risk: int, today: date, policy: SuitabilityPolicy
) -> Iterator[tuple[Objection, str]]:
    if _exempt(recipient, today, policy):
        return
    title, known = policy.source.title, assessments(recipient)
    own = [one for one in known if one.by in policy.assessment.own]
    if not own:
        whose = "、".join(ASSESSORS[one] for one in policy.assessment.own)
        yield Objection.NO_RATING, f"{title}：没有{whose}的测评"
    elif not any(assessment_holds(one, today, policy) for one in own):
        yield Objection.RATING_EXPIRED, f"{title}：{'、'.join(map(_named, own))}已过有效期"
    lowest = _counted(known, own, today, policy)
    if lowest is None:
        return
    ceiling = policy.ceiling(lowest.level, lowest=lowest.lowest)
    if risk > ceiling:
        kind = "，属最低类别" if lowest.lowest else ""
        yield (
            Objection.ABOVE_RATING,
            f"{title}：{_named(lowest)}{kind}，上限 R{ceiling}，产品 R{risk}；{policy.waiver.says}",
        )


def _exempt(recipient: Recipient, today: date, policy: SuitabilityPolicy) -> bool:
    until = recipient.professional_until
    return policy.professional.exempt and until is not None and today <= until


def _counted(
    known: tuple[Assessment, ...], own: list[Assessment], today: date, policy: SuitabilityPolicy
) -> Assessment | None:
    """The assessment that binds: the lowest of those that hold, whoever made them.

    Where none holds, the lowest of the set's own: an old level is no reason for a higher one.
    """
    heard = [one for one in known if assessment_holds(one, today, policy)] or own
    return min(heard, key=lambda one: policy.ceiling(one.level, lowest=one.lowest), default=None)


def _named(one: Assessment) -> str:
    who = one.who or ASSESSORS[one.by]
    return f"{who}测评 C{one.level}（{one.on or '没有日期'}）"


def product_ceiling(recipient: Recipient, today: date, policy: SuitabilityPolicy) -> int:
    """The highest R that one set lets a customer be shown; 0 where none. For cards and lists."""
    age = recipient.age
    if age is not None and age < policy.ages.adult:
        return 0
    ceiling = 5
    if not _exempt(recipient, today, policy):
        known = assessments(recipient)
        own = [one for one in known if one.by in policy.assessment.own]
        if not any(assessment_holds(one, today, policy) for one in own):
            return 0
        lowest = _counted(known, own, today, policy)
        ceiling = policy.ceiling(lowest.level, lowest=lowest.lowest) if lowest else 0
    if age is None or age >= policy.ages.elder:
        ceiling = min(ceiling, policy.ages.elder_ceiling)
    return ceiling
