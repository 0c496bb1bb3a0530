"""Where a synthetic customer works, and what flows through the accounts month by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

EMPLOYERS: Final = (
    ("翠湖区教育局", "政府军队", 9_800), ("青禾市政务服务中心", "政府军队", 8_600),
    ("市第一人民医院", "民生事业", 13_900), ("翠湖中学", "民生事业", 9_200),
    ("青禾公交集团", "民生事业", 6_100), ("云台直播基地", "新型经济", 7_400),
    ("同城快送", "新型经济", 5_900), ("高新储能科技", "新兴行业", 16_800),
    ("开源芯片设计", "新兴行业", 21_500), ("滨江纺织产业园", "产业集群", 5_300),
    ("南桥汽配城", "产业集群", 6_700),
)  # fmt: skip
"""Employer, industry block, usual pay in 元 a month: invented, like everything here."""

STYLES: Final = ("alone", "family", "adviser", "follow")
SKILLS: Final = ("novice", "novice", "some", "expert")
FAMILIES: Final = ("单身", "已婚无子女", "已婚有子女", "三代同住")
MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Flow:
    """What flowed in a month. Money in 分."""

    month: date
    kind: str
    amount_fen: int
    count: int


def life_of(seed: int, number: int, age: int) -> dict[str, str]:
    """Employer, industry block and family, where the bank knows them: dice of their own."""
    random = Random(f"{seed}/life/{number}")
    found: dict[str, str] = {}
    if 22 <= age <= 59 and random.random() < 0.45:
        name, block, _ = EMPLOYERS[int(random.random() ** 1.4 * len(EMPLOYERS))]
        found |= {"employer": name, "industry_block": block}
    if age >= 20 and random.random() < 0.6:
        found["family"] = FAMILIES[int(random.random() * 4)]
    if age >= 20 and random.random() < 0.5:
        found["decision_style"] = STYLES[int(random.random() * 4)]
        found["expertise"] = SKILLS[int(random.random() * 4)]
    return found


def flows_of(
    seed: int, number: int, today: date, attributes: dict[str, str], aum_fen: int
) -> Iterator[Flow]:
    """The months before this one: pay, card business, securities, and what leaves for elsewhere."""
    random = Random(f"{seed}/flows/{number}")
    pay = next((pay for name, _, pay in EMPLOYERS if name == attributes.get("employer")), 0)
    pay = int(pay * (0.7 + 0.8 * random.random()))
    leaks = random.random() < 0.3
    trades = 20_000 + int(120_000 * random.random()) if "third_party_custody" in attributes else 0
    sales = 30_000 + int(170_000 * random.random()) if "merchant" in attributes else 0
    for back in range(MONTHS, 0, -1):
        month = _months_before(today, back)
        wave = 0.9 + 0.2 * random.random()
        if pay:
            yield Flow(month, "payroll_in", int(pay * wave) * 100, 1)
            if leaks:
                yield Flow(month, "out_other_bank", int(pay * wave * 0.8) * 100, 2)
        if trades and back <= 6:
            yield Flow(month, "custody_trade", int(trades * wave) * 100, 4)
        if sales and back <= 6:
            yield Flow(month, "pos_in", int(sales * wave) * 100, 60)
    if random.random() < 0.04:
        away = 60_000 + int(300_000 * random.random())
        yield Flow(_months_before(today, 2), "out_third_party", away * 100, 3)
    if aum_fen > 5_000_000 and random.random() < 0.05:
        yield Flow(_months_before(today, 1), "large_in", aum_fen // 3 // 100 * 100, 1)
    if aum_fen > 20_000_000 and random.random() < 0.08:
        yield Flow(_months_before(today, 1), "investment", aum_fen // 5 // 100 * 100, 2)


def _months_before(day: date, back: int) -> date:
    count = day.year * 12 + day.month - 1 - back
    return date(count // 12, count % 12 + 1, 1)
