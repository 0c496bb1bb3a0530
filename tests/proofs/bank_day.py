"""A bank on one working day: members, customers in waves, words for them, and what is queued."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import Channel, Purpose
from config.settings import Settings
from content_library import service as library
from content_library.facts import ScriptDraft
from crm_sync import selection
from crm_sync.models import Contact, Coverage, Customer, Relation
from delivery import broadcasts, door
from delivery.facts import STAFF_CARD
from delivery.intents import Intent, Outcome
from delivery.models import Outbox, OutboxState
from delivery.repository import keys, outbox
from delivery.repository.outbox import Call
from kit import partitions
from kit.clock import bank_moment, end_of_bank_day
from kit.db import cipher_of
from kit.scheduling import slots
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import BEFORE, insert_rows
from wiring.databases import open_databases
from wiring.jobs import JOBS
from wiring.parts import Parts
from wiring.scheduler import newest_due
from wiring.schema import migrate
from wiring.secrets import load_keys

DAY: Final = date(2026, 11, 25)
BEGINS: Final = bank_moment(DAY, time(10, 30))
MEMBERS: Final = tuple(f"member{number}" for number in range(6))
PER_MEMBER: Final = 3
WAVE: Final = len(MEMBERS) * PER_MEMBER
CARE: Final = "天气转凉，早晚添件衣服，出门慢一点。接到陌生来电要您转账的，先挂断再打我行客服核实。"
WELCOME: Final = "您好，我是{{bank_name}}的客户经理{{staff_name}}，很高兴认识您。"
LONG_JOBS: Final = timedelta(hours=1)


def external(number: int) -> str:
    """The contact of customer ``number``."""
    return f"wmDay{number:06d}"


def owner(number: int) -> str:
    """The member who follows customer ``number``: every wave has some of each."""
    return MEMBERS[number % len(MEMBERS)]


def at_wecom(waves: int) -> dict[str, object]:
    """The members and customers as the simulator loads them."""
    return {
        "members": [{"userid": one, "name": one, "contact_cap": 100_000} for one in MEMBERS],
        "customers": [
            {
                "external_userid": external(number),
                "name": f"客户{number}",
                "followers": [{"userid": owner(number), "createtime": 1_760_000_000}],
            }
            for number in range(waves * WAVE)
        ],
    }


async def prepare(settings: Settings) -> None:
    """A migrated database with room for the day."""
    databases = open_databases(settings, load_keys(settings).cipher)
    for database in databases.distinct:
        await migrate(database)
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda one: partitions.prepare(one, BEGINS))
    await databases.close()


async def found(parts: Parts, waves: int) -> int:
    """Fill the bank; what a day does by itself in the morning is done. Returns the care script."""
    async with parts.databases.bank.transaction() as session:
        await bank.units(session)
        for one in MEMBERS:
            await bank.staff(session, one)
        await _customers(session, waves * WAVE)
        care = await _script(session, parts, "care.cold", CARE, form="broadcast")
        await _script(session, parts, "welcome.first", WELCOME, form="welcome", scene="welcome")
        at = parts.clock()
        for job in JOBS:
            planned_at = newest_due(job, at)
            if planned_at is not None and job.late > LONG_JOBS:
                mine = {"job": job.id, "planned_at": planned_at, "worker": "morning", "at": at}
                await slots.take(session, **mine)  # type: ignore[arg-type]
                await slots.finish(session, **mine)  # type: ignore[arg-type]
    return care


async def _customers(session: AsyncSession, number: int) -> None:
    cipher = cipher_of(session)
    everybody = range(number)
    await insert_rows(
        session,
        Customer,
        [
            {
                "customer_no": f"D{one:06d}",
                "name": cipher.seal("customer.name", f"D{one:06d}", f"客户{one}"),
                "born_on": date(1980, 1, 1),
                "birthday": 101,
                "unit_id": "0101",
                "changed_at": BEFORE,
            }
            for one in everybody
        ],
    )
    query = select(col(Customer.customer_no), col(Customer.id))
    ids = {name: row_id for name, row_id in await session.execute(query)}  # noqa: C416
    owned = [
        {"customer_id": ids[f"D{one:06d}"], "kind": "owner", "staff_id": owner(one)}
        for one in everybody
    ]
    await insert_rows(session, Coverage, [{**row, "since": BEFORE} for row in owned])
    contacts = [
        {
            "external_userid": external(one),
            "name": cipher.seal("contact.name", external(one), f"昵称{one}"),
            "kind": 1,
            "customer_id": ids[f"D{one:06d}"],
            "first_seen_at": BEFORE,
        }
        for one in everybody
    ]
    await insert_rows(session, Contact, contacts)
    relations = [
        {"userid": owner(one), "external_userid": external(one), "added_at": BEFORE}
        for one in everybody
    ]
    await insert_rows(session, Relation, relations)


async def _script(
    session: AsyncSession, parts: Parts, code: str, words: str, *, form: str, scene: str = ""
) -> int:
    draft = ScriptDraft(
        code=code, title=code, scene=scene or code, purpose="care", template=words, form=form
    )
    by, at = "staff:wangshan", BEFORE
    version = await library.draft(session, draft, by=by, at=at)
    await library.submit(session, version, by=by, reason="关怀", at=at, examiner=parts.examiner)
    await library.approve(session, version, by="staff:hejing", opinion="同意使用", at=at)
    return version


async def customer_ids(session: AsyncSession, wave: int) -> list[int]:
    """The customers of one wave."""
    names = [f"D{number:06d}" for number in range(wave * WAVE, (wave + 1) * WAVE)]
    query = (
        select(col(Customer.id))
        .where(col(Customer.customer_no).in_(names))
        .order_by(col(Customer.customer_no))
    )
    return [one for one in (await session.execute(query)).scalars() if one is not None]


async def broadcast(
    parts: Parts, care: int, wave: int, *, judged_at: datetime | None = None
) -> list[str]:
    """Let one wave through the door, a task a member; the contacts that passed.

    ``judged_at``: a working hour, where the clock of ``parts`` shows none.
    """
    now = parts.clock()
    at, until = judged_at or now, now + timedelta(hours=8)
    async with parts.databases.bank.transaction() as session:
        ids = await customer_ids(session, wave)
        people = await selection.customer_facts(session, ids)
        ways = await selection.reaches(session, ids)
        intents = [
            Intent(
                key=f"care:{number}",
                trigger="persona.content",
                channel=Channel.BROADCAST,
                purpose=Purpose.CARE,
                customer=people[number],
                reach=ways[number],
                script_version_id=care,
                fields={},
                title="关怀",
                why="换季",
                due_on=DAY,
                expires_at=until,
            )
            for number in ids
        ]
        done = await door.submit(session, intents, at=at, desk=parts.desk, by="system:proof")
        assert {one.outcome for one in done} == {Outcome.QUEUED}, done
        await broadcasts.close(session, DAY, at=at, due_at=now, expires_at=until)
    return [one.external_userid for one in ways.values()]


async def cards(parts: Parts, wave: int, members: Sequence[str]) -> list[str]:
    """Queue a card for each member, as the morning does; their task ids."""
    at: datetime = parts.clock()
    wanted = {f"announce:{one}:{wave}": one for one in members}
    async with parts.databases.bank.transaction() as session:
        taken = await keys.take(session, sorted(wanted), at)
        calls = [
            Call(
                key=key,
                kind=STAFF_CARD,
                payload={
                    "userid": wanted[key],
                    "title": "今天有 3 件客户待办",
                    "description": "11月25日",
                    "source": "青禾银行",
                    "figure": "3",
                    "figure_note": "件待办，话术已备好",
                    "facts": [["怎么做", "点开后逐个发送或记录结果"]],
                    "url": "https://bank.example/h5/todo",
                    "task_id": f"todo-{wanted[key]}-{wave}",
                },
                due_at=at,
                expires_at=end_of_bank_day(at),
                unit_id="0101",
                userid=wanted[key],
                priority=5,
            )
            for key in sorted(taken)
        ]
        await outbox.put(session, calls, at)
    return [str(call.payload["task_id"]) for call in calls]


async def under_way(parts: Parts) -> int:
    """Calls that a process has claimed and not settled."""
    query = select(func.count()).where(col(Outbox.state) == OutboxState.SENDING)
    async with parts.databases.bank.reading() as session:
        return int((await session.execute(query)).scalar_one())
