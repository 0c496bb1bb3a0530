"""A campaign of the whole bank: its load, its draw, a day of to-dos, a broadcast; beside plain SQL.

``python -m bench campaigns``. The yardstick is one hand-written CREATE TABLE AS with the same
selection, a random hold-out and the same turns, which keeps no seed, no key, no index and no
record. Statements are counted by the driver: their number must not follow the customers.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as hour
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, text

from bench.fresh import drop, fresh
from bench.intake.measuring import settings_of
from bench.planning.seeding import fill
from bench.processors import spent
from campaigns.waves import counting, jobs, repository, selecting, service
from campaigns.waves.facts import Asked, WaveAsked
from config import policy_catalogue
from config.settings import load
from content_library import repository as scripts_of
from content_library.facts import Form
from crm_sync.rules.conditions import parse
from crm_sync.segments import service as segments
from kit.clock import bank_date, bank_moment, now
from kit.db import Database
from tests.postgres import running_postgres
from wiring import campaign_duty
from wiring.databases import open_databases
from wiring.parts import Parts, build
from wiring.schema import migrate
from wiring.secrets import load_keys

ONE, TWO = "staff:s000001", "staff:s000002"
PER_DAY: Final = 15
BROADCAST_TO: Final = 100_000
"""Above this many customers the broadcast is not planned: the door's pace is the plan's own."""


@dataclass(frozen=True)
class Step:
    """Seconds by the wall and of processors, statements sent, customers dealt with."""

    wall: float
    cpu: float
    statements: int
    customers: int


@dataclass(frozen=True)
class Campaigned:
    """What a campaign of a bank of some size took on one database."""

    database: str
    customers: int
    steps: dict[str, Step]


async def measure(name: str, parts: Parts, customers: int) -> Campaigned:
    """Fill the bank, then each step once."""
    database = parts.databases.bank
    at = bank_moment(bank_date(now()), hour(8))
    await fill(parts, customers, at - timedelta(days=1))
    async with database.transaction() as session:
        anybody = parse({"dim": "age", "op": "ge", "value": 18})
        known = campaign_duty.known(parts)
        await segments.save(
            session, "all", "成年客户", anybody, policy=known.personas, by=ONE, at=at, reason="全行"
        )
        await segments.put_in_force(session, "all", by=ONE, at=at, reason="全行")
    sent = _counted(database)
    steps: dict[str, Step] = {}

    async def step(what: str, work: Callable[[], Awaitable[int]]) -> None:
        wall, cpu, before = time.perf_counter(), await spent(database), sent[0]
        many = await work()
        steps[what] = Step(
            time.perf_counter() - wall, await spent(database) - cpu, sent[0] - before, many
        )

    async def plain() -> int:
        async with database.transaction() as session:
            await session.execute(text(PLAIN))
            found = await session.execute(text("SELECT COUNT(*) FROM plain_draw"))
            return int(found.scalar_one())

    async def forecast() -> int:
        async with database.reading() as session:
            found = await selecting.forecast(session, "all", units, known, at)
            return found.customers

    async with database.reading() as session:
        units = tuple((await session.execute(text("SELECT unit_id FROM unit"))).scalars())
    await step("plain", plain)
    await step("load", forecast)
    todos = await _approved(parts, "todo", units, at)

    async def draw() -> int:
        await jobs.begin(database, known=known, policy=_policy(parts), at=at)
        async with database.reading() as session:
            return sum((await counting.numbers(session, todos, None)).arms.values())

    async def run() -> int:
        done = await jobs.run(database, known=known, desk=parts.desk, policy=_policy(parts), at=at)
        return sum(n for what, n in done.items() if what not in ("tasks", "reviews", "drawn"))

    async def seen() -> int:
        async with database.reading() as session:
            one = await repository.one(session, todos, None)
            await counting.parts(session, one.campaign_id, None)
            await counting.parts(session, one.campaign_id, None, by_staff=True, limit=20)
            numbers = await counting.numbers(session, one.campaign_id, None)
            await counting.lines(session, one.campaign_id, None, limit=51)
            return sum(numbers.arms.values())

    await step("draw", draw)
    await step("to-dos", run)
    await step("again", run)
    await step("page", seen)
    if customers <= BROADCAST_TO:
        async with database.transaction() as session:
            await service.stop(session, todos, reason="换一个", by=TWO, at=at, units=None)
            await session.execute(text("DELETE FROM quota_slot"))
        await _approved(parts, "broadcast", units, at)
        await step("broadcast", run)
    return Campaigned(name, customers, steps)


PLAIN: Final = (
    "CREATE TABLE plain_draw AS SELECT customer_id, unit_id, staff_id, held,"
    " row_number() OVER (PARTITION BY staff_id, held ORDER BY fell) AS turn FROM ("
    "SELECT c.id AS customer_id, c.unit_id, o.staff_id, r.fell, r.fell % 10 = 0 AS held"
    " FROM customer c LEFT JOIN coverage o ON o.customer_id = c.id AND o.kind = 'owner'"
    " JOIN (SELECT id, abs(id * 2654435761 % 1000003) AS fell FROM customer) r ON r.id = c.id"
    " WHERE c.removed_at IS NULL AND c.born_on IS NOT NULL AND c.born_on <= '2008-11-01') d"
)


def _counted(database: Database) -> list[int]:
    """A counter of the statements that the database was sent from here on."""
    sent = [0]

    def told(*_: Any) -> None:
        sent[0] += 1

    for engine in {database.engine, database._reader}:
        event.listen(engine.sync_engine, "before_cursor_execute", told)
    return sent


def _policy(parts: Parts) -> Any:
    return parts.shelf.of(policy_catalogue.CAMPAIGNS)


async def _approved(parts: Parts, channel: str, units: tuple[str, ...], at: datetime) -> int:
    """One wave of approved words of care that need no facts of a product, to everybody."""
    database, today = parts.databases.bank, bank_date(at)
    form = Form.SINGLE if channel == "todo" else Form.BROADCAST
    async with database.transaction() as session:
        words = [
            one.code
            for one in await scripts_of.approved_in_form(session, form, at)
            if one.purpose == "care" and not one.product_kind
            and set(one.fields) <= {"customer_title", "bank_name", "unit_name", "staff_name", "hotline"}
        ]  # fmt: skip
        asked = Asked(
            title="全行问候", kind="penetrate", goal="让每位客户听到一次问候", measure="reached",
            target=1, owner="s000001", departments=("retail",), budget_fen=0, overrun_percent=0,
            starts_on=today, ends_on=today + timedelta(days=30),
            review_on=today + timedelta(days=40), segment="all", hold_out_percent=10,
            per_day=PER_DAY, preparation_id=1, waves=(WaveAsked(words[0], channel, today),),
            units=units,
        )  # fmt: skip
        examined = await service.examine(
            session, asked, missing=(), policy=_policy(parts), unit_id=units[0], at=at
        )
        number = await service.propose(session, examined, by=ONE, at=at)
        await service.decide(session, number, agree=True, opinion="可以", by=TWO, at=at, units=None)
    return number


async def _measured(name: str, url: str, directory: Path, customers: int) -> Campaigned:
    settings = load(settings_of(url, directory))
    databases = open_databases(settings, load_keys(settings).cipher)
    for database in databases.distinct:
        await migrate(database)
    await databases.close()
    parts = await build(settings)
    try:
        return await measure(name, parts, customers)
    finally:
        await parts.close()


def run(customers: int) -> list[Campaigned]:
    """Both databases, one after the other."""
    found = []
    with tempfile.TemporaryDirectory(prefix="gengyun-bench-") as directory:
        url = f"sqlite:///{Path(directory) / 'bank.db'}"
        found.append(asyncio.run(_measured("SQLite", url, Path(directory), customers)))
    with tempfile.TemporaryDirectory(prefix="gengyun-bench-") as directory, ExitStack() as stack:
        server = stack.enter_context(running_postgres())
        url = asyncio.run(fresh(server))
        stack.callback(lambda: asyncio.run(drop(server, url)))
        found.append(asyncio.run(_measured("PostgreSQL", url, Path(directory), customers)))
    return found


def told(found: list[Campaigned], said: str) -> list[str]:
    """The section of the page."""
    lines = [
        f"Everybody of age, 2.5 holdings a customer, 400 customers a manager, a hold-out of 10 %, {PER_DAY} to-dos a "
        "manager a day. The yardstick is one hand-written CREATE TABLE AS for the draw. To-dos and the broadcast go "
        "through the door (gate, screening, caps, sealing, ledger), whose pace is that of the day's plan above. In "
        "brackets the statements sent: the draw is one whatever the bank's size, a wave a fixed number for each batch "
        "of 2,000.",
        "",
        "| database | customers | load of each manager s | plain SQL draw s | draw s (statements) | × plain | a day's to-dos: customers | s (statements) | the same day again s | the page s | broadcast: customers | s (statements) |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        plain, drawn, todos = one.steps["plain"], one.steps["draw"], one.steps["to-dos"]
        cast = one.steps.get("broadcast")
        lines.append(
            f"| {one.database} | {one.customers:,} | {one.steps['load'].wall:.1f} | {plain.wall:.1f} "
            f"| {drawn.wall:.1f} ({drawn.statements}) | {drawn.wall / plain.wall:.1f} | {todos.customers:,} "
            f"| {todos.wall:.1f} ({todos.statements:,}) | {one.steps['again'].wall:.2f} "
            f"| {one.steps['page'].wall:.2f} | {cast.customers if cast else 0:,} "
            f"| {f'{cast.wall:.0f} ({cast.statements:,})' if cast else '—'} |"
        )
    return [*lines, "", said]
