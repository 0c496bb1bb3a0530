"""Which reminder a fact deserves, as an intent: pure, total, without a database or a clock."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from compliance.facts import Channel, Purpose
from config.reminder_policy import Step, Trigger
from content_library.facts import ApprovedScript
from crm_sync.facts import CustomerFact, Due, Reach
from delivery.intents import Intent, ProductInWords

WEEKDAYS = "一二三四五六日"
OF_THE_HOLDING = frozenset({"product_name", "card_tail", "matures_on", "open_on", "days_left"})
"""Fields that only the holding in question can fill."""


LONGEST_REST: Final = 15
"""Days off in a row that are looked over; the longest holiday so far had nine."""


def watched_days(
    trigger: Trigger, today: date, works: Callable[[date], bool] = lambda _: True
) -> list[tuple[Step, date]]:
    """Each step of a trigger with the days it watches, seen from ``today``.

    ``works``: whether a day is worked; steps with a ``rest`` rule leave the others. Where two
    steps come to watch one day, the nearer one speaks.
    """
    nearest: dict[date, Step] = {}
    for step in trigger.step:
        for day in taken_on(today, step, works):
            on = day + timedelta(days=step.days_left - step.days_after)
            rival = nearest.get(on)
            if rival is None or _distance(step) < _distance(rival):
                nearest[on] = step
    return [(step, on) for on, step in nearest.items()]


def taken_on(today: date, step: Step, works: Callable[[date], bool]) -> list[date]:
    """The days whose step is taken ``today``: its own, and the days off it stands in for."""
    if step.rest == "same":
        return [today]
    if not works(today):
        return []
    found, way = [today], timedelta(days=1 if step.rest == "before" else -1)
    while len(found) <= LONGEST_REST and not works(found[-1] + way):
        found.append(found[-1] + way)
    return found


def _distance(step: Step) -> int:
    return step.days_left - step.days_after


def day_words(day: date) -> str:
    """``11月23日（周一）``."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def distance_words(days_left: int) -> str:
    """``今天``, ``明天``, ``7 天后``."""
    return {0: "今天", 1: "明天"}.get(days_left, f"{days_left} 天后")


def best_script(scripts: Sequence[ApprovedScript], customer: CustomerFact) -> ApprovedScript | None:
    """The approved script that fits a customer best: for their persona first, then for anybody."""
    fitting = [
        script
        for script in scripts
        if not script.personas or set(script.personas) & set(customer.personas)
    ]
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    rank = {persona: at for at, persona in enumerate(customer.personas)}

    def order(script: ApprovedScript) -> tuple[int, str]:
        mine = [rank[persona] for persona in script.personas if persona in rank]
        return (min(mine) if mine else len(rank), script.code)

    return min(fitting, key=order)


def due_intent(
    due: Due,
    *,
    trigger: Trigger,
    step: Step,
    on: date,
    today: date,
    expires_at: datetime,
    scripts: Sequence[ApprovedScript],
) -> Intent | None:
    """The reminder that ``due`` falls due on ``on``; None when a script is needed and none fits.

    Its key is the holding, the day and the step, so planning it twice is planning it once. Of the
    scripts only those are considered whose words the holding can fill: a card without a number
    is spoken of without its number.
    """
    days_left = (on - today).days  # more than the step's where it stands in for a day off
    fields = _fields(due, on, days_left, trigger.select)
    script = best_script(
        [one for one in scripts if OF_THE_HOLDING.intersection(one.fields) <= fields.keys()],
        due.customer,
    )
    if script is None and step.action != "care":
        return None
    noun = {"card": "到期换卡", "loan": "还款日"}.get(due.kind, "到期")
    if trigger.select == "premiums":
        noun = "保费扣款日"
    if trigger.select == "open_days":
        noun = "开放"
    name = due.product_name or {"card": "银行卡", "loan": "贷款"}.get(due.kind, "持有产品")
    return Intent(
        key=f"{trigger.name}:{due.holding_id}:{on.isoformat()}:{step.days_left}",
        trigger=trigger.name,
        channel=Channel.TODO,
        purpose=Purpose(trigger.purpose),
        customer=due.customer,
        reach=due.reach,
        script_version_id=None if step.action == "care" or script is None else script.version_id,
        fields=fields,
        title=f"{distance_words(days_left)}{noun}",
        why=f"{name}，{day_words(on)}{noun}，来自核心系统",
        due_on=today,
        expires_at=expires_at,
        priority=trigger.priority + step.days_left,
        product=_product(due),
        detail=_detail(due, name, on),
        channel_reason="个人化内容只能由客户经理一对一发送",
    )


def birthday_intent(
    customer: CustomerFact,
    reach: Reach | None,
    *,
    trigger: Trigger,
    step: Step,
    today: date,
    expires_at: datetime,
    scripts: Sequence[ApprovedScript],
) -> Intent | None:
    """生日问候: a greeting once a year, no product in it; None when no script fits."""
    script = best_script(scripts, customer)
    if script is None:
        return None
    return Intent(
        key=f"{trigger.name}:{customer.customer_id}:{today.year}",
        trigger=trigger.name,
        channel=Channel.TODO,
        purpose=Purpose(trigger.purpose),
        customer=customer,
        reach=reach,
        script_version_id=script.version_id,
        fields=person_fields(customer),
        title="今天生日",
        why=f"{day_words(today)}生日，问候不带产品",
        due_on=today,
        expires_at=expires_at,
        priority=trigger.priority,
        detail={},
        channel_reason="问候由熟悉的客户经理一对一发送",
    )


def persona_intent(
    customer: CustomerFact,
    reach: Reach | None,
    *,
    trigger: Trigger,
    persona: str,
    why: str,
    script: ApprovedScript,
    today: date,
    goes_at: datetime,
    expires_at: datetime,
) -> Intent:
    """客群内容: one general text for everybody of a persona, so it goes as a broadcast."""
    return Intent(
        key=f"{trigger.name}:{script.code}:{customer.customer_id}:{today.isoformat()}",
        trigger=f"{trigger.name}.{persona}",
        channel=Channel.BROADCAST,
        purpose=Purpose(script.purpose),
        customer=customer,
        reach=reach,
        script_version_id=script.version_id,
        fields={},
        title=script.title,
        why=why,
        due_on=today,
        expires_at=expires_at,
        priority=trigger.priority,
        channel_reason="内容对每位客户相同，用群发任务由客户经理确认",
        goes_at=goes_at,
    )


def person_fields(customer: CustomerFact) -> dict[str, object]:
    """What any script may say about the person it is for."""
    return {"customer_name": customer.name, "customer_gender": customer.gender}


def _fields(due: Due, on: date, days_left: int, select: str) -> dict[str, object]:
    fields: dict[str, object] = {
        **person_fields(due.customer),
        "product_name": due.product_name or None,
        "amount": due.instalment_fen if select in ("instalments", "premiums") else due.amount_fen,
        "days_left": days_left,
        "card_tail": _tail(due.holding_no) if due.kind == "card" else None,
    }
    fields["open_on" if select == "open_days" else "matures_on"] = on
    return {name: value for name, value in fields.items() if value is not None}


def _tail(number: str) -> str | None:
    """The last four digits; None where the number is the bank's own key and no card number."""
    tail = number[-4:]
    return tail if len(tail) == 4 and tail.isascii() and tail.isdigit() else None


def _product(due: Due) -> ProductInWords:
    return ProductInWords(kind=due.kind, code=due.product_code, risk=due.holding_risk)


def _detail(due: Due, name: str, on: date) -> Mapping[str, str]:
    detail = {"product": name, "on": on.isoformat(), "holding_no": due.holding_no}
    if due.amount_fen is not None:
        detail["amount_fen"] = str(due.amount_fen)
    return detail
