"""Which keys the triggers of a day could have given one customer: to ask what became of them."""

from collections.abc import Iterator, Sequence
from datetime import date

from config.reminder_policy import OF_PRODUCTS, ReminderPolicy, Step, Trigger
from reminders.rules import watched_days

IN_TURNS = frozenset({"quiet", "allocation", "review"})


def keys_of(
    policy: ReminderPolicy,
    day: date,
    customer_id: int,
    holding_ids: Sequence[int],
    edges: Sequence[int] = (),
) -> dict[str, Trigger]:
    """Every key that follows from the customer, the holdings and the day, with its trigger.

    Those of dated events, net values and the content calendar hold numbers that only their own
    selection knows; what became of these is told by the gate's decisions.
    """
    return {
        key: trigger
        for trigger in policy.trigger
        if trigger.select not in OF_PRODUCTS
        for step, on in watched_days(trigger, day)
        for key in _keys(trigger, step, on, day, customer_id, holding_ids, edges)
    }


def _keys(
    trigger: Trigger,
    step: Step,
    on: date,
    day: date,
    customer_id: int,
    holding_ids: Sequence[int],
    edges: Sequence[int],
) -> Iterator[str]:
    period = on.toordinal() // trigger.limits.every_days
    distance = step.days_after - step.days_left
    match trigger.select:
        case "holdings" | "instalments" | "premiums" | "open_days":
            for number in holding_ids:
                yield f"{trigger.name}:{number}:{on.isoformat()}:{step.days_left}"
        case "birthdays":
            yield f"{trigger.name}:{customer_id}:{day.year}"
        case "newcomers" | "outflow" | "market_event":
            yield f"{trigger.name}:{customer_id}:{on.isoformat()}:{distance}"
        case "near_tier":
            for edge in edges:
                yield f"{trigger.name}:{customer_id}:{edge}.{period}:{distance}"
        case "season":
            yield f"{trigger.name}:{customer_id}:{on.year}q{(on.month + 2) // 3}:{distance}"
        case select if select in IN_TURNS:
            yield f"{trigger.name}:{customer_id}:{period}:{distance}"
