"""The five customers of the guided tour, all of 李敏 at 翠湖支行."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from simulator.bank.products import DEPOSITS, Product


@dataclass(frozen=True, slots=True)
class Pinned:
    """A customer who is always the same. ``deposit``: product, 分, days until it matures."""

    name: str
    nickname: str
    gender: str
    age: int
    risk: int
    assets_fen: int
    occupation: str
    deposit: tuple[Product, int, int] | None = None
    birthday_today: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


PINNED: Final = {
    1: Pinned(
        "周桂兰", "桂兰花开", "F", 63, 2, 62_300_000, "退休教师",
        (DEPOSITS[3], 20_000_000, 1), attributes={"pension_payroll": "1"},
    ),
    2: Pinned(
        "陈建国", "建国五金", "M", 58, 3, 118_000_000, "个体经营",
        (DEPOSITS[4], 30_000_000, 7), attributes={"merchant": "1"},
    ),
    3: Pinned("吴秀英", "秀外慧中", "F", 71, 1, 8_650_000, "退休职工", birthday_today=True),
    4: Pinned(
        "赵磊", "磊", "M", 33, 4, 15_200_000, "程序员", birthday_today=True,
        attributes={"third_party_custody": "1"},
    ),
    5: Pinned(
        "林月华", "月色如华", "F", 66, 2, 41_000_000, "退休干部",
        (DEPOSITS[2], 30_000_000, -2),
    ),
}  # fmt: skip
"""By number. The deposit of 5 matured two days ago and nobody spoke to her: a planted problem."""
