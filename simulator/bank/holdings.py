"""What a synthetic customer holds, with maturities that lie around today."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from simulator.bank.pinned import PINNED
from simulator.bank.products import DEPOSITS, FUNDS, OPEN_WEALTH, OTHERS, WEALTH, Product

NEAR: Final = 0.25
"""The share of deposits and wealth products that mature within 35 days."""


@dataclass(frozen=True, slots=True)
class Held:
    """A holding as the file has it. Money in 分."""

    holding_no: str
    kind: str
    product_code: str
    product_name: str
    amount_fen: int | None
    opened_on: date
    matures_on: date | None = None
    due_day: int | None = None
    instalment_fen: int | None = None
    risk: int | None = None


SPREAD: Final = (0.40, 0.65, 0.925, 1.08, 2.0)
MANAGED: Final = (0.26, 0.42, 0.72, 1.09, 2.0)
"""Cumulative shares of the steps of assets: of all customers, of those whom managers look after."""


def assets_of(random: Random, age: int, *, managed: bool = False) -> int:
    """Financial assets in 分: many have little, few have much, the old have more."""
    dice = random.random() + (0.12 if age >= 60 else 0.0)
    spread = random.random()
    steps = (
        (100, 9_999), (10_000, 49_999), (50_000, 499_999), (500_000, 3_999_999),
        (6_000_001, 20_000_000),
    )  # fmt: skip
    for share, (low, high) in zip(MANAGED if managed else SPREAD, steps, strict=True):
        if dice < share:
            return (low + int((high - low) * spread**2)) * 100 + int(spread * 99)
    raise AssertionError("shares end above every throw")


def held_by(
    random: Random,
    today: date,
    number: int,
    age: int,
    assets: int,
    risk: int | None,
    *,
    county: bool,
) -> tuple[Held, ...]:
    """The holdings of one customer; their amounts stay within the assets."""
    held: list[Held] = []
    pinned = PINNED.get(number)
    if pinned is not None and pinned.deposit is not None:
        product, amount, days = pinned.deposit
        ends = today + timedelta(days=days)
        begun = ends - timedelta(days=product.days or 0)
        held.append(_made("D", number, 0, product, amount, begun, ends))
        assets -= amount
    left = assets
    for product in _chosen(random, age, assets, risk):
        amount = int(left * (0.3 + 0.4 * random.random())) // 10_000 * 10_000
        if amount < 100_000:
            break
        left -= amount
        opened, matures = _term(random, today, product)
        letter = {"deposit": "D", "wealth": "W", "fund": "F"}.get(product.kind, "P")
        held.append(_made(letter, number, len(held), product, amount, opened, matures))
    if age >= 18 and random.random() < 0.72:
        held.append(_card(random, today, number))
    if 22 <= age <= 60 and random.random() < (0.2 if county else 0.12):
        held.append(_loan(random, today, number, county=county))
    return tuple(held)


def _chosen(random: Random, age: int, assets: int, risk: int | None) -> list[Product]:
    """Products in the order in which the customer bought them; risk grows with assets only."""
    chosen: list[Product] = []
    if assets >= 300_000:
        chosen.append(DEPOSITS[int(random.random() * 5)])
    if assets >= 2_000_000 and random.random() < (0.75 if age >= 55 else 0.4):
        chosen.append(DEPOSITS[5 if assets >= 20_000_000 else int(random.random() * 5)])
    if assets >= 1_000_000 and random.random() < 0.5:
        wealth = (*WEALTH, *OPEN_WEALTH)
        chosen.append(wealth[int(random.random() * len(wealth))])
    if assets >= 500_000 and random.random() < (0.12 if age >= 60 else 0.35):
        most = 2 if risk is None else min(risk, 5)
        chosen.append(FUNDS[int(random.random() * most)])
    if assets >= 50_000_000 and random.random() < 0.3:
        chosen.append(OTHERS[int(random.random() * 2)])
    return chosen


def _term(random: Random, today: date, product: Product) -> tuple[date, date | None]:
    if product.days is None:
        return today - timedelta(days=random.randint(20, 900)), None
    ahead = random.randint(0, 35) if random.random() < NEAR else random.randint(36, 1095)
    ahead = min(ahead, product.days - 1)
    matures = today + timedelta(days=ahead)
    return matures - timedelta(days=product.days), matures


def _made(
    letter: str, number: int, place: int, product: Product, amount: int, opened: date, matures: date | None
) -> Held:  # fmt: skip
    return Held(
        holding_no=f"{letter}{number:08d}{place}",
        kind=product.kind,
        product_code=product.code,
        product_name=product.name,
        amount_fen=amount,
        opened_on=opened,
        matures_on=matures,
        risk=product.risk,
    )


def _card(random: Random, today: date, number: int) -> Held:
    """A card of five years: one in twenty expires within 35 days, others at a month's end."""
    if random.random() < 0.05:
        expires = today + timedelta(days=random.randint(0, 35))
    else:
        total = today.year * 12 + today.month + random.randint(2, 59)
        expires = date(total // 12, total % 12 + 1, 1) - timedelta(days=1)
    opened = min(date(expires.year - 5, expires.month, 1), today - timedelta(days=1))
    name = "青禾信用卡" if random.random() < 0.4 else "青禾借记卡"
    return Held(f"C{number:08d}0", "card", "", name, None, opened, expires)


def _loan(random: Random, today: date, number: int, *, county: bool) -> Held:
    """A loan with its day of the month and instalment."""
    years = 1 if county else random.choice((3, 5, 10, 20))
    amount = random.randint(3, 20 if county else 80) * 1_000_000
    opened = today - timedelta(days=random.randint(20, years * 330))
    name = "惠农贷" if county else "个人消费贷款" if years <= 5 else "个人住房贷款"
    matures = date(opened.year + years, opened.month, min(opened.day, 28))
    instalment = amount // (years * 12) // 100 * 100 + 30_000
    return Held(
        f"L{number:08d}0", "loan", "", name, amount, opened, matures,
        random.randint(1, 28), instalment,
    )  # fmt: skip
