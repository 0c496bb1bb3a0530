"""One customer: who it is and what the bank knows, the same for the same seed and number."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from simulator.bank.holdings import Held, assets_of, held_by
from simulator.bank.money import life_of
from simulator.bank.names import invented
from simulator.bank.pinned import PINNED
from simulator.bank.shape import Bank

AGES: Final = (
    (0.01, 8, 17), (0.10, 18, 26), (0.34, 27, 36), (0.55, 37, 45), (0.77, 46, 59),
    (0.85, 60, 64), (1.01, 65, 88),
)  # fmt: skip
"""Cumulative share, ages: the median customer is 31 to 40, a quarter is 60 and older."""

HOBBIES: Final = ("健身", "长跑", "读书", "股市", "亲子")
PURPOSES: Final = ("service", "care", "marketing", "archive")
WORK: Final = {
    0: ("学生", "程序员", "新媒体运营", "护士", "外卖骑手", "设计师", "会计", "公务员"),
    1: ("教师", "工程师", "个体经营", "医生", "公务员", "销售", "司机", "财务", "企业主"),
    2: ("退休教师", "退休职工", "退休干部", "退休工人", "务农"),
}


@dataclass(frozen=True, slots=True)
class FundRating:
    """What a fund company found of a customer."""

    level: int
    on: date
    until: date | None
    lowest: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of the synthetic bank."""

    number: int
    name: str = field(repr=False)
    gender: str
    born_on: date
    unit_id: str
    owner: str  # staff_id
    owner_userid: str
    risk_level: int | None
    assessed_on: date | None
    occupation: str
    opened_on: date
    aum_fen: int
    average_fen: int
    tier: str
    hobby: str
    attributes: dict[str, str]
    holdings: tuple[Held, ...]
    consents: tuple[tuple[str, bool, date], ...]
    has_unionid: bool
    seed: int
    fund: "FundRating | None" = None
    professional_until: date | None = None

    @property
    def customer_no(self) -> str:
        """The bank's number of the customer."""
        return f"62{self.number:08d}"

    @property
    def phone(self) -> str:
        """An invented number of 154, a prefix that is given to nobody."""
        return f"154{(self.number * 7_368_787 + 10_000_019) % 100_000_000:08d}"

    @property
    def unionid(self) -> str:
        """The WeChat identity under the bank's developer account."""
        return "o" + self._letters("unionid", 27)

    @property
    def external_userid(self) -> str:
        """The WeCom identity, for whoever is a contact."""
        return "wm" + self._letters("external", 30)

    @property
    def title(self) -> str:
        """How a manager would note the customer."""
        return f"{self.name[0]}{'女士' if self.gender == 'F' else '先生'}"

    def _letters(self, kind: str, count: int) -> str:
        text = f"{self.seed}/{kind}/{self.number}".encode()
        digest = hashlib.blake2b(text, digest_size=24).digest()
        return base64.b32encode(digest).decode().lower()[:count]


def person(bank: Bank, number: int) -> Person:
    """Customer ``number`` (from 1) of ``bank``."""
    random = Random(bank.seed * 1_000_003 + number)
    pinned = PINNED.get(number)
    dice = random.random()
    youngest, oldest = next((low, high) for share, low, high in AGES if dice < share)
    gender = "F" if random.random() < 0.56 else "M"
    age = random.randint(youngest, oldest)
    if pinned:
        gender, age = pinned.gender, pinned.age
    born_on = _birthday(random, bank.today, age)
    if pinned and pinned.birthday_today:
        born_on = _birthday_today(bank.today, age)
    place = bank.places[0] if pinned else bank.places[_place(random, len(bank.places))]
    managers = bank.managers[place.unit_id]
    owner = managers[0] if pinned else managers[int(random.random() * len(managers))]
    risk, assessed_on = _risk(random, bank.today, age)
    assets = assets_of(random, age, managed=bank.managed)
    if pinned:
        risk, assessed_on = pinned.risk, bank.today - timedelta(days=120)
        assets = pinned.assets_fen
    hobby = HOBBIES[int(random.random() * 5)] if random.random() < 0.22 and age >= 18 else ""
    holdings = held_by(random, bank.today, number, age, assets, risk, county=place.county)
    attributes = _attributes(random, age, hobby, county=place.county)
    attributes |= life_of(bank.seed, number, age)
    consents = _consents(random, bank.today, age)
    if pinned:
        attributes = dict(pinned.attributes)
        consents = tuple((purpose, True, assessed_on or bank.today) for purpose in PURPOSES)
    new = random.random() < 0.03 and pinned is None
    opened_on = bank.today - timedelta(
        days=random.randint(1, 100) if new else random.randint(101, 5200)
    )
    first = min((held.opened_on for held in holdings), default=opened_on)
    return Person(
        number=number,
        name=pinned.name if pinned else invented(random, gender, born_on.year)[0],
        gender=gender,
        born_on=born_on,
        unit_id=place.unit_id,
        owner=owner.staff_id,
        owner_userid=owner.userid,
        risk_level=risk,
        assessed_on=assessed_on,
        occupation=pinned.occupation
        if pinned
        else WORK[0 if age < 32 else 1 if age < 58 else 2][int(random.random() * 5)],
        opened_on=max(min(opened_on, first), born_on),
        aum_fen=assets,
        average_fen=int(assets * (0.7 + 0.5 * random.random())) // 100 * 100,
        tier=_tier(assets),
        hobby=hobby,
        attributes=attributes,
        holdings=holdings,
        consents=consents,
        has_unionid=number <= len(PINNED) or random.random() < 0.35,
        seed=bank.seed,
        fund=_fund(bank, number, risk, age),
        professional_until=bank.today + timedelta(days=120) if assets > 5 * 10**8 else None,
    )


def _fund(bank: Bank, number: int, risk: int | None, age: int) -> FundRating | None:
    """One in four of those assessed was assessed by a fund company too, often a level apart.

    A dice of its own, because the customers of earlier releases stay as they are.
    """
    random = Random(f"{bank.seed}/fund/{number}")
    if risk is None or age < 18 or random.random() > 0.25:
        return None
    level = min(5, max(1, risk + random.choice((-1, -1, 0, 0, 1))))
    on = bank.today - timedelta(days=random.randint(10, 600))
    until = on + timedelta(days=729) if random.random() < 0.5 else None
    return FundRating(level, on, until, level == 1 and random.random() < 0.4)


def _birthday(random: Random, today: date, age: int) -> date:
    """A birth date of somebody who is ``age`` today."""
    days = random.randrange(365)
    start = date(today.year - age, today.month, min(today.day, 28))
    return start - timedelta(days=days)


def _birthday_today(today: date, age: int) -> date:
    """The birth date of somebody who turns ``age`` today (1 March for a leap day)."""
    year = today.year - age
    try:
        return today.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _place(random: Random, count: int) -> int:
    return min(int(random.random() ** 1.3 * count), count - 1)


def _risk(random: Random, today: date, age: int) -> tuple[int | None, date | None]:
    """A risk level with its day: one in nine was never assessed, one in six has expired."""
    dice = random.random()
    if dice < 0.11 or age < 18:
        return None, None
    expired = dice < 0.28
    days = random.randint(366, 900) if expired else random.randint(5, 364)
    if random.random() < 0.03:
        days = random.randint(335, 364)
    level = 1 + int(min(random.random(), random.random() + (0.25 if age < 60 else 0.0)) * 5)
    return (min(level, 3) if age >= 65 else level), today - timedelta(days=days)


def _tier(assets: int) -> str:
    yuan = assets // 100
    for least, name in ((6_000_001, "私行"), (500_000, "高端"), (50_000, "中端"), (10_000, "有效")):
        if yuan >= least:
            return name
    return "潜力"


def _attributes(random: Random, age: int, hobby: str, *, county: bool) -> dict[str, str]:
    """The further columns that personas are judged by (config/policies/personas.toml)."""
    shares = {
        "pension_payroll": 0.55 if age >= 55 else 0.0,
        "passbook": 0.3 if age >= 60 else 0.0,
        "children_account": 0.3 if 26 <= age <= 45 else 0.0,
        "merchant": 0.09 if 25 <= age <= 60 else 0.0,
        "legal_person": 0.03 if 30 <= age <= 60 else 0.0,
        "third_party_custody": 0.08 if age >= 20 else 0.0,
        "agri_loan": 0.2 if county and age >= 25 else 0.0,
        "agri_subsidy": 0.35 if county and age >= 25 else 0.0,
    }
    found = {name: "1" for name, share in shares.items() if share and random.random() < share}
    if hobby and random.random() < 0.35:
        found["hobby"] = hobby
    return found


def _consents(random: Random, today: date, age: int) -> tuple[tuple[str, bool, date], ...]:
    """Decisions by purpose: most agree to service, fewer to care, fewer to marketing."""
    day = today - timedelta(days=random.randint(10, 700))
    found = [("service", random.random() < 0.97, day)]
    if random.random() < 0.9:
        found.append(("care", random.random() < 0.9, day))
    if random.random() < 0.8:
        agreed = random.random() < (0.78 if age < 65 else 0.55)
        found.append(("marketing", agreed, day))
        if agreed and random.random() < 0.05:
            found.append(("marketing", False, day + timedelta(days=random.randint(1, 9))))
    if random.random() < 0.12:
        found.append(("profiling", random.random() < 0.7, day))
    return tuple(found)
