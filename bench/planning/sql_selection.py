# ruff: noqa: S608 — every name and literal in these statements is our own
"""Whom every trigger of the policy is about on a day, as one UNION of SELECTs: for the yardstick.

The same holdings, instalments, premiums, open days, birthdays, openings, events, tiers, quiet
customers, transfers and holdings against a rating that the product selects, with the same keys.
Left out, because the made-up bank has none of them: net values, offers by white list, market events, motives at a
tier's edge and the content calendar.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from config.reminder_policy import ReminderPolicy, Step, Trigger
from reminders.rules import watched_days
from reminders.turns import FEN


@dataclass(frozen=True)
class Asked:
    """What the statements are written for. ``scripts``: the version id of each scene's script."""

    native: bool  # PostgreSQL
    day: date
    policy: ReminderPolicy
    edges: Sequence[int]
    scripts: Mapping[str, int]


def statement(asked: Asked) -> str:
    """Every candidate of the day: key, trigger, purpose, its place, priority, customer, words."""
    return "\nUNION ALL\n".join(
        select
        for trigger in asked.policy.trigger
        for step, on in watched_days(trigger, asked.day)
        for select in _selects(asked, trigger, step, on)
    )


def literal(day: date, *, native: bool) -> str:
    """A day as a literal of the dialect."""
    return f"DATE '{day.isoformat()}'" if native else f"'{day.isoformat()}'"


def _selects(asked: Asked, trigger: Trigger, step: Step, on: date) -> Iterator[str]:
    limits, day = trigger.limits, literal(on, native=asked.native)
    turns = f"c.id % {limits.every_days} = {asked.day.toordinal() % limits.every_days}"
    period, least = asked.day.toordinal() // limits.every_days, limits.from_yuan * FEN
    kinds = ", ".join(f"'{kind}'" for kind in trigger.kinds)
    match trigger.select:
        case "holdings":
            yield _holding(
                asked, trigger, step, on, f"h.kind IN ({kinds}) AND h.matures_on = {day}"
            )
        case "instalments":
            yield _holding(
                asked, trigger, step, on,
                f"h.kind = 'loan' AND h.due_day = {on.day} AND {_running(day)}",
            )  # fmt: skip
        case "premiums":
            month, year = _part("month", asked), _part("year", asked)
            yield _holding(
                asked, trigger, step, on,
                f"h.kind = 'insurance' AND h.due_day = {on.day} AND {month} = {on.month}"
                f" AND {year} < {on.year} AND (h.matures_on IS NULL OR h.matures_on >= {day})",
            )  # fmt: skip
        case "open_days":
            yield _holding(
                asked, trigger, step, on,
                f"h.product_code IN (SELECT product_code FROM product_open_day WHERE opens_on = {day})",
            )  # fmt: skip
        case "birthdays":
            key = f"'{trigger.name}:' || c.id || ':{asked.day.year}'"
            yield _customer(asked, trigger, step, key, f"c.birthday = {on.month * 100 + on.day}")
        case "newcomers":
            key = f"'{trigger.name}:' || c.id || ':{on.isoformat()}:{step.days_after}'"
            yield _customer(asked, trigger, step, key, f"c.opened_on = {day}")
        case "events":
            yield _event(asked, trigger, step, f'e."on" = {day} AND e.kind IN ({kinds})')
        case "near_tier":
            for edge in asked.edges:
                lowest = edge - edge * limits.within_percent // 100
                key = f"'{trigger.name}:' || c.id || ':{edge}.{period}:0'"
                where = f"c.aum_fen >= {lowest} AND c.aum_fen < {edge} AND {turns}"
                yield _customer(asked, trigger, step, key, where)
        case "quiet":
            key = f"'{trigger.name}:' || c.id || ':{period}:0'"
            activities = ", ".join(f"'{one}'" for one in limits.activities)
            where = (
                "c.id IN (SELECT customer_id FROM customer_standing"
                f" WHERE activity IN ({activities})) AND {turns}"
            )
            yield _customer(asked, trigger, step, key, where)
        case "outflow":
            key = f"'{trigger.name}:' || c.id || ':{asked.day.isoformat()}:0'"
            yield _customer(asked, trigger, step, key, f"c.id IN ({_leaving(asked, trigger)})")
        case "allocation":
            key = f"'{trigger.name}:' || c.id || ':{period}:0'"
            where = f"c.id IN ({_risky(trigger, turns, least)})"
            yield _customer(asked, trigger, step, key, where)
        case "season":
            quarter = (on.month + 2) // 3
            words = asked.scripts.get(trigger.by_note.get(f"{quarter} 季度", ""))
            if words is not None:
                key = f"'{trigger.name}:' || c.id || ':{on.year}q{quarter}:0'"
                where = f"c.aum_fen >= {least} AND {turns}"
                yield _customer(asked, trigger, step, key, where, script=str(words))
        case "review":
            key = f"'{trigger.name}:' || c.id || ':{period}:0'"
            yield _customer(asked, trigger, step, key, f"c.aum_fen >= {least} AND {turns}")


def _running(day: str) -> str:
    return (
        f"(h.matures_on IS NULL OR h.matures_on >= {day})"
        f" AND (h.opened_on IS NULL OR h.opened_on < {day})"
    )


def _part(name: str, asked: Asked) -> str:
    if asked.native:
        return f"EXTRACT({name} FROM h.opened_on)"
    return f"CAST(strftime('{'%m' if name == 'month' else '%Y'}', h.opened_on) AS integer)"


def _common(asked: Asked, trigger: Trigger, step: Step) -> str:
    place = asked.policy.merge.order.index(trigger.purpose)
    priority = trigger.priority + step.days_left
    return f"'{trigger.name}' AS trigger, '{trigger.purpose}' AS purpose, {place} AS place, {priority} AS priority"  # fmt: skip


def _script(asked: Asked, step: Step) -> str:
    known = asked.scripts.get(step.scene)
    return "CAST(NULL AS bigint)" if step.action == "care" or known is None else str(known)


def _holding(asked: Asked, trigger: Trigger, step: Step, on: date, where: str) -> str:
    return (
        f"SELECT '{trigger.name}:' || h.id || ':{on.isoformat()}:{step.days_left}' AS key,"
        f" {_common(asked, trigger, step)}, h.customer_id, {_script(asked, step)} AS script,"
        " h.product_name AS what, h.holding_no AS holding_no, h.amount_fen AS amount_fen,"
        f" '{on.month}月{on.day}日' AS days FROM holding h WHERE {where} AND h.removed_at IS NULL"
    )


def _customer(
    asked: Asked, trigger: Trigger, step: Step, key: str, where: str, *, script: str = ""
) -> str:
    return (
        f"SELECT {key}, {_common(asked, trigger, step)}, c.id, {script or _script(asked, step)},"
        f" '{trigger.title}', '', c.aum_fen, '' FROM customer c"
        f" WHERE {where} AND c.removed_at IS NULL"
    )


def _event(asked: Asked, trigger: Trigger, step: Step, where: str) -> str:
    words = [
        f"WHEN e.note LIKE '%{word}%' THEN {asked.scripts[scene]}"
        for word, scene in trigger.by_note.items()
        if scene in asked.scripts
    ]
    known = " OR ".join(f"e.note LIKE '%{word}%'" for word in trigger.by_note)
    script = _script(asked, step)
    if words:
        script = f"CASE {' '.join(words)} ELSE CAST(NULL AS bigint) END"
    if known and trigger.other_notes == "nothing":
        where += f" AND ({known})"
    key = f"'{trigger.name}:' || c.id || ':' || e.id || ':{step.days_after - step.days_left}'"
    return (
        f"SELECT {key}, {_common(asked, trigger, step)}, c.id, {script}, '{trigger.title}', '',"
        f" e.amount_fen, '' FROM customer_event e JOIN customer c ON c.id = e.customer_id"
        f" WHERE {where} AND c.removed_at IS NULL"
    )


def _leaving(asked: Asked, trigger: Trigger) -> str:
    limits = trigger.limits
    since = literal(asked.day - timedelta(days=limits.window_days), native=asked.native)
    fresh = literal(asked.day - timedelta(days=limits.fresh_days), native=asked.native)
    return (
        "SELECT customer_id FROM customer_event WHERE kind = 'money_out'"
        f' AND "on" > {since} AND "on" <= {literal(asked.day, native=asked.native)}'
        f" AND amount_fen >= {limits.from_yuan * FEN} GROUP BY customer_id"
        f' HAVING count(DISTINCT "on") >= {limits.times} AND max("on") > {fresh}'
    )


def _risky(trigger: Trigger, turns: str, least: int) -> str:
    limits = trigger.limits
    allowed = " ".join(f"WHEN {n} THEN {most}" for n, most in enumerate(limits.most_percent, 1))
    return (
        "SELECT h.customer_id FROM holding h JOIN customer c ON c.id = h.customer_id"
        f" WHERE c.aum_fen >= {least} AND {turns} AND c.risk_level IS NOT NULL"
        " AND h.removed_at IS NULL"
        " AND h.kind IN ('deposit', 'wealth', 'fund', 'insurance', 'metal')"
        " GROUP BY h.customer_id, c.risk_level HAVING sum(h.amount_fen) > 0 AND"
        " sum(CASE WHEN h.kind IN ('wealth', 'fund')"
        f" AND h.risk_level >= {limits.risky_from} THEN h.amount_fen ELSE 0 END) * 100"
        f" > sum(h.amount_fen) * CASE c.risk_level {allowed} ELSE 100 END"
    )
