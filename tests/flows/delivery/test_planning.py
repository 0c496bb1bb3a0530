"""A day is planned once, by the rules, for whoever can be reached; everything else is counted."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from compliance import service as consent
from compliance.facts import Channel, Purpose, Scope
from content_library import service as library
from crm_sync import selection
from crm_sync.models import PersonaMembership
from delivery import batches, merging
from delivery.candidates import Source
from delivery.intents import Intent
from delivery.repository import todos
from kit.db import Database
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from reminders.jobs import PersonaSlot, plan_day
from reminders.report import PlanReport
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, T7, approved_script, desk

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 25)  # a Wednesday
MORNING = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 06:30 at the bank
CARE = "天气转凉，早晚添件衣服，出门慢一点。接到陌生来电要您转账的，先挂断再打我行客服核实。不想收到这类内容，回复“退订”。"


async def _small_bank(database: Database) -> dict[str, int]:
    """李敏 covers three customers: one deposit in seven days, one today, one birthday."""
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        people = {
            "seven": await bank.reached_customer(
                session, "C1", owner="limin", gender="F", born_on=date(1958, 3, 2)
            ),
            "phone": await bank.customer(
                session, "C2", owner="limin", born_on=date(1990, 1, 1), phone="13800000002"
            ),
            "birthday": await bank.reached_customer(
                session, "C3", owner="limin", born_on=date(1985, 11, 25)
            ),
            "nobody": await bank.customer(session, "C4"),
        }
        for number, who in enumerate(("seven", "phone", "nobody")):
            await bank.holding(
                session,
                people[who],
                f"D{number}",
                "deposit",
                product_name="三年期整存整取",
                amount_fen=20_000_000,
                matures_on=TODAY + timedelta(days=7),
            )
        await approved_script(session, "maturity.deposit.t7", T7, product_kind=None)
        await approved_script(
            session,
            "birthday",
            "{{customer_title}}，生日快乐，祝您身体健康、事事顺心。",
            purpose="care",
        )
    return people


async def _plan(
    database: Database,
    day: date = TODAY,
    *,
    at: datetime = MORNING,
    dry_run: bool = False,
    slots: tuple[PersonaSlot, ...] = (),
) -> PlanReport:
    return await plan_day(
        database,
        day=day,
        at=at,
        policy=REMINDERS,
        desk=desk(),
        content=lambda _: slots,
        dry_run=dry_run,
    )


async def _open(database: Database) -> list[todos.TodoView]:
    async with database.reading() as session:
        return await todos.of_staff(session, "limin")


@pytest.mark.mission("E7")
async def test_a_maturity_a_week_away_becomes_one_todo_with_its_words(database: Database) -> None:
    people = await _small_bank(database)
    await _plan(database)
    report = await _plan(database)  # the scheduler may fire twice; nobody must notice
    found = {one.customer_id: one for one in await _open(database)}
    assert set(found) == {people["seven"], people["phone"], people["birthday"]}
    one = found[people["seven"]]
    assert one.text == (
        "客女士您好，我是青禾银行的员工limin。您的三年期整存整取将于12月2日（周三）到期，"
        "到期怎么安排都可以随时问我。"
    )
    assert (one.kind, one.title, one.external_userid) == ("message", "7 天后到期", "wm-C1")
    assert one.why == "三年期整存整取，12月2日（周三）到期，来自核心系统"
    assert found[people["phone"]].kind == "call"
    assert report.outcomes["maturity.deposit", "todo", "repeated"] == 2
    async with database.reading() as session:
        planned = Wanted(acts=frozenset({"todo.planned", "batch.planned"}))
        entries = await page(session, planned)
        assert [one.object.partition(":")[0] for one in entries] == ["customer", "batch"]
        found_line = await batches.line_of(session, one.key, entries[1].at)
        assert found_line is not None
        assert found_line[0].place == entries[1].place
        assert (found_line[1]["customer"], found_line[1]["text_hash"]) == (
            people["seven"],
            one.text_hash,
        )
        assert (await verify(session)).sound


async def test_a_customer_nobody_covers_hears_nothing_and_is_counted(database: Database) -> None:
    await _small_bank(database)
    report = await _plan(database)
    assert report.outcomes["maturity.deposit", "todo", "uncovered"] == 1
    assert report.as_json()["planned"] == 3


async def _rows(database: Database) -> dict[str, int]:
    """How many rows every table of the product has."""
    async with database.reading() as session:
        return {
            name: int((await session.execute(text(f'SELECT count(*) FROM "{name}"'))).scalar_one())  # noqa: S608 — our tables
            for name in sorted(SQLModel.metadata.tables)
        }


async def _texts_of_rows(database: Database) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        found: list[tuple[object, ...]] = []
        for query in (
            "SELECT key, at, outcome, reasons FROM intent_key ORDER BY key",
            "SELECT customer_id, day, key, winner, at FROM outranked ORDER BY key",
        ):
            found += [tuple(row) for row in await session.execute(text(query))]
        return found


async def test_planning_again_writes_nothing_at_all(database: Database) -> None:
    people = await _small_bank(database)
    async with database.transaction() as session:
        await consent.suppress(
            session,
            people["birthday"],
            Scope.MARKETING,
            source="chat",
            reason="客户说不要再发",
            at=MORNING,
            actor="customer:self",
        )
        for number in range(2):  # one more than a day holds: refused, and not again
            await bank.holding(
                session,
                people["seven"],
                f"M{number}",
                "deposit",
                product_name="一年期整存整取",
                amount_fen=5_000_000,
                matures_on=TODAY + timedelta(days=7),
            )
    first = await _plan(database)
    before, said = await _rows(database), await _texts_of_rows(database)
    assert first.outcomes["maturity.deposit", "todo", "outranked"] == 1
    assert first.outcomes["birthday", "todo", "blocked"] == 1
    assert before["todo"] == 3
    assert before["plan_run"] == 1
    again = await _plan(database, at=MORNING + timedelta(hours=1))
    assert again.as_json()["planned"] == 0
    assert await _rows(database) == before
    assert await _texts_of_rows(database) == said


async def test_a_day_with_nothing_to_say_is_kept_once_as_planned(database: Database) -> None:
    for _ in range(2):
        await _plan(database)
    assert (await _rows(database))["plan_run"] == 1


async def test_a_dry_run_says_the_same_and_keeps_nothing(database: Database) -> None:
    await _small_bank(database)
    rehearsed = await _plan(database, dry_run=True)
    assert await _open(database) == []
    assert (await _plan(database)).as_json() == rehearsed.as_json()


async def test_who_wants_silence_is_refused_with_the_reason(database: Database) -> None:
    people = await _small_bank(database)
    async with database.transaction() as session:
        await consent.suppress(
            session,
            people["birthday"],
            Scope.MARKETING,
            source="chat",
            reason="客户说不要再发",
            at=MORNING,
            actor="customer:self",
        )
    report = await _plan(database)
    assert report.outcomes["birthday", "todo", "blocked"] == 1
    assert report.reasons["birthday", "E-4022"] == 1
    assert people["birthday"] not in {one.customer_id for one in await _open(database)}


async def test_a_recalled_script_stops_being_planned_at_once(database: Database) -> None:
    await _small_bank(database)
    async with database.transaction() as session:
        version = await approved_script(
            session, "loan.due", "{{customer_title}}您好，您的还款日是{{matures_on}}。"
        )
        await library.retire(session, version, by="staff:hejing", reason="措辞调整", at=MORNING)
        await session.execute(
            text("UPDATE script_version SET state = 'retired' WHERE code = 'birthday'")
        )
    report = await _plan(database)
    assert report.without_script["birthday"] == 1


async def test_persona_content_becomes_one_broadcast_per_manager_and_text(
    database: Database,
) -> None:
    people = await _small_bank(database)
    async with database.transaction() as session:
        people["quiet"] = await bank.reached_customer(session, "C5", owner="limin")
        people["unreached"] = await bank.customer(session, "C6", owner="limin")
        for who in ("quiet", "unreached", "birthday"):
            await _of_persona(session, people[who], "老年", primary=True)
        await approved_script(
            session,
            "persona.elder.cold",
            CARE,
            scene="persona",
            persona="老年",
            purpose="care",
            form="broadcast",
            personas=frozenset({"老年"}),
        )
    slot = PersonaSlot("老年", "persona.elder.cold", "小雪：添衣防骗")
    report = await _plan(database, slots=(slot,))
    # 李敏 has one task for one customer: the second is not in WeCom, the third hears the birthday.
    assert report.broadcasts == 1
    assert report.outcomes["persona.content", "broadcast", "queued"] == 1
    assert report.outcomes["persona.content", "broadcast", "unreachable"] == 1
    assert report.outcomes["persona.content", "broadcast", "outranked"] == 1
    async with database.reading() as session:
        [(state, number)] = await session.execute(
            text(
                "SELECT b.state, count(*) FROM broadcast b JOIN broadcast_recipient r"
                " ON r.broadcast_id = b.id GROUP BY b.state"
            )
        )
    assert (state, number) == ("queued", 1)


async def test_a_maturity_silences_the_days_persona_content_and_the_record_names_it(
    database: Database,
) -> None:
    people = await _small_bank(database)
    async with database.transaction() as session:
        await _of_persona(session, people["seven"], "老年", primary=True)
        await _of_persona(session, people["seven"], "农户", primary=False)
        for code, persona in (("persona.elder.cold", "老年"), ("persona.farm.cold", "农户")):
            await approved_script(
                session,
                code,
                CARE,
                scene="persona",
                persona=persona,
                purpose="care",
                form="broadcast",
                personas=frozenset({persona}),
            )
    slots = (
        PersonaSlot("农户", "persona.farm.cold", "小雪"),
        PersonaSlot("老年", "persona.elder.cold", "小雪"),
    )
    report = await _plan(database, slots=slots)
    # the second persona of a customer says nothing: one primary persona a day
    assert (
        sum(n for (name, _, _), n in report.outcomes.items() if name == "persona.content")
        == report.outcomes["persona.content", "broadcast", "outranked"]
        == 1
    )
    assert report.reasons["persona.content", "outranked:maturity.deposit"] == 1
    for _ in range(2):
        async with database.reading() as session:
            [lost] = await merging.lost_of(session, people["seven"])
        assert lost.key.startswith("persona.content:persona.elder.cold:")
        assert lost.winner.startswith("maturity.deposit:")
        assert lost.day == TODAY
        await _plan(database, slots=slots)  # again, and nothing changes


async def _of_persona(
    session: AsyncSession, customer_id: int, persona: str, *, primary: bool
) -> None:
    row = {
        "customer_id": customer_id,
        "persona": persona,
        "source": "crm",
        "confidence": 100,
        "evidence": [],
        "rule_version": "t",
        "is_primary": primary,
        "since": MORNING,
    }
    await bank.insert_rows(session, PersonaMembership, [row])


async def test_another_features_candidates_are_merged_with_the_days_reminders(
    database: Database,
) -> None:
    people = await _small_bank(database)
    async with database.transaction() as session:
        version = await approved_script(
            session, "care.note", "{{customer_title}}您好，近来一切都好吗？", purpose="care"
        )
        facts = await selection.customer_facts(session, list(people.values()))
        ways = await selection.reaches(session, list(people.values()))

    async def pages() -> AsyncIterator[list[Intent]]:
        yield [
            Intent(
                key=f"visit:{facts[customer].customer_id}",
                trigger="visit",
                channel=Channel.TODO,
                purpose=Purpose.CARE,
                customer=facts[customer],
                reach=ways.get(customer),
                script_version_id=version,
                fields={},
                title="问候",
                why="别的功能交来的",
                due_on=TODAY,
                expires_at=MORNING + timedelta(hours=12),
                campaign="visits",
            )
            for customer in (people["seven"], people["birthday"])
        ]

    report = await plan_day(
        database,
        day=TODAY,
        at=MORNING,
        policy=REMINDERS,
        desk=desk(),
        content=lambda _: (),
        others=[Source("visit", "care", 10, pages)],
    )
    assert report.outcomes["visit", "todo", "outranked"] == 1  # by the maturity
    assert report.outcomes["visit", "todo", "queued"] == 1
    assert report.outcomes["birthday", "todo", "outranked"] == 1  # by the visit, more urgent
    assert report.reasons["birthday", "outranked:visit"] == 1
