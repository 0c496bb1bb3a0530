"""What reached a synthetic customer over channels other than ours: calls, visits, app, letters.

By number: one customer in eleven was not reached for more than a quarter, one in nine is known
deeply, one in forty was followed up five times for nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from simulator.bank.people import Person

Cell = str | int | date | None
_PERSONAL = ("phone", "manager", "branch", "phone", "chat")
_ELSEWHERE = ("app", "sms", "media", "email", "open")
_ACTS = {"branch": ("双录", "风险测评", "开户", "理财咨询"), "phone": ("回访", "到期提醒", "回访")}
_TRIED = 5


def touches_of(one: Person, today: date) -> Iterator[Sequence[Cell]]:
    """Rows of the touch file of one customer, the oldest first."""
    number = 0

    def row(back: int, channel: str, purpose: str, act: str = "", outcome: str = "") -> list[Cell]:
        nonlocal number
        number += 1
        moment = f"{today - timedelta(days=back)} {9 + one.number % 8:02d}:{number * 7 % 60:02d}:00"
        staff = one.owner if channel in _PERSONAL else ""
        return [
            f"T{today:%Y%m%d}{one.number:08d}{number:02d}", one.customer_no, staff, channel,
            moment, purpose, act, outcome, 0,
        ]  # fmt: skip

    turn = one.number
    if turn % 11 == 5:
        yield row(95 + turn % 90, "phone", "service", "回访", "thinking")
        yield row(20 + turn % 9, "sms", "marketing")
        return
    if turn % 40 == 13:
        for tried in range(_TRIED):
            yield row(75 - 14 * tried, "phone", "service", "回访", "no_deal")
        return
    for nth in range(3 + turn % 3 if turn % 9 == 4 else 1):
        channel = _PERSONAL[(turn + nth) % len(_PERSONAL)]
        acts = _ACTS.get(channel, ("",))
        outcome = "deal" if turn % 17 == 6 and not nth else ""
        yield row(70 - 15 * nth - turn % 9, channel, "service", acts[turn % len(acts)], outcome)
    if turn % 4 == 1:
        yield row(6 + turn % 5, _ELSEWHERE[turn // 4 % len(_ELSEWHERE)], "marketing")
    if turn % 60 == 17:
        yield row(4 + turn // 60 % 40, "phone", "service", "双录")
