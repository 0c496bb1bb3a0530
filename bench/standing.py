"""Tiers, standing and lead finders against plain SQL for the same question, in the same run.

``python -m bench.standing [--customers 100000] [--database both] [--server URL] [--json]``

The plain side is one statement over all customers without windows, comparison, upsert or record:
an UPDATE for tiers, hand-written; CREATE TABLE AS for leads, hand-written; for standing the same
select as ours, once over everybody into a bare table. Ours writes everything for the first time,
then runs again with nothing to change, then once more after a load that touched one in a hundred.
Wall seconds, and ratios of both wall and processor time; the database's processes are counted.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import MetaData, insert, select, text
from sqlalchemy.engine import make_url

from bench.fresh import drop, fresh
from bench.imports import CIPHER, _create
from bench.processors import spent
from config import lead_policy, standing_policy, tier_policy
from crm_sync.leads import finding
from crm_sync.models import CustomerStanding, ImportRun, Unit
from crm_sync.repository.subjects import Window
from crm_sync.standing import evaluation
from crm_sync.standing.expressions import COLUMNS, stood
from crm_sync.standing.measures import measured
from crm_sync.tiers import assign_tiers
from kit.clock import bank_date
from kit.db import Database
from tests.postgres import running_postgres
from tests.schema import import_every_model

AT: Final = datetime(2026, 11, 22, tzinfo=UTC)
LATER: Final = AT + timedelta(hours=1)
TODAY: Final = bank_date(AT)
Taken = tuple[float, float]


def _fill(customers: int, day: Callable[[date], str], attributes: str, moment: str) -> list[str]:
    """Statements that make a bank: customers, two holdings each, three snapshots, flows for some."""
    n = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {customers})"  # noqa: S608
    months = " UNION ALL ".join(
        f"SELECT {day(date(2025 + (10 + back) // 12, (10 + back) % 12 + 1, 1))} AS month, {12 - back} AS back"
        for back in range(12)
    )
    days = " UNION ALL ".join(
        f"SELECT {day(TODAY - timedelta(days=back))} AS shot, {back} AS back"
        for back in (5, 45, 400)
    )
    aum = "(CAST(n AS BIGINT) * 7919 % 1000003) * (CASE n % 5 WHEN 0 THEN 100 WHEN 1 THEN 20 ELSE 4 END)"
    return [
        f"INSERT INTO customer (id, customer_no, unit_id, account_unit_id, gender, tier, aum_fen,"  # noqa: S608
        f" risk_level, opened_on, occupation, attributes, supplements, source, source_date, digest,"
        f" synthetic, changed_at) {n} SELECT n, 'N' || n, '01', '01', 'F', '', {aum},"
        f" CASE WHEN n % 6 = 0 THEN NULL ELSE n % 6 END, {day(TODAY - timedelta(days=900))}, '',"
        f" {attributes}, '{{}}', 'bench', '', '', false, {moment} FROM series",
        f"INSERT INTO holding (holding_no, customer_id, kind, product_name, amount_fen, opened_on,"  # noqa: S608
        f" matures_on, source, source_date, digest, synthetic, changed_at) {n} SELECT 'H' || n || k.kind, n,"
        f" k.kind, '', 100000, {day(TODAY - timedelta(days=200))}, CASE WHEN n % 11 = 0 THEN"
        f" {day(TODAY + timedelta(days=9))} ELSE {day(TODAY + timedelta(days=99))} END, 'bench', '',"
        f" '', false, {moment} FROM series CROSS JOIN (SELECT 'deposit' AS kind UNION ALL SELECT 'card') k",
        f'INSERT INTO customer_snapshot (customer_id, "on", aum_fen, source, source_date, digest,'  # noqa: S608
        f" synthetic) {n} SELECT n, d.shot, {aum} + d.back * (n % 7) * 1000, 'bench', '', '', false"
        f" FROM series CROSS JOIN ({days}) d",
        f"INSERT INTO customer_flow (customer_id, month, kind, amount_fen, source, source_date,"  # noqa: S608
        f" digest, synthetic, changed_at) {n} SELECT n, m.month, CASE n % 3 WHEN 0 THEN 'payroll_in'"
        f" WHEN 1 THEN 'out_other_bank' ELSE 'pos_in' END, 900000 + n % 900000, 'bench', '', '', false,"
        f" {moment} FROM series CROSS JOIN ({months}) m WHERE n % 4 = 0",
    ]


PLAIN_TIERS: Final = (
    "UPDATE customer SET tier = CASE WHEN aum_fen IS NULL THEN '' WHEN aum_fen > 600000000 THEN '私行'"
    " WHEN aum_fen >= 50000000 THEN '高端' WHEN aum_fen >= 5000000 THEN '中端'"
    " WHEN aum_fen >= 1000000 THEN '有效' ELSE '潜力' END"
)


def _plain_leads(day: Callable[[date], str]) -> str:
    year, quarter, this = day(date(2025, 11, 1)), day(date(2026, 8, 1)), day(date(2026, 11, 1))
    return (
        "CREATE TABLE plain_leads AS WITH f AS (SELECT customer_id,"  # noqa: S608
        " sum(CASE WHEN kind = 'payroll_in' THEN amount_fen ELSE 0 END) AS pay,"
        " sum(CASE WHEN kind IN ('out_other_bank', 'out_third_party') THEN amount_fen ELSE 0 END) AS away,"
        f" sum(CASE WHEN kind = 'custody_trade' AND month >= {quarter} AND month < {this} THEN amount_fen ELSE 0 END) AS custody,"
        f" sum(CASE WHEN kind = 'pos_in' AND month >= {quarter} AND month < {this} THEN amount_fen ELSE 0 END) AS pos"
        f" FROM customer_flow WHERE month >= {year} GROUP BY customer_id),"
        " h AS (SELECT customer_id, sum(CASE WHEN kind = 'loan' AND (product_name LIKE '%按揭%' OR"
        " product_name LIKE '%住房%' OR product_name LIKE '%消费%' OR product_name LIKE '%信用%') THEN 1 ELSE 0 END) AS loans,"
        " sum(CASE WHEN kind IN ('wealth', 'fund', 'insurance', 'metal') THEN 1 ELSE 0 END) AS wealth"
        " FROM holding WHERE removed_at IS NULL GROUP BY customer_id),"
        " m AS (SELECT c.id, c.aum_fen, s.peak_fen, coalesce(f.pay, 0) AS pay, coalesce(f.away, 0) AS away,"
        " coalesce(f.custody, 0) / 3 AS custody, coalesce(f.pos, 0) / 3 AS pos, coalesce(h.loans, 0) AS loans,"
        " coalesce(h.wealth, 0) AS wealth FROM customer c LEFT JOIN f ON f.customer_id = c.id"
        " LEFT JOIN h ON h.customer_id = c.id LEFT JOIN customer_standing s ON s.customer_id = c.id"
        " WHERE c.removed_at IS NULL)"
        " SELECT id, 'payroll' AS finder, pay AS amount, aum_fen FROM m WHERE pay >= 6000000 AND aum_fen * 100 / nullif(pay, 0) <= 30 AND aum_fen < 5000000"
        " UNION ALL SELECT id, 'settlement', away, aum_fen FROM m WHERE away >= 20000000 AND aum_fen < 5000000"
        " UNION ALL SELECT id, 'loan', away, aum_fen FROM m WHERE loans >= 1 AND away >= 1000000 AND aum_fen < 5000000"
        " UNION ALL SELECT id, 'custody', custody, aum_fen FROM m WHERE custody > 5000000 AND wealth <= 0"
        " UNION ALL SELECT id, 'pos', pos, aum_fen FROM m WHERE pos > 10000000 AND aum_fen < 5000000"
        " UNION ALL SELECT id, 'potential', peak_fen, aum_fen FROM m WHERE peak_fen > 10000000 AND aum_fen < 5000000"
    )


async def _timed(database: Database, work: Awaitable[Any]) -> Taken:
    wall, cpu = time.perf_counter(), await spent(database)
    await work
    return time.perf_counter() - wall, await spent(database) - cpu


async def _run(database: Database, statement: Any) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement) if isinstance(statement, str) else statement)


async def _plain_standing(database: Database) -> None:
    """Our select once over everybody, into a table without key or index."""
    policy = standing_policy.load()
    table: Any = CustomerStanding
    made = table.__table__.to_metadata(MetaData(), name="plain_standing")
    async with database.transaction() as session:
        await session.execute(
            text("CREATE TABLE plain_standing AS SELECT * FROM customer_standing WHERE 1 = 0")
        )
        m = measured(session, Window(0, 10**15), policy, TODAY).subquery("m")
        chosen = select(m.c.customer_id, *stood(m.c, policy, TODAY))
        await session.execute(insert(made).from_select(["customer_id", *COLUMNS], chosen))


async def measure(url: str, customers: int) -> dict[str, Any]:
    """Fill a bank, then each question plainly and by us, on one database."""
    database = Database(url, CIPHER)
    sqlite = database.is_sqlite

    def day(one: date) -> str:
        return f"'{one}'" if sqlite else f"CAST('{one}' AS DATE)"

    moment = "'2026-11-22 00:00:00.000000'" if sqlite else "TIMESTAMPTZ '2026-11-22 00:00:00+00'"
    attributes = "'{}'" if sqlite else "CAST('{}' AS JSONB)"
    async with database.engine.begin() as connection:
        await connection.run_sync(_create)
    async with database.transaction() as session:
        session.add(Unit(unit_id="01", name="一", path="/01/"))
    for statement in _fill(customers, day, attributes, moment):
        await _run(database, statement)
    if not sqlite:
        await _run(database, "ANALYZE")
    tiers, standing, leads = tier_policy.load(), standing_policy.load(), lead_policy.load()
    taken: dict[str, dict[str, Taken]] = {"tiers": {}, "standing": {}, "leads": {}}
    taken["tiers"]["plain"] = await _timed(database, _run(database, PLAIN_TIERS))
    await _run(database, "UPDATE customer SET tier = ''")
    if not sqlite:
        await _run(database, "ANALYZE")
    taken["tiers"]["first"] = await _timed(database, assign_tiers(database, tiers, AT))
    taken["tiers"]["again"] = await _timed(database, assign_tiers(database, tiers, AT))
    taken["standing"]["plain"] = await _timed(database, _plain_standing(database))
    taken["standing"]["first"] = await _timed(database, evaluation.evaluate(database, standing, AT))
    taken["standing"]["again"] = await _timed(database, evaluation.evaluate(database, standing, AT))
    if not sqlite:
        await _run(database, "ANALYZE")
    taken["leads"]["plain"] = await _timed(database, _run(database, _plain_leads(day)))
    taken["leads"]["first"] = await _timed(database, finding.find(database, leads, AT))
    taken["leads"]["again"] = await _timed(database, finding.find(database, leads, AT))
    await _load(database)
    taken["standing"]["one in a hundred"] = await _timed(
        database, evaluation.evaluate_changed(database, standing, LATER)
    )
    taken["leads"]["one in a hundred"] = await _timed(
        database, finding.find_changed(database, leads, LATER)
    )
    async with database.reading() as session:
        same = await session.execute(
            text(
                "SELECT (SELECT count(*) FROM plain_leads),"
                " (SELECT count(*) FROM lead WHERE state = 'open')"
            )
        )
        plain, ours = same.one()
    await database.close()
    if abs(plain - ours) > customers // 100:
        raise SystemExit(f"the two sides disagree: {plain} leads plainly, {ours} by us")
    return {
        "leads": ours,
        **{
            name: {
                "seconds": {how: round(wall, 2) for how, (wall, _) in runs.items()},
                "ratio_wall": round(runs["first"][0] / runs["plain"][0], 2),
                "ratio_wall_again": round(runs["again"][0] / runs["plain"][0], 2),
                "ratio_cpu": round(runs["first"][1] / runs["plain"][1], 2),
                "ratio_cpu_again": round(runs["again"][1] / runs["plain"][1], 2),
            }
            for name, runs in taken.items()
        },
    }


async def _load(database: Database) -> None:
    """A load that touched one customer in a hundred."""
    stamp = LATER.strftime("%Y-%m-%d %H:%M:%S") + (".000000" if database.is_sqlite else "+00")
    await _run(
        database,
        f"UPDATE customer SET changed_at = '{stamp}', aum_fen = aum_fen + 1 WHERE id % 100 = 0",  # noqa: S608
    )
    row = ImportRun(
        kind="customers", file_name="f.csv", sha256="", state="applied", by="system:bench",
        started_at=LATER, finished_at=LATER,
    )  # fmt: skip
    async with database.transaction() as session:
        session.add(row)


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
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = run(chosen.customers, chosen.database, chosen.server)
    sys.stdout.write(json.dumps(found, indent=None if chosen.json else 1) + "\n")


if __name__ == "__main__":
    main()
