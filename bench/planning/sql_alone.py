# ruff: noqa: S608 — every name and literal in these statements is our own
"""The yardstick: the day's plan by set-based SQL, in one transaction with one durable commit.

It selects what the product selects, for every trigger of the same policy (``sql_selection``),
finds owner and live relation, applies consents, refusals, opt-outs, complaints and care before
sale, lets one voice speak a day, keeps the day, week and month caps, renders what SQL can know,
and inserts the same kinds of rows into copies of the product's tables with all their keys and
indexes: the key of every candidate, who was outranked, four quota slots and a to-do with its
words for each contact. It screens nothing, opens and seals nothing, records no decision of a gate and no
ledger. The copies are made before the clock starts and dropped after.
"""

import re
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bench.planning.sql_selection import Asked, literal, statement
from compliance.facts import Purpose
from compliance.policy import GatePolicy
from config.reminder_policy import ReminderPolicy
from delivery.quota import WINDOWS, window_start
from kit.db import Database
from kit.ids import new_id

COPIED: Final = ("intent_key", "outranked", "quota_slot", "todo")
_FIELDS: Final = {
    "product_name": "k.what",
    "matures_on": "k.days",
    "open_on": "k.days",
    "bank_name": "'青禾银行'",
    "staff_name": "s.name",
    "unit_name": "u.name",
}
_SAID: Final = """
CREATE {temporary} TABLE bench_said AS
WITH met AS (
  SELECT k.*, c.unit_id, o.staff_id, r.userid, r.external_userid,
    row_number() OVER (PARTITION BY k.key
      ORDER BY r.userid IS NULL, o.since DESC, r.added_at DESC, o.staff_id, r.external_userid) AS nth
  FROM bench_due k
  JOIN customer c ON c.id = k.customer_id AND c.removed_at IS NULL
  LEFT JOIN coverage o ON o.customer_id = c.id AND o.kind = 'owner'
  LEFT JOIN staff s ON s.staff_id = o.staff_id AND s.active AND s.removed_at IS NULL
    AND s.userid IS NOT NULL
  LEFT JOIN contact x ON x.customer_id = c.id AND x.merged_into IS NULL
  LEFT JOIN relation r ON r.userid = s.userid AND r.external_userid = x.external_userid
    AND r.ended_at IS NULL AND r.half = {false}
), ordered AS (
  SELECT met.*,
    row_number() OVER (PARTITION BY customer_id, script IS NULL
      ORDER BY place, priority, key) AS voice,
    first_value(key) OVER (PARTITION BY customer_id, script IS NULL
      ORDER BY place, priority, key) AS first_key,
    first_value(purpose) OVER (PARTITION BY customer_id, script IS NULL
      ORDER BY place, priority, key) AS first_purpose
  FROM met WHERE nth = 1
), used AS (
  SELECT customer_id, family, "window", count(*) AS uses FROM quota_slot
  WHERE starts_on IN ({starts}) GROUP BY customer_id, family, "window"
), judged AS (
  SELECT d.*, CASE
    WHEN d.staff_id IS NULL THEN 'uncovered'
    WHEN d.script IS NULL THEN 'queued'
    WHEN d.purpose <> d.first_purpose OR d.voice > {voices} THEN 'outranked'
    WHEN EXISTS (SELECT 1 FROM consent y WHERE y.customer_id = d.customer_id
        AND y.purpose = d.purpose AND y.given = {false})
      OR (d.purpose = 'marketing' AND NOT EXISTS (SELECT 1 FROM consent y
        WHERE y.customer_id = d.customer_id AND y.purpose = 'marketing' AND y.given))
      OR EXISTS (SELECT 1 FROM suppression q WHERE q.customer_id = d.customer_id
        AND q.lifted_at IS NULL AND (q.scope = 'all'
          OR (q.scope = 'marketing' AND d.purpose <> 'service')))
      OR (d.purpose = 'marketing' AND EXISTS (SELECT 1 FROM complaint_freeze z
        WHERE z.customer_id = d.customer_id AND z.closed_at IS NULL))
      OR (d.purpose = 'marketing' AND NOT EXISTS (SELECT 1 FROM touch t
        WHERE t.customer_id = d.customer_id AND t.purpose IN ('care', 'service')))
    THEN 'blocked' ELSE 'queued' END AS outcome
  FROM ordered d
), counted AS (
  SELECT j.*,
    row_number() OVER (PARTITION BY j.customer_id, j.purpose, j.outcome, j.script IS NULL
      ORDER BY j.voice) - 1 + coalesce(a.uses, 0) AS of_day,
    coalesce(b.uses, 0) - coalesce(a.uses, 0) AS more_week,
    coalesce(m.uses, 0) - coalesce(a.uses, 0) AS more_month,
    coalesce(t.uses, 0) - coalesce(a.uses, 0) AS more_total
  FROM judged j
  LEFT JOIN used a ON a.customer_id = j.customer_id AND a.family = j.purpose AND a."window" = 'day'
  LEFT JOIN used b ON b.customer_id = j.customer_id AND b.family = j.purpose AND b."window" = 'week'
  LEFT JOIN used m ON m.customer_id = j.customer_id AND m.family = j.purpose AND m."window" = 'month'
  LEFT JOIN used t ON t.customer_id = j.customer_id AND t.family = 'total' AND t."window" = 'day'
)
SELECT counted.*, CASE WHEN outcome = 'queued' AND script IS NOT NULL AND (
    of_day >= {cap_day} OR of_day + more_week >= {cap_week}
    OR of_day + more_month >= {cap_month} OR of_day + more_total >= {total})
  THEN 'over_quota' ELSE outcome END AS became
FROM counted
"""
_KEYS: Final = """
INSERT INTO bench_intent_key (key, at, outcome, reasons)
SELECT key, {at}, became, CASE became WHEN 'outranked' THEN first_key ELSE '' END FROM bench_said
ORDER BY key
"""
_OUTRANKED: Final = """
INSERT INTO bench_outranked (customer_id, day, key, "trigger", winner, at)
SELECT customer_id, {day}, key, "trigger", first_key, {at} FROM bench_said
WHERE became = 'outranked'
"""
_SLOTS: Final = """
INSERT INTO bench_quota_slot (customer_id, family, "window", starts_on, slot, key)
SELECT customer_id, purpose, 'day', {day}, of_day, key FROM bench_said
WHERE became = 'queued' AND script IS NOT NULL
UNION ALL SELECT customer_id, purpose, 'week', {week}, of_day + more_week, key FROM bench_said
WHERE became = 'queued' AND script IS NOT NULL
UNION ALL SELECT customer_id, purpose, 'month', {month}, of_day + more_month, key FROM bench_said
WHERE became = 'queued' AND script IS NOT NULL
UNION ALL SELECT customer_id, 'total', 'day', {day}, of_day + more_total, key FROM bench_said
WHERE became = 'queued' AND script IS NOT NULL
"""
_TODOS: Final = """
INSERT INTO bench_todo (id, key, "trigger", purpose, campaign, kind, customer_id, staff_id, userid,
  external_userid, unit_id, script_version_id, script_code, script_version, text, text_hash, title,
  detail, channel, channel_reason, channel_refused, unreached, planned_on, due_on, expires_at,
  priority, state, outcome, created_at)
SELECT {first} + row_number() OVER (ORDER BY k.key), k.key, k."trigger", k.purpose, '',
  CASE WHEN k.script IS NULL THEN 'care' WHEN k.userid IS NULL THEN 'visit' ELSE 'message' END,
  k.customer_id, k.staff_id, coalesce(k.userid, ''), coalesce(k.external_userid, ''), k.unit_id,
  k.script, coalesce(v.code, ''), coalesce(v.version, 0), {words}, '', k.what, {detail},
  CASE WHEN k.userid IS NULL THEN 'outlet' ELSE 'todo' END,
  CASE WHEN k.userid IS NULL THEN '服务走网点；企业微信一对一：和管户经理没有企业微信好友关系'
    ELSE '服务走企业微信一对一' END,
  CASE WHEN k.userid IS NULL THEN 'todo:no_relation,phone:no_phone' ELSE '' END, 0, {day}, {day},
  {at}, k.priority, 'open', '', {at}
FROM bench_said k
LEFT JOIN script_version v ON v.id = k.script
JOIN staff s ON s.staff_id = k.staff_id
JOIN unit u ON u.unit_id = k.unit_id
WHERE k.became = 'queued'
"""


async def plan(
    database: Database, day: date, at: datetime, policy: ReminderPolicy, gate: GatePolicy,
    edges: Sequence[int],
) -> tuple[float, dict[str, int]]:  # fmt: skip
    """(seconds, rows by table) of the plan for ``day``, committed; the copies are gone after."""
    native = not database.is_sqlite
    async with database.transaction() as session:
        scripts = {
            str(row.scene): int(row.id)
            for row in await session.execute(
                text(
                    "SELECT scene, min(id) AS id FROM script_version WHERE state = 'approved'"
                    " AND persona IS NULL AND library = 'script' GROUP BY scene"
                )
            )
        }
        await _drop(session)
        for name in COPIED:
            await _copied(session, name, native=native)
    statements = _statements(Asked(native, day, policy, edges, scripts), at, gate)
    began = time.perf_counter()
    async with database.transaction() as session:
        for one in statements:
            await session.execute(text(one.replace(":", "\\:")))
    seconds = time.perf_counter() - began
    async with database.transaction() as session:
        rows = {
            name: int(
                (await session.execute(text(f"SELECT count(*) FROM bench_{name}"))).scalar_one()
            )
            for name in COPIED
        }
        await _drop(session)
    return seconds, rows


def _statements(asked: Asked, at: datetime, gate: GatePolicy) -> list[str]:
    native, day = asked.native, asked.day
    moment = at.astimezone(UTC)
    starts = {name: window_start(name, day) for name in WINDOWS}
    merge = asked.policy.merge
    values = {
        "temporary": "TEMPORARY",
        "false": "false",
        "day": literal(day, native=native),
        **{name: literal(on, native=native) for name, on in starts.items() if name != "day"},
        "starts": ", ".join(literal(on, native=native) for on in sorted(set(starts.values()))),
        "at": f"TIMESTAMPTZ '{moment.isoformat()}'"
        if native
        else f"'{moment.replace(tzinfo=None).isoformat(' ', 'microseconds')}'",
        "voices": _case(merge.most_per_day),
        "total": str(merge.most_per_day.get("total", 99)),
        **{f"cap_{name}": _case({str(one): getattr(gate.caps(one), name) for one in Purpose})
           for name in WINDOWS},
        "first": str(new_id()),
        "words": _bytes(_rendered(), native=native),
        "detail": _bytes(
            "'{\"why\":\"' || k.what || '，' || k.days || '，来自核心系统\",\"detail\":{\"product\":\"'"
            " || k.what || '\",\"holding_no\":\"' || k.holding_no || '\",\"amount_fen\":\"'"
            " || coalesce(k.amount_fen, 0) || '\"}}'",
            native=native,
        ),
    }  # fmt: skip
    found = [f"CREATE TEMPORARY TABLE bench_due AS\n{statement(asked)}"]
    found += ["ANALYZE bench_due"] if native else []
    found += [_SAID.format(**values)]
    found += ["ANALYZE bench_said"] if native else []
    found += [one.format(**values) for one in (_KEYS, _OUTRANKED, _SLOTS, _TODOS)]
    return found


def _case(most: Any) -> str:
    return (
        "CASE purpose " + " ".join(f"WHEN '{name}' THEN {n}" for name, n in most.items()) + " END"
    )


def _rendered() -> str:
    words = "v.template"
    for name, value in _FIELDS.items():
        words = f"replace({words}, '{{{{{name}}}}}', {value})"
    return words


def _bytes(words: str, *, native: bool) -> str:
    return f"convert_to({words}, 'UTF8')" if native else f"CAST({words} AS BLOB)"


async def _copied(session: AsyncSession, name: str, *, native: bool) -> None:
    """An empty table like ``name``, with its keys and indexes."""
    if native:
        await session.execute(text(f"CREATE TABLE bench_{name} (LIKE {name} INCLUDING ALL)"))
        return
    made = await session.execute(
        text("SELECT sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL"),
        {"name": name},
    )
    for statement_ in list(made.scalars()):
        copy = re.sub(rf'\b{name}\b"?(\s*\()', rf"bench_{name} (", statement_, count=1)
        copy = re.sub(r"\b(ix|uq)_", r"bench_\1_", copy, count=1) if "INDEX" in copy else copy
        await session.execute(text(copy.replace(":", "\\:")))


async def _drop(session: AsyncSession) -> None:
    for name in (*COPIED, "due", "said"):
        await session.execute(text(f"DROP TABLE IF EXISTS bench_{name}"))
