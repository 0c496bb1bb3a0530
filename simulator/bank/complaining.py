"""What synthetic customers complained about to the bank, in the bank's own complaint system.

By number: one customer in ninety; of those a third is closed, one in five is late.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from simulator.bank.people import Person

Cell = str | int | date | None
_SAID = (
    ("disturbed", "一周接到四个推荐理财的电话，说过不需要还在打"),
    ("service", "网点两个窗口只开一个，等了五十分钟"),
    ("product", "到期后自动转存了短期，没有人提前告诉我"),
    ("privacy", "没有留过电话，却收到以我名字开头的营销短信"),
    ("other", "自助机吞卡后没有人接听求助电话"),
)
_STATES = (
    ("opened", ""),
    ("in_hand", ""),
    ("closed", "已电话致歉并说明原因，客户认可"),
    ("answered", "已书面答复处理意见"),
    ("in_hand", ""),
    ("closed", "已更正客户联系偏好，客户认可"),
)


def complaints_of(one: Person, today: date) -> Iterator[Sequence[Cell]]:
    """Rows of the complaint file of one customer."""
    if one.number % 90 != 24:
        return
    turn = one.number // 90
    about, words = _SAID[turn % len(_SAID)]
    state, result = _STATES[turn % len(_STATES)]
    opened = today - timedelta(days=2 + turn * 5 % 17)
    yield [
        f"KS{opened:%Y%m}{one.number:06d}", one.customer_no, about, words,
        f"{opened} {9 + turn % 8:02d}:{turn * 11 % 60:02d}:00", opened + timedelta(days=15),
        state, result,
    ]  # fmt: skip
