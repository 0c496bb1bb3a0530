"""Contact duty and the plan of a day against plain SQL for the same questions, in the same run.

``python -m bench.duty [--customers 100000] [--database both] [--server URL]``

A made-up bank: everybody owned, five hundred customers a manager, touches of the last half year.
The plain side is CREATE TABLE AS, hand-written, into tables without key or index: the standing
of every owned customer; the best of each manager by score. Ours compares with what stands,
keeps indexes, tells the reasons of each line and writes the ledger.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.engine import make_url

from bench.fresh import drop, fresh
from bench.imports import CIPHER, _create
from bench.standing import Taken, _timed
from config import (
    activation_policy,
    contact_duty_policy,
    coverage_policy,
    daily_plan_policy,
    farming_policy,
    tier_policy,
)
from crm_sync.models import Unit
from crm_sync.repository import books
from kit.clock import bank_date, bank_moment
from kit.db import Database
from portfolio.contact_plan.planning import PlanTerms, plan_day
from portfolio.duty.evaluation import evaluate
from tests.postgres import running_postgres
from tests.schema import import_every_model

AT: Final = datetime(2026, 11, 23, tzinfo=UTC)
TODAY: Final = bank_date(AT)
A_BOOK: Final = 500
"""Customers a manager."""


def _moment(sqlite: bool, back: int) -> str:
    """The beginning of a bank day, as SQL."""
    at = bank_moment(TODAY - timedelta(days=back))
    return f"'{at:%Y-%m-%d %H:%M:%S}.000000'" if sqlite else f"TIMESTAMPTZ '{at.isoformat()}'"


def _fill(customers: int, sqlite: bool) -> list[str]:
    empty = "'{}'" if sqlite else "CAST('{}' AS JSONB)"
    moments = ", ".join(f"({back}, {_moment(sqlite, back)})" for back in range(180))
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {customers})"  # noqa: S608
    staff, then = f"'m' || (n / {A_BOOK})", _moment(sqlite, 170)
    return [
        f"INSERT INTO customer (id, customer_no, unit_id, gender, birthday, tier, aum_fen,"  # noqa: S608
        f" occupation, attributes, supplements, source, source_date, digest, synthetic, changed_at)"
        f" {series} SELECT n, 'N' || n, '01', 'F', 101 + n % 28 + (n % 12) * 100, '',"
        f" (CAST(n AS BIGINT) * 7919 % 1000003) * 20, '', {empty}, '{{}}', 'bench', '', '', false, {then} FROM series",
        f"INSERT INTO coverage (customer_id, kind, staff_id, since, source, synthetic, source_date)"  # noqa: S608
        f" {series} SELECT n, 'owner', {staff}, {then}, '', false, '' FROM series",
        f"INSERT INTO customer_standing (customer_id, grade, grade_kind, signs, activity,"  # noqa: S608
        f" dormant_kind, completeness, missing, snapshots, changed_at) {series} SELECT n,"
        f" CASE n % 10 WHEN 0 THEN 'A' WHEN 1 THEN 'B' WHEN 2 THEN 'B' WHEN 3 THEN 'C' ELSE 'D' END,"
        f" '', '', 'active', '', 50, '', 0, {then} FROM series",
        f"INSERT INTO touch (source, customer_id, staff_id, unit_id, channel, purpose, trigger, reason,"  # noqa: S608
        f" state, act, outcome, at) {series}, moments(back, at) AS (VALUES {moments})"
        f" SELECT 't' || n, 1 + n * 7 % {customers}, {staff}, '01', CASE n % 3 WHEN 0 THEN"
        f" 'broadcast' ELSE 'phone' END, 'service', '', '', CASE n % 3 WHEN 0 THEN 'sent' ELSE"
        f" 'recorded' END, '', '', moments.at FROM series JOIN moments ON moments.back = n % 180",
        f"INSERT INTO lead (customer_id, finder, level, unit_id, place, amount_fen, facts, state,"  # noqa: S608
        f" found_at, taken_by, closed_by, note) {series} SELECT n, 'payroll', 'outlet', '01', 1, n,"
        f" {empty}, 'open', {then}, '', '', '' FROM series WHERE n % 50 = 0",
    ]


def _plain_standing(sqlite: bool) -> str:
    return (
        "CREATE TABLE plain_standing AS SELECT c.customer_id, c.staff_id, p.unit_id,"  # noqa: S608
        " coalesce(s.grade, '') AS grade, coalesce(s.activity, '') AS activity, p.tier, p.aum_fen,"
        " r.last_at, coalesce(r.last_at, c.since) AS base_at, coalesce(r.touches, 0) AS touches"
        " FROM coverage c JOIN customer p ON p.id = c.customer_id"
        " LEFT JOIN customer_standing s ON s.customer_id = c.customer_id LEFT JOIN ("
        "SELECT customer_id, max(at) AS last_at, count(CASE WHEN at >="
        f" {_moment(sqlite, coverage_policy.load().window_days)} THEN 1 END) AS touches FROM touch"
        " WHERE channel IN ('sidebar', 'chat', 'phone', 'branch', 'manager') AND state IN"
        " ('confirmed', 'recorded') GROUP BY customer_id) r ON r.customer_id = c.customer_id"
        " WHERE c.kind = 'owner' AND p.removed_at IS NULL"
    )


def _plain_plan(sqlite: bool) -> str:
    days = [TODAY + timedelta(days=back) for back in range(4)]
    near = ", ".join(str(one.month * 100 + one.day) for one in days)
    over = " OR ".join(
        f"(s.grade = '{grade}' AND s.base_at < {_moment(sqlite, back)})"
        for grade, back in (("A", 14), ("B", 30), ("C", 60), ("D", 90))
    )
    edges = " OR ".join(
        f"(s.aum_fen >= {low * 90 // 100} AND s.aum_fen < {low})"
        for low in (one.lowest_fen for one in tier_policy.load().tiers[1:])
    )
    breach = f"s.base_at < {_moment(sqlite, 90)}"
    return (
        "CREATE TABLE plain_plan AS SELECT * FROM (SELECT q.*, row_number() OVER (PARTITION BY"  # noqa: S608
        " staff_id ORDER BY score DESC, base_at, customer_id) AS place FROM (SELECT s.customer_id,"
        f" s.staff_id, s.base_at, CASE WHEN {breach} THEN 40 WHEN {over} THEN 25 ELSE 0 END"
        f" + CASE WHEN {edges} THEN 15 ELSE 0 END + CASE WHEN p.birthday IN ({near}) THEN 15 ELSE 0"
        " END + CASE WHEN l.customer_id IS NOT NULL THEN 35 ELSE 0 END AS score"
        " FROM contact_standing s JOIN customer p ON p.id = s.customer_id LEFT JOIN lead l ON"
        " l.customer_id = s.customer_id AND l.state = 'open' WHERE NOT EXISTS (SELECT 1 FROM parking"
        " k WHERE k.customer_id = s.customer_id AND k.unparked_at IS NULL)) q) ranked"
        " WHERE place <= 25 AND (score > 0 OR place <= 15)"
    )


async def measure(url: str, customers: int) -> dict[str, Any]:
    """Fill a bank, then each question plainly and by us, on one database."""
    database = Database(url, CIPHER)
    sqlite = database.is_sqlite
    duty, coverage = contact_duty_policy.load(), coverage_policy.load()
    policies = PlanTerms(
        daily_plan_policy.load(),
        duty,
        coverage,
        activation_policy.load(),
        tier_policy.load(),
        farming_policy.load(),
    )
    async with database.engine.begin() as connection:
        await connection.run_sync(_create)
    async with database.transaction() as session:
        session.add(Unit(unit_id="01", name="一", path="/01/"))

    async def plainly(statement: str) -> None:
        async with database.transaction() as session:
            await session.execute(text(statement.replace(":", "\\:")))

    async def stand() -> None:
        async with database.transaction() as session:
            await evaluate(session, duty, coverage, AT)

    async def plan(day: date) -> None:
        async with database.transaction() as session:
            await plan_day(session, day, policies, AT, leads=books.led())

    for statement in _fill(customers, sqlite):
        await plainly(statement)
    await plainly("ANALYZE")
    taken: dict[str, dict[str, Taken]] = {"standing": {}, "plan": {}}
    taken["standing"]["plain"] = await _timed(database, plainly(_plain_standing(sqlite)))
    taken["standing"]["first"] = await _timed(database, stand())
    if not sqlite:
        await plainly("ANALYZE contact_standing")
    taken["standing"]["again"] = await _timed(database, stand())
    taken["plan"]["plain"] = await _timed(database, plainly(_plain_plan(sqlite)))
    taken["plan"]["first"] = await _timed(database, plan(TODAY))
    async with database.reading() as session:
        counts = "SELECT (SELECT count(*) FROM plain_plan), (SELECT count(*) FROM daily_contact)"
        plain, ours = (await session.execute(text(counts))).one()
    await database.close()
    if plain != ours:
        raise SystemExit(f"the two sides disagree: {plain} lines plainly, {ours} by us")
    found: dict[str, Any] = {"lines": ours}
    for name, runs in taken.items():
        wall, cpu = runs["plain"]
        of = [how for how in runs if how != "plain"]
        found[name] = {
            "seconds": {how: round(one[0], 2) for how, one in runs.items()},
            "ratio_wall": {how: round(runs[how][0] / wall, 2) for how in of},
            "ratio_cpu": {how: round(runs[how][1] / cpu, 2) for how in of},
        }
    return found


def run(customers: int, database: str, server: str | None) -> dict[str, Any]:
    """Measure on the asked databases; see the module's sentence for what is compared."""
    import_every_model()
    found: dict[str, Any] = {"customers": customers}
    with tempfile.TemporaryDirectory(prefix="gengyun-bench-") as name, ExitStack() as stack:
        if database in ("both", "sqlite"):
            url = f"sqlite:///{Path(name) / 'bank.db'}"
            found["sqlite"] = asyncio.run(measure(url, customers))
        if database in ("both", "postgresql"):
            root = make_url(server) if server else stack.enter_context(running_postgres())
            url = asyncio.run(fresh(root))
            try:
                found["postgresql"] = asyncio.run(measure(url, customers))
            finally:
                asyncio.run(drop(root, url))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--database", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--server", help="a PostgreSQL that runs already; default: one of its own")
    asked = parser.parse_args()
    found = run(asked.customers, asked.database, asked.server)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
