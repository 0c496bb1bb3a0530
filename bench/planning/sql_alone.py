"""The yardstick: the day's plan in SQL alone. One statement, one durable commit.

The same holdings, birthdays and instalments, the owner and the live relation, consent, opt-outs,
at most two a customer and day. It renders a sentence; it screens nothing, seals nothing, records
no reason for what it leaves out, and keeps no ledger.
"""

import time
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from kit.db import Database

_TABLE = """
CREATE TABLE bench_plan (
  key VARCHAR(160) PRIMARY KEY, kind VARCHAR(16), customer_id BIGINT, staff_id VARCHAR(64),
  external_userid VARCHAR(64), words VARCHAR(400), due_on DATE, place INTEGER
)
"""
_PLAN = """
INSERT INTO bench_plan (key, kind, customer_id, staff_id, external_userid, words, due_on, place)
WITH due AS (
  SELECT 'h:' || h.id || ':' || :day AS key, h.kind, h.customer_id,
         '您的' || h.product_name || '即将到期，到期怎么安排都可以随时问我。' AS words, 1 AS rank
  FROM holding h
  WHERE h.removed_at IS NULL AND (
    (h.kind IN ('deposit', 'wealth') AND h.matures_on IN ({watched}))
    OR (h.kind = 'card' AND h.matures_on = :card)
  )
  UNION ALL
  SELECT 'l:' || h.id || ':' || :day, h.kind, h.customer_id, '您的贷款还款日快到了。', 0
  FROM holding h
  WHERE h.kind = 'loan' AND h.removed_at IS NULL AND h.due_day = :due_day
    AND h.matures_on >= :day
  UNION ALL
  SELECT 'b:' || c.id || ':' || :day, 'birthday', c.id, '祝您生日快乐。', 2
  FROM customer c WHERE c.birthday = :birthday AND c.removed_at IS NULL
), ranked AS (
  SELECT due.*, o.staff_id, r.external_userid,
         row_number() OVER (PARTITION BY due.customer_id ORDER BY due.rank, due.key) AS place
  FROM due
  JOIN customer c ON c.id = due.customer_id AND c.removed_at IS NULL
  JOIN coverage o ON o.customer_id = c.id AND o.kind = 'owner'
  JOIN staff s ON s.staff_id = o.staff_id AND s.active
  LEFT JOIN contact x ON x.customer_id = c.id
  LEFT JOIN relation r ON r.userid = s.userid AND r.external_userid = x.external_userid
    AND r.ended_at IS NULL
  JOIN consent y ON y.customer_id = c.id AND y.purpose = 'service' AND y.given
  WHERE NOT EXISTS (SELECT 1 FROM suppression q
    WHERE q.customer_id = c.id AND q.scope = 'all' AND q.lifted_at IS NULL)
)
SELECT key, kind, customer_id, staff_id, external_userid, words, :today, place
FROM ranked WHERE place <= 2
"""


async def plan(database: Database, day: date) -> tuple[float, int]:
    """(seconds, rows) of the plan for ``day``, committed."""
    native = not database.is_sqlite
    watched = {f"w{left}": _day(day + timedelta(days=left), native) for left in (30, 7, 1, 0)}
    statement = _PLAN.format(watched=", ".join(f":{name}" for name in watched))
    values: dict[str, Any] = {
        **watched,
        "card": _day(day + timedelta(days=30), native),
        "day": _day(day, native),
        "today": _day(day, native),
        "due_day": (day + timedelta(days=3)).day,
        "birthday": day.month * 100 + day.day,
    }
    if native:
        statement = statement.replace("|| :day", "|| CAST(:day AS date)")
    async with database.transaction() as session:
        await session.execute(text("DROP TABLE IF EXISTS bench_plan"))
        await session.execute(text(_TABLE))
    began = time.perf_counter()
    async with database.transaction() as session:
        await session.execute(text(statement), values)
    seconds = time.perf_counter() - began
    async with database.reading() as session:
        rows = (await session.execute(text("SELECT count(*) FROM bench_plan"))).scalar_one()
    return seconds, int(rows)


def _day(day: date, native: bool) -> object:
    return day if native else day.isoformat()
