"""Persona evaluation against the best SQL for the same question, on the same rows in the same run.

``python -m bench.personas [--customers 100000] [--database both|sqlite|postgresql] [--server URL]``

The bare side is one hand-written INSERT … SELECT with the shipped rules spelled out as a plain
WHERE each, ranked and cut to three by a window function, into a table of three columns and one
key. The explained side is the same into a table with the columns and both indexes of ours, with
what was seen as evidence. Ours also judges refusals and traces, compares, writes the ledger and
can be run again. The second evaluation of an unchanged bank and the one after a load are printed
too.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.engine import make_url

from bench.fresh import drop, fresh
from bench.memory import most_memory_mb
from bench.processors import spent
from config import persona_policy
from crm_sync.personas import evaluate
from crm_sync.personas_after_load import evaluate_changed
from kit import partitions
from kit.crypto import FieldCipher
from kit.db import Database
from tests.postgres import running_postgres
from tests.schema import import_every_model
from wiring import schema

AT: Final = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
CIPHER: Final = FieldCipher(keys={1: b"k" * 32}, current=1, index_key=b"i" * 32)
NUMBERS: Final = {
    "postgresql": "SELECT n FROM generate_series(1, {n}) AS g(n)",
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM g WHERE n < {n}) SELECT n FROM g",
}
CUSTOMERS: Final = """
INSERT INTO customer (id, customer_no, gender, born_on, birthday, unit_id, tier, occupation,
    attributes, source, source_date, digest, supplements, synthetic, changed_at)
SELECT n, 'B' || n, CASE WHEN n % 2 = 0 THEN 'F' ELSE 'M' END, {born}, 100 + n % 28,
    '01' || (n % 40), '', '',
    {json}, '', '', '', '{{}}', {false}, {then}
FROM ({numbers}) AS made
"""
ATTRIBUTES: Final = """CASE n % 20 WHEN 1 THEN '{"merchant":"yes"}' WHEN 2 THEN '{"hobby":"长跑;读书"}'
 WHEN 3 THEN '{"agri_loan":"1"}' WHEN 4 THEN '{"children_account":"是"}'
 WHEN 5 THEN '{"third_party_custody":"yes"}' ELSE '{}' END"""
HOLDINGS: Final = """
INSERT INTO holding (holding_no, customer_id, kind, product_name, risk_level, source, source_date,
    digest, synthetic, changed_at)
SELECT 'H' || n, 1 + n % {customers}, CASE WHEN n % 3 = 0 THEN 'fund' ELSE 'deposit' END, '',
    1 + n % 5, '', '', '', {false}, {then}
FROM ({numbers}) AS made
"""
TABLES: Final = (
    "CREATE TABLE bare_membership"
    " (id bigint, persona text, is_primary boolean, PRIMARY KEY (id, persona))",
    "CREATE TABLE explained_membership (id bigint, persona text, source text, confidence integer,"
    " evidence text, rule_version text, by_hand boolean, heard boolean, is_primary boolean,"
    " since text, expires_at text, PRIMARY KEY (id, persona))",
    "CREATE INDEX explained_persona ON explained_membership (persona, id)",
)
BARE: Final = """
INSERT INTO bare_membership
SELECT id, persona, place = 1 FROM ({ranked}) AS ranked WHERE place <= 3
"""
EXPLAINED: Final = """
INSERT INTO explained_membership
SELECT id, persona, CASE rank WHEN 0 THEN 'crm' ELSE 'self' END, CASE rank WHEN 0 THEN 100 ELSE 95 END,
  '[{{"rule":"' || persona || '","seen":["' || seen || '"]}}]', '2026-11-22+0123456789ab',
  {false}, {false}, place = 1, '2026-11-22 01:00:00.000000', NULL
FROM ({ranked}) AS ranked WHERE place <= 3
"""
RANKED: Final = """
  SELECT {columns}, row_number() OVER (PARTITION BY id ORDER BY rank, priority DESC) AS place FROM (
{found}
  ) AS found
"""
FUNDS: Final = """FROM holding WHERE holding.customer_id = customer.id AND kind = 'fund' AND risk_level >= 4
       AND holding.removed_at IS NULL AND (matures_on IS NULL OR matures_on >= '2026-11-22')"""


def _plain(postgresql: bool, *, explained: bool) -> str:
    """The statement of the bare or the explained side."""
    false = "false" if postgresql else "0"

    def told(key: str) -> str:
        return f"(attributes ->> '{key}')" if postgresql else f"json_extract(attributes, '$.{key}')"

    def yes(key: str) -> str:
        return f"{told(key)} IN ('yes', '1', '是', 'Y', 'true')"

    def lists(key: str, *values: str) -> str:
        return (
            "(" + " OR ".join(f"';' || {told(key)} || ';' LIKE '%;{one};%'" for one in values) + ")"
        )

    born, hobby = "born_on" + ("::text" if postgresql else ""), told("hobby")
    grown = f"NOT coalesce(born_on >= '2008-11-23', {false})"
    funds = f"(SELECT count(*) {FUNDS})" + ("::text" if postgresql else "")
    personas = (
        ("老年", 0, 90, born,
         f"(born_on <= '1966-11-22' OR (born_on <= '1971-11-22' AND {yes('pension_payroll')}))"),
        ("宝妈", 0, 70, f"coalesce({told('children_account')}, {hobby})",
         f"({yes('children_account')} OR {lists('hobby', '亲子', '育儿')}) AND {grown}"),
        ("90后", 0, 60, born, "born_on BETWEEN '1990-01-01' AND '1999-12-31'"),
        ("长跑", 1, 45, hobby, lists("hobby", "长跑", "跑步", "马拉松", "晨跑")),
        ("读书", 1, 35, hobby, lists("hobby", "读书", "阅读", "书法")),
        ("股市", 0, 55, f"coalesce({told('third_party_custody')}, {funds})",
         f"({yes('third_party_custody')} OR EXISTS (SELECT 1 {FUNDS})) AND {grown}"),
        ("商贸", 0, 65, f"coalesce({told('merchant')}, {told('legal_person')})",
         f"({yes('merchant')} OR {yes('legal_person')})"),
        ("县域", 0, 64, f"coalesce({told('agri_loan')}, {told('agri_subsidy')})",
         f"({yes('agri_loan')} OR {yes('agri_subsidy')})"),
    )  # fmt: skip
    found = " UNION ALL ".join(
        f"SELECT id, '{name}' AS persona, {rank} AS rank, {priority} AS priority"  # noqa: S608
        + (f", {seen} AS seen" if explained else "")
        + f" FROM customer WHERE removed_at IS NULL AND {fits}"
        for name, rank, priority, seen, fits in personas
    )
    columns = "id, persona, rank, seen" if explained else "id, persona"
    ranked = RANKED.format(columns=columns, found=found)
    return (EXPLAINED if explained else BARE).format(ranked=ranked, false=false)


async def _fill(database: Database, customers: int) -> None:
    postgresql = not database.is_sqlite
    born = (
        "date '1940-01-01' + ((CAST(n AS BIGINT) * 7919) % 28000)::int"
        if postgresql
        else "date('1940-01-01', '+' || ((n * 7919) % 28000) || ' days')"
    )
    common = {
        "false": "false" if postgresql else "0",
        "then": "timestamptz '2026-01-01'" if postgresql else "'2026-01-01 00:00:00.000000'",
    }
    json = f"({ATTRIBUTES})::jsonb" if postgresql else ATTRIBUTES
    async with database.transaction() as session:
        numbers = NUMBERS[database.backend]
        made = CUSTOMERS.format(born=born, json=json, numbers=numbers.format(n=customers), **common)
        await session.execute(text(_escaped(made)))
        many = numbers.format(n=customers * 5 // 2)
        held = HOLDINGS.format(customers=customers, numbers=many, **common)
        await session.execute(text(_escaped(held)))
        for statement in TABLES:
            await session.execute(text(statement))
    async with database.transaction() as session:
        await session.execute(text("ANALYZE"))


def _escaped(statement: str) -> str:
    """Colons of JSON and casts are no parameters."""
    return statement.replace(":", "\\:")


Taken = tuple[float, float]
"""Seconds by the wall and of processors."""


async def _timed(database: Database, work: Callable[[], Awaitable[Any]]) -> tuple[Taken, Any]:
    wall, cpu = time.perf_counter(), await spent(database)
    found = await work()
    return (time.perf_counter() - wall, await spent(database) - cpu), found


async def measure(database: Database, customers: int) -> dict[str, Any]:
    """Fill the bank, take both sides; seconds and ratios by the wall and of processors."""
    await _fill(database, customers)
    policy = persona_policy.load()

    async def plain(explained: bool) -> int:
        statement = _plain(not database.is_sqlite, explained=explained)
        async with database.transaction() as session:
            done: Any = await session.execute(text(_escaped(statement)))
            return int(done.rowcount)

    taken: dict[str, Taken] = {}
    taken["bare"], rows = await _timed(database, lambda: plain(explained=False))
    taken["explained"], same = await _timed(database, lambda: plain(explained=True))
    assert same == rows, (same, rows)
    taken["first"], report = await _timed(database, lambda: evaluate(database, policy, AT))
    assert report.members.total() == rows, (report.members, rows)
    taken["again"], second = await _timed(database, lambda: evaluate(database, policy, AT))
    assert second.changed == 0, second
    async with database.transaction() as session:
        changed = text("UPDATE customer SET changed_at = :at WHERE id % 100 = 0")
        await session.execute(
            changed, {"at": AT if not database.is_sqlite else AT.strftime("%Y-%m-%d %H:%M:%S.%f")}
        )
    taken["one in a hundred"], third = await _timed(
        database, lambda: evaluate_changed(database, policy, AT)
    )
    (wall, cpu), of = taken["bare"], ("first", "again")
    told = taken["explained"][0]
    return {
        "memberships": rows,
        "looked_at": third.customers,
        "seconds": {how: round(one[0], 2) for how, one in taken.items()},
        "cpu_seconds": {how: round(one[1], 2) for how, one in taken.items()},
        "ratio_wall": {how: round(taken[how][0] / wall, 1) for how in of},
        "ratio_explained": {how: round(taken[how][0] / told, 1) for how in of},
        "ratio_cpu": {how: round(taken[how][1] / cpu, 1) for how in of},
        "most_memory_mb": round(most_memory_mb()),
    }


async def _main(customers: int, kind: str, server: str | None) -> dict[str, Any]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="gengyun-bench-") as folder:
            return await _on(f"sqlite:///{Path(folder) / 'bank.db'}", customers)
    with ExitStack() as stack:
        given = make_url(server) if server else stack.enter_context(running_postgres())
        url = await fresh(given)
        try:
            return await _on(url, customers)
        finally:
            await drop(given, url)


async def _on(url: str, customers: int) -> dict[str, Any]:
    database = Database(url, CIPHER)
    try:
        await schema.migrate(database)
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda one: partitions.prepare(one, AT))
        return await measure(database, customers)
    finally:
        await database.close()


def run(customers: int, database: str, server: str | None) -> dict[str, Any]:
    """Measure on the asked databases; see the module's sentence for what is compared."""
    import_every_model()
    found: dict[str, Any] = {"customers": customers}
    for kind in ("sqlite", "postgresql"):
        if database in ("both", kind):
            found[kind] = asyncio.run(_main(customers, kind, server))
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
