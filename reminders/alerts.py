"""Care alerts of products: a net value that fell, a yield far below its benchmark (S4, row E9).

An alert is of the day on which its threshold is crossed, so holders hear of it once and not
every day after. What is said states no direction and offers nothing.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel, Purpose
from config.reminder_policy import Limits, Trigger
from content_library.facts import ApprovedScript
from crm_sync import net_values, selection
from crm_sync.facts import Due
from crm_sync.net_values import Series
from delivery.intents import Intent, ProductInWords
from reminders.rules import best_script, person_fields

LONGEST_GAP: Final = 10
"""How many days a series may lack before its window's first day."""
Values = Sequence[tuple[date, int]]
_PERCENT: Final = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s*%")


@dataclass(frozen=True, slots=True)
class Alert:
    """A product that crossed a threshold on a day; ``says``: by how much, for the manager."""

    product_code: str
    on: date
    says: str


def fall_of(values: Values, limits: Limits) -> int | None:
    """Basis points by which the newest value lies below the window's highest."""
    if not values:
        return None
    since = values[-1][0] - timedelta(days=limits.window_days)
    highest = max(value for on, value in values if on >= since)
    return (highest - values[-1][1]) * 10_000 // highest if highest > 0 else None


def gap_of(values: Values, limits: Limits, benchmark: str) -> int | None:
    """Basis points by which the yearly yield over the window lies below the lowest benchmark."""
    lowest = lowest_benchmark(benchmark)
    if lowest is None or not values:
        return None
    last, value = values[-1]
    start = [one for one in values if one[0] <= last - timedelta(days=limits.window_days)]
    if not start or start[-1][1] <= 0:
        return None
    first, then = start[-1]
    return lowest - (value - then) * 10_000 * 365 // (then * (last - first).days)


def lowest_benchmark(printed: str) -> int | None:
    """The lowest percentage in a benchmark as printed, in basis points: ``2.20%-2.70%`` is 220."""
    found = [int(Decimal(one) * 100) for one in _PERCENT.findall(printed)]
    return min(found, default=None)


def alert_of(one: Series, trigger: Trigger, day: date) -> Alert | None:
    """The alert of a product on ``day``: its newest value is over the threshold, the one before not."""
    limits, values = trigger.limits, one.values
    measure: Callable[[Values], int | None]
    if trigger.select == "nav_fall":
        measure, words = (lambda some: fall_of(some, limits)), "净值较近期高点回落"
    else:
        measure, words = (lambda some: gap_of(some, limits, one.benchmark)), "年化收益低于基准下限"
    if not values or values[-1][0] <= day - timedelta(days=limits.fresh_days):
        return None
    now, before = measure(values), measure(values[:-1])
    if now is None or now < limits.basis_points:
        return None
    if before is not None and before >= limits.basis_points:
        return None
    return Alert(one.product_code, values[-1][0], f"{words} {Decimal(now) / 100}%")


async def of_day(
    session: AsyncSession, trigger: Trigger, day: date
) -> AsyncIterator[tuple[Alert, list[Due]]]:
    """Every alert of a day with the holdings it concerns, in pages."""
    days = trigger.limits.window_days + LONGEST_GAP
    async for some in net_values.series(session, day=day, days=days):
        for one in some:
            alert = alert_of(one, trigger, day)
            if alert is not None:
                async for dues in selection.holders_of(session, one.product_code):
                    yield alert, dues


def alert_intent(
    due: Due,
    alert: Alert,
    *,
    trigger: Trigger,
    today: date,
    expires_at: datetime,
    scripts: Sequence[ApprovedScript],
) -> Intent | None:
    """What the manager tells a holder; None where no script fits. Said once an alert and holding."""
    fields: Mapping[str, object] = {
        **person_fields(due.customer),
        **({"product_name": due.product_name} if due.product_name else {}),
    }
    script = best_script(
        [
            one
            for one in scripts
            if one.product_kind in (None, due.kind)
            and ("product_name" not in one.fields or due.product_name)
        ],
        due.customer,
    )
    if script is None:
        return None
    return Intent(
        key=f"{trigger.name}:{due.holding_id}:{alert.on.isoformat()}",
        trigger=trigger.name,
        channel=Channel.TODO,
        purpose=Purpose(trigger.purpose),
        customer=due.customer,
        reach=due.reach,
        script_version_id=script.version_id,
        fields=fields,
        title=trigger.title,
        why=f"{due.product_name or '持有产品'}：{alert.says}，来自净值数据",
        due_on=today,
        expires_at=expires_at,
        priority=trigger.priority,
        product=ProductInWords(due.kind, due.product_code, due.holding_risk),
        detail={"product": due.product_name, "on": alert.on.isoformat()},
        channel_reason="个人化内容只能由客户经理一对一发送",
    )
