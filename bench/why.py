"""``gengyun why`` at a million ledger entries: how long one message's whole chain takes.

``python -m bench why``

A made-up bank: to-dos and places in broadcasts with their keys and quota, planned by batches whose
entries name 2,500 contacts each and lie twelve to a moment (a run of 30,000 contacts), between other
entries, all appended by the product's own ``ledger.append``; and what was refused. Measured: finding the message, every link and the
proof, each time for another message of another kind.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert, text

from bench.fresh import drop, fresh
from bench.imports import CIPHER, _create
from compliance.policy import GatePolicy
from config import channel_choice_policy, reminder_policy
from delivery import batches
from delivery.models import Broadcast, BroadcastRecipient, IntentKey, QuotaSlot
from delivery.repository import todos
from insights.why import chain
from kit import ledger
from kit.db import Database
from kit.ids import new_id
from tests.postgres import running_postgres
from tests.schema import import_every_model

AT: Final = datetime(2026, 11, 23, 2, tzinfo=UTC)
BATCH: Final = 10_000
TOGETHER: Final = 12
"""Batches that one planning run writes at one moment: 30,000 contacts."""
ASKED: Final = 40
UNITS: Final = 4


@dataclass(frozen=True)
class Asked:
    """Milliseconds of each asking on one database."""

    database: str
    entries: int
    messages: int
    took_ms: Sequence[float]
    sound: bool


def run(entries: int) -> list[Asked]:
    """Measure on SQLite and on a PostgreSQL of this run."""
    import_every_model()
    found: list[Asked] = []
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="gengyun-bench-"))
        url = f"sqlite:///{Path(directory) / 'bank.db'}"
        found.append(asyncio.run(_measure("SQLite", url, entries)))
        server = stack.enter_context(running_postgres())
        url = asyncio.run(fresh(server))
        found.append(asyncio.run(_measure("PostgreSQL", url, entries)))
        asyncio.run(drop(server, url))
    return found


async def _measure(name: str, url: str, entries: int) -> Asked:
    database = Database(url, CIPHER)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(_create)
        refs: list[str] = []
        for number in range(0, entries, BATCH):
            refs += await _batch(database, number)
        if not database.is_sqlite:
            async with database.engine.connect() as connection:
                plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await plain.execute(text("ANALYZE"))
        took, sound = [], True
        for ref in refs[:: max(1, len(refs) // ASKED - 1)][:ASKED]:
            begun = time.perf_counter()
            async with database.reading() as session:
                found = await chain.of(
                    session,
                    ref,
                    reminders=reminder_policy.load(),
                    channels=channel_choice_policy.load(),
                    gate=GatePolicy.load(),
                )
            took.append((time.perf_counter() - begun) * 1000)
            refused = found is not None and found.message.kind == "refused"
            sound = sound and found is not None and (refused or found.proof.sound)
        return Asked(name, entries, entries // 4, took, sound)
    finally:
        await database.close()


async def _batch(database: Database, number: int) -> list[str]:
    """Ten thousand entries about customers and the one of a batch of 2,500 contacts, nine to-dos of
    ten and places in broadcasts; besides them a thousand things that were refused.
    """
    at = AT + timedelta(seconds=number // BATCH // TOGETHER)
    rows, keys, slots, lines, places = [], [], [], [], []
    gone: list[str] = []
    items: list[tuple[object, ...]] = []
    tasks = {f"{place:04d}": new_id() for place in range(UNITS)}
    for one in range(number, number + BATCH):
        unit, customer = f"{one % UNITS:04d}", one // 7
        planned, spread = one % 4 == 0, one % 40 == 0
        way = "broadcast" if spread else "todo"
        key = f"maturity.deposit:{one}:2026-11-30:7"
        lines.append(
            ledger.Entry(
                kind="plan",
                act="persona.changed",
                actor="system:personas",
                object=f"customer:{customer}",
                unit=unit,
                reason="maturity.deposit",
            )
        )
        if planned:
            items.append(
                (key, customer, unit, f"m{customer % 200}", way, way, "maturity.deposit", "", "")
            )
            keys.append({"key": key, "at": at, "outcome": "queued", "reasons": ""})
            slots.append(
                {
                    "customer_id": one, "family": "service", "window": "day",
                    "starts_on": date(2026, 11, 23), "slot": 0, "key": key,
                }
            )  # fmt: skip
            if spread:
                places.append(
                    {
                        "broadcast_id": tasks[unit], "external_userid": f"wm{one}",
                        "customer_id": customer, "key": key, "state": "planned",
                        "channel_reason": "",
                    }
                )  # fmt: skip
            else:
                rows.append(_todo(new_id(), key, customer, unit, at))
        elif one % 10 == 1:
            refused = f"birthday:{customer}:{one}"
            keys.append({"key": refused, "at": at, "outcome": "outranked", "reasons": key})
            gone.append(f"key:{refused}")
    lines.append(
        ledger.Entry(
            kind="plan", act=batches.PLANNED, actor="system:planner", object=f"batch:{new_id()}",
            unit="hq", payload={"rows": len(items), "columns": batches.LINE, "items": items},
        )
    )  # fmt: skip
    async with database.transaction() as session:
        await session.execute(
            insert(Broadcast), [_task(number, unit, at) for unit, number in tasks.items()]
        )
        await session.execute(insert(BroadcastRecipient), places)
        await session.execute(insert(IntentKey), keys)
        await session.execute(insert(QuotaSlot), slots)
        if rows:
            await todos.put(session, {name: [row[name] for row in rows] for name in rows[0]})
        await ledger.append(session, lines, at=at)
    spots = [f"broadcast:{one['broadcast_id']}/{one['external_userid']}" for one in places]
    return [*spots[:1], *gone[:1], *(f"todo:{row['id']}" for row in rows[:2])]


def _task(number: int, unit: str, at: datetime) -> dict[str, object]:
    return {
        "id": number, "key": f"broadcast:{number}", "planned_on": date(2026, 11, 23),
        "userid": "m1", "staff_id": "m1", "unit_id": unit, "trigger": "maturity.deposit",
        "purpose": "service", "script_version_id": 1, "script_code": "t7", "script_version": 1,
        "text": b"", "text_hash": "", "state": "gathering", "created_at": at,
    }  # fmt: skip


def _todo(todo_id: int, key: str, customer: int, unit: str, at: datetime) -> dict[str, object]:
    return {
        "id": todo_id, "key": key, "trigger": "maturity.deposit", "purpose": "service",
        "campaign": "", "kind": "message", "customer_id": customer, "staff_id": f"m{customer % 200}",
        "userid": "", "external_userid": "", "unit_id": unit, "script_version_id": None,
        "script_code": "", "script_version": 0, "text": None, "text_hash": "", "title": "到期",
        "why": "到期", "detail": {}, "channel": "todo", "channel_reason": "", "channel_refused": "",
        "planned_on": date(2026, 11, 23), "due_on": date(2026, 11, 23),
        "expires_at": at + timedelta(days=1), "priority": 5, "created_at": at,
    }  # fmt: skip


def told(found: Sequence[Asked], said: str) -> list[str]:
    """The table."""
    lines = [
        "The whole chain of one message (found by its number, every link, its ledger entries, the"
        f" stretches of the chains recomputed), {ASKED} different messages each; the promise is"
        " 2 s at a million entries.",
        "",
        "| database | ledger entries | messages | median ms | slowest ms | proof |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.database} | {one.entries:,} | {one.messages:,} |"
        f" {statistics.median(one.took_ms):.0f} | {max(one.took_ms):.0f} |"
        f" {'sound' if one.sound else 'BROKEN'} |"
        for one in found
    ]
    return [*lines, "", said]
