"""May this product be shown to this customer? 适当性: R1–R5 against C1–C5, age, validity.

Service words (a maturity, an opening day, an instalment) speak of what the customer holds and
recommend nothing; the policy says which purposes are judged. Private products are kept out of
public channels whatever the purpose, because others would read of them.
"""

from collections.abc import Iterator
from datetime import date

from compliance.facts import PUBLIC_CHANNELS, Channel, Recipient, Words
from compliance.objections import Objection
from config.suitability_policy import SuitabilityPolicy


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


def assessment_holds(assessed_on: date | None, today: date, policy: SuitabilityPolicy) -> bool:
    """Whether a risk assessment is still valid; on the day it turns 12 months it is not."""
    if assessed_on is None:
        return False
    return today < months_later(assessed_on, policy.assessment.valid_months)


def speaks_of_a_product(words: Words) -> bool:
    """Whether these words are product content."""
    return words.product_kind is not None or words.product_code is not None


def is_judged(words: Words, policy: SuitabilityPolicy) -> bool:
    """Whether suitability is asked of these words at all."""
    return speaks_of_a_product(words) and words.purpose.value in policy.purposes.judged


def is_rated(words: Words, policy: SuitabilityPolicy) -> bool:
    """Whether the product needs a rating of the product and of the customer."""
    return words.product_risk is not None or words.product_kind in policy.products.rated


def product_objections(
    words: Words, channel: Channel, policy: SuitabilityPolicy
) -> Iterator[Objection]:
    """What speaks against the product itself on this channel, whoever receives it."""
    if not speaks_of_a_product(words):
        return
    if words.product_private:
        if channel in PUBLIC_CHANNELS or channel is Channel.WELCOME:
            yield Objection.PRIVATE_PRODUCT
        elif words.allow_list is None:
            yield Objection.PRIVATE_NEEDS_ALLOW_LIST
    if is_judged(words, policy):
        if words.product_gone:
            yield Objection.PRODUCT_GONE
        elif not words.product_on_sale:
            yield Objection.OFF_SALE
        elif policy.products.listed_only and not words.product_listed:
            yield Objection.NOT_LISTED
        if words.product_risk is None and words.product_kind in policy.products.rated:
            yield Objection.PRODUCT_RISK_UNKNOWN


def recipient_objections(
    recipient: Recipient, words: Words, today: date, policy: SuitabilityPolicy
) -> Iterator[Objection]:
    """What speaks against showing the product to this customer. Call where ``is_judged``."""
    ages = policy.ages
    if recipient.age is not None and recipient.age < ages.adult:
        yield Objection.MINOR
    if not is_rated(words, policy):
        return
    risk = words.product_risk or 0
    if recipient.risk_level is None:
        yield Objection.NO_RATING
    else:
        if not assessment_holds(recipient.risk_assessed_on, today, policy):
            yield Objection.RATING_EXPIRED
        if risk > policy.ceiling(recipient.risk_level):
            yield Objection.ABOVE_RATING
    if risk > ages.elder_ceiling:
        if recipient.age is None:
            yield Objection.AGE_UNKNOWN
        elif recipient.age >= ages.elder:
            yield Objection.ELDER_CEILING


def product_ceiling(
    age: int | None,
    risk_level: int | None,
    assessed_on: date | None,
    today: date,
    policy: SuitabilityPolicy,
) -> int:
    """The highest R that may be shown to a customer; 0 where none may. For cards and lists."""  # fmt: skip
    if age is not None and age < policy.ages.adult:
        return 0
    if risk_level is None or not assessment_holds(assessed_on, today, policy):
        return 0
    ceiling = policy.ceiling(risk_level)
    if age is None or age >= policy.ages.elder:
        ceiling = min(ceiling, policy.ages.elder_ceiling)
    return ceiling
