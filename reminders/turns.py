"""Which word or task a turn in a customer's life deserves: pure, like ``rules``."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from compliance.facts import Channel, Purpose
from config.reminder_policy import Limits, ReminderPolicy, Step, Trigger
from content_library.facts import ApprovedScript
from crm_sync.facts import Turn
from crm_sync.life_events import LIFE
from delivery.intents import Intent
from reminders.rules import best_script, day_words, person_fields

FEN = 100


def scenes_of(trigger: Trigger, step: Step) -> list[str]:
    """Every scene whose scripts a step may take: its own and those chosen by a note."""
    return list(dict.fromkeys((step.scene, *trigger.by_note.values())))


def noted(trigger: Trigger, turn: Turn) -> str | None:
    """The scene of the first word of ``by_note`` that stands in the turn's note, or None."""
    return next((scene for word, scene in trigger.by_note.items() if word in turn.note), None)


def concerned(trigger: Trigger, turn: Turn) -> bool:
    """Whether the trigger has anything to do with a turn of this note."""
    return (
        not trigger.by_note or trigger.other_notes != "nothing" or noted(trigger, turn) is not None
    )


def scene_of(trigger: Trigger, step: Step, turn: Turn) -> str | None:
    """The scene whose words a turn takes; None for a task without words."""
    if step.action == "care":
        return None
    known = noted(trigger, turn)
    if known is None and trigger.by_note and trigger.other_notes == "task":
        return None
    return known or step.scene


def regular(moves: Sequence[tuple[date, int]], limits: Limits) -> bool:
    """Whether money goes out regularly: the last ``times`` transfers at like distances, of like size.

    Distances differ by at most ``gap_days``; the smallest transfer is at most ``amount_percent``
    below the greatest.
    """
    last = sorted(moves)[-limits.times :]
    if len(last) < limits.times:
        return False
    gaps = [(after[0] - before[0]).days for before, after in pairwise(last)]
    amounts = [amount for _, amount in last]
    alike = min(amounts) * 100 >= max(amounts) * (100 - limits.amount_percent)
    return alike and (not gaps or max(gaps) - min(gaps) <= limits.gap_days)


def turn_intent(
    turn: Turn,
    *,
    trigger: Trigger,
    step: Step,
    today: date,
    expires_at: datetime,
    scripts: Mapping[str, Sequence[ApprovedScript]],
) -> Intent | None:
    """What a turn deserves on a step's day; None when it needs words and no script fits.

    Its key is the customer, the turn and the step: planned twice, it is said once.
    """
    scene = scene_of(trigger, step, turn)
    script = best_script(scripts.get(scene, ()), turn.customer) if scene else None
    if scene is not None and script is None:
        return None
    return Intent(
        key=f"{trigger.name}:{turn.customer.customer_id}:{turn.ref}:{step.days_after - step.days_left}",
        trigger=trigger.name,
        channel=Channel.TODO,
        purpose=Purpose(trigger.purpose),
        customer=turn.customer,
        reach=turn.reach,
        script_version_id=None if script is None else script.version_id,
        fields=person_fields(turn.customer),
        title=title_of(trigger, step, turn, today),
        why=why_of(trigger, turn, today),
        due_on=today,
        expires_at=expires_at + timedelta(days=step.days_open),
        priority=trigger.priority + step.days_left,
        detail=_detail(turn),
        channel_reason="一对一的话由客户经理来说",
    )


def title_of(trigger: Trigger, step: Step, turn: Turn, today: date) -> str:
    """What the list of to-dos calls it; no personal data in it."""
    if trigger.select == "newcomers":
        return f"开户第 {(today - turn.on).days} 天"
    if step.days_left:
        return f"{trigger.title}，还有 {(turn.on - today).days} 天"
    return trigger.title


def why_of(trigger: Trigger, turn: Turn, today: date) -> str:
    """Why this customer, in one sentence for the manager."""
    limits = trigger.limits
    match trigger.select:
        case "newcomers":
            return f"{day_words(turn.on)}开户，今天第 {(today - turn.on).days} 天"
        case "near_tier":
            lacks = -(-(turn.amount_fen or 0) // FEN)
            motive = f"，看重{turn.note}" if turn.note else ""
            return f"金融资产离上一层差 {lacks:,} 元，在 {limits.within_percent}% 以内{motive}"
        case "quiet":
            return "很久没有动静：送一点用得上的，不谈产品"
        case "outflow":
            days = "、".join(f"{on.month}月{on.day}日" for on, _ in turn.moves[-limits.times :])
            return f"规律转出 {limits.times} 次（{days}），先问问原因"
        case "allocation":
            share = limits.most_percent[(turn.customer.risk_level or 5) - 1]
            return f"R{limits.risky_from} 及以上的占比超过了测评等级对应的 {share}%，约一次检视"
        case "review":
            return "到了一年一次把资金安排过一遍的时候"
        case "season":
            return f"{turn.note}的问候，每位客户一季一次，不谈产品"
        case "market_event":
            return f"市场事件：{turn.note}，只陪伴，不给方向"
    what = turn.note or trigger.title
    return f"{what}，{day_words(turn.on)}，来自导入的日期"


def _detail(turn: Turn) -> dict[str, str]:
    detail = {"on": turn.on.isoformat()}
    if turn.note:
        detail["note"] = turn.note
    if turn.amount_fen is not None:
        detail["amount_fen"] = str(turn.amount_fen)
    return detail


def turns_of_life(policy: ReminderPolicy) -> tuple[str, ...]:
    """One word for each turn in life of which something is said, in the policy's order.

    Of words that are said alike (买房, 乔迁) the first stands for all.
    """
    said: dict[tuple[str, ...], str] = {}
    for word in dict.fromkeys(word for one in _of_life(policy) for word in one.by_note):
        scenes = tuple(one.by_note.get(word, "") for one in _of_life(policy))
        said.setdefault(scenes, word)
    return tuple(said.values())


def said_of_life(policy: ReminderPolicy, word: str) -> str:
    """When something is said of a turn called ``word``, in words: ``前 30 天、当天``."""
    days = {step.days_left for one in _of_life(policy) if word in one.by_note for step in one.step}
    told = [
        f"前 {days_left} 天" if days_left else "当天" for days_left in sorted(days, reverse=True)
    ]
    yearly = any(word in one.by_note for one in policy.trigger if one.select == "anniversaries")
    return "、".join([*told, *(["以后每年"] if yearly else [])])


def _of_life(policy: ReminderPolicy) -> list[Trigger]:
    return [one for one in policy.trigger if one.select == "events" and LIFE in one.kinds]
