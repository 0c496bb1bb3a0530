"""Each turn in a customer's dealings and life has its word on its day, and on no other."""

import tomllib
from collections.abc import Collection
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import service as consent
from compliance.facts import Scope
from compliance.service import give_consents
from config.reminder_policy import ReminderPolicy
from crm_sync.models import CustomerEvent, CustomerStanding
from delivery.repository import todos, touches
from delivery.repository.touches import Touched
from kit.clock import bank_moment
from kit.db import Database
from reminders.jobs import plan_day
from reminders.report import PlanReport
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, approved_script, desk

pytestmark = pytest.mark.anyio

D = date(2026, 11, 25)  # a Wednesday
WAN = 10_000_00
SHIPPED = {
    one["code"]: one
    for one in tomllib.loads(
        (Path(__file__).resolve().parents[3] / "samples" / "scripts" / "journey.toml").read_text(
            encoding="utf-8"
        )
    )["script"]
}


async def _office(session: AsyncSession, *codes: str) -> None:
    await bank.units(session)
    await bank.staff(session, "limin")
    for code in codes:
        one = SHIPPED[code]
        await approved_script(
            session, code, one["template"], scene=one["scene"], purpose=one["purpose"]
        )


async def _event(
    session: AsyncSession, customer_id: int, kind: str, on: date, note: str = "", fen: int = 0
) -> None:
    row = {
        "event_no": f"{kind}-{customer_id}-{on}",
        "customer_id": customer_id,
        "kind": kind,
        "on": on,
        "note": note,
        "amount_fen": fen or None,
    }
    await bank.insert_rows(session, CustomerEvent, [row])


async def _plan(
    database: Database, day: date, policy: ReminderPolicy = REMINDERS, edges: Collection[int] = ()
) -> PlanReport:
    return await plan_day(
        database,
        day=day,
        at=bank_moment(day, time(6, 30)),
        policy=policy,
        desk=desk(),
        content=lambda _: (),
        edges=sorted(edges),
    )


async def _said(database: Database, trigger: str) -> list[tuple[int, str, date]]:
    """(customer, script or nothing, day) of every to-do of a trigger, by day."""
    query = text(
        'SELECT customer_id, script_code, planned_on FROM todo WHERE "trigger" = :trigger'
        " ORDER BY planned_on, customer_id"
    ).bindparams(trigger=trigger)
    async with database.reading() as session:
        rows = (await session.execute(query)).all()
    return [(row[0], row[1], date.fromisoformat(str(row[2]))) for row in rows]


def _limits(name: str, **values: object) -> ReminderPolicy:
    changed = [
        one.model_copy(update={"limits": one.limits.model_copy(update=values)})
        if one.name == name
        else one
        for one in REMINDERS.trigger
    ]
    return REMINDERS.model_copy(update={"trigger": tuple(changed)})


@pytest.mark.mission("E1")
@pytest.mark.mission("E2")
async def test_a_new_customer_is_welcomed_the_day_after_and_in_waves_until_they_opt_out(
    database: Database,
) -> None:
    waves = [code for code in SHIPPED if code.startswith("newcomer.")]
    async with database.transaction() as session:
        await _office(session, "opening", *waves)
        stays = await bank.reached_customer(session, "C1", owner="limin", opened_on=D)
        leaves = await bank.reached_customer(session, "C2", owner="limin", opened_on=D)
    for days in (0, 1, 1, 2, 3, 6, 7):
        await _plan(database, D + timedelta(days=days))
    assert await _said(database, "opening") == [
        (who, "opening", D + timedelta(days=1)) for who in (stays, leaves)
    ]
    async with database.transaction() as session:
        await consent.suppress(
            session,
            leaves,
            Scope.MARKETING,
            source="chat",
            reason="客户说不要再发",
            at=bank_moment(D + timedelta(days=8), time(9)),
            actor="customer:self",
        )
    for days in (13, 14, 30, 60, 99, 100, 101):
        await _plan(database, D + timedelta(days=days))
    said = await _said(database, "newcomer")
    assert [(code, (day - D).days) for who, code, day in said if who == stays] == [
        (f"newcomer.d{days}", days) for days in (3, 7, 14, 30, 60, 100)
    ]
    assert [(day - D).days for who, _, day in said if who == leaves] == [3, 7]


@pytest.mark.mission("E3")
async def test_who_is_within_five_per_cent_of_the_next_tier_hears_of_it_by_their_motive(
    database: Database,
) -> None:
    edge = 50 * WAN
    async with database.transaction() as session:
        await _office(session, "tier.edge", "tier.edge.rights", "tier.edge.yield")
        people = [
            await bank.reached_customer(
                session, f"C{number}", owner="limin", aum_fen=aum, attributes=known
            )
            for number, (aum, known) in enumerate(
                [
                    (edge * 95 // 100 - 1, {}),  # one 分 too far
                    (edge * 95 // 100, {}),
                    (edge - 1, {"motive": "权益"}),
                    (edge - 1, {"motive": "收益"}),
                    (edge, {}),  # there already
                ]
            )
        ]
        before = bank_moment(D - timedelta(days=5), time(10))
        agreed = [(one, "marketing", True, "网点签字", before) for one in people]
        await give_consents(session, agreed, before, "system:test")
        await touches.record(
            session,
            [
                Touched(
                    f"t:{one}", one, "limin", "0101", "sidebar", "care", "care", "claimed", before
                )
                for one in people
            ],
        )
    policy = _limits("tier.edge", every_days=1)
    await _plan(database, D, policy, [edge])
    assert await _said(database, "tier.edge") == [
        (people[1], "tier.edge", D),
        (people[2], "tier.edge.rights", D),
        (people[3], "tier.edge.yield", D),
    ]
    looked = [
        sum(
            number
            for (name, _, _), number in (
                await _plan(
                    database, D + timedelta(days=day), _limits("tier.edge", every_days=3), [edge]
                )
            ).outcomes.items()
            if name == "tier.edge"
        )
        for day in range(1, 4)
    ]
    assert sum(looked) == 3  # each customer comes up once in three days


@pytest.mark.mission("E4")
async def test_who_has_been_quiet_long_is_woken_by_something_useful_and_no_sale(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _office(session, "wake.reading")
        people = {
            activity: await bank.reached_customer(session, activity, owner="limin")
            for activity in ("dormant", "wavering", "active")
        }
        await bank.insert_rows(
            session,
            CustomerStanding,
            [
                {
                    "customer_id": customer_id,
                    "grade": "C",
                    "activity": activity,
                    "changed_at": bank_moment(D, time(4)),
                }
                for activity, customer_id in people.items()
            ],
        )
    await _plan(database, D, _limits("low_activity", every_days=1))
    assert await _said(database, "low_activity") == [(people["dormant"], "wake.reading", D)]
    async with database.reading() as session:
        [todo] = await todos.of_staff(session, "limin")
        [(purpose, kind)] = await session.execute(
            text("SELECT purpose, product_kind FROM script_version WHERE code = 'wake.reading'")
        )
    assert (todo.trigger, purpose, kind) == ("low_activity", "care", None)


@pytest.mark.mission("E5")
async def test_three_regular_transfers_out_warn_the_manager_without_a_word_to_the_customer(
    database: Database,
) -> None:
    days = [D - timedelta(days=61), D - timedelta(days=31), D - timedelta(days=1)]
    async with database.transaction() as session:
        await _office(session)
        people = [
            await bank.reached_customer(session, f"C{number}", owner="limin") for number in range(5)
        ]
        regular, uneven, swinging, two, old = people
        for on in days:
            await _event(session, regular, "money_out", on, fen=5 * WAN)
        for on in (days[0], days[2] - timedelta(days=8), days[2]):  # 52 days, then 8
            await _event(session, uneven, "money_out", on, fen=5 * WAN)
        for on, fen in zip(days, (5 * WAN, WAN, 5 * WAN), strict=True):
            await _event(session, swinging, "money_out", on, fen=fen)
        for on in days[1:]:
            await _event(session, two, "money_out", on, fen=5 * WAN)
        for on in days:
            await _event(session, old, "money_out", on - timedelta(days=10), fen=5 * WAN)
    await _plan(database, D)
    await _plan(database, D + timedelta(days=1))  # one warning a transfer
    assert await _said(database, "outflow") == [(regular, "", D)]
    async with database.reading() as session:
        [todo] = await todos.of_staff(session, "limin")
    assert (todo.kind, todo.text) == ("care", None)
    assert todo.why == "规律转出 3 次（9月25日、10月25日、11月24日），先问问原因"


@pytest.mark.mission("E6")
@pytest.mark.mission("E13")
async def test_a_life_event_has_its_word_on_its_day_and_useful_content_before_it(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _office(session, "life.home", "mot.home")
        people = [
            await bank.reached_customer(session, f"C{number}", owner="limin") for number in range(3)
        ]
        home, silent, other = people
        await _event(session, home, "life", D, "买房")
        await _event(session, silent, "life", D, "买房")
        await _event(session, other, "life", D, "孩子升学")
        await consent.suppress(
            session,
            silent,
            Scope.MARKETING,
            source="chat",
            reason="客户说不要再发",
            at=bank_moment(D - timedelta(days=60), time(9)),
            actor="customer:self",
        )
    for days in (-31, -30, -29, -1, 0, 0, 1):
        await _plan(database, D + timedelta(days=days))
    assert await _said(database, "mot") == [(home, "mot.home", D - timedelta(days=30))]
    # what the policy has no word for becomes a task of the manager, without words
    assert await _said(database, "life") == [(home, "life.home", D), (other, "", D)]


@pytest.mark.mission("E7")
async def test_a_premium_is_said_before_it_is_due_and_a_new_card_when_it_is_sent(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _office(session, "insurance.premium", "card.reissue")
        insured = await bank.reached_customer(session, "C1", owner="limin")
        card = await bank.reached_customer(session, "C2", owner="limin")
        for number, opened_on in (("I1", date(2022, 2, 15)), ("I2", date(2026, 2, 15))):
            await bank.holding(
                session,
                insured,
                number,
                "insurance",
                product_name="年金保险",
                opened_on=opened_on,
                due_day=31,  # February has none: its last day
                instalment_fen=WAN,
            )
        await _event(session, card, "card_reissue", date(2026, 2, 20))
    due = date(2026, 2, 28)
    for days in (30, 29, 8, 7, 6, 1, 0):
        await _plan(database, due - timedelta(days=days))
    assert await _said(database, "insurance.premium") == [
        (insured, "", due - timedelta(days=30)),
        (insured, "insurance.premium", due - timedelta(days=7)),
        (insured, "insurance.premium", due - timedelta(days=1)),
    ]
    await _plan(database, date(2026, 2, 20))
    assert await _said(database, "card.reissue") == [(card, "card.reissue", date(2026, 2, 20))]


@pytest.mark.mission("E8")
async def test_money_that_will_come_in_is_the_managers_task_before_it_arrives(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _office(session)
        people = [await bank.customer(session, f"C{number}", owner="limin") for number in range(3)]
        for who, kind in zip(people, ("bonus", "compensation", "money_out"), strict=True):
            await _event(session, who, kind, D, "安置金", 50 * WAN)
    for days in (8, 7, 7, 6, 1, 0):
        await _plan(database, D - timedelta(days=days))
    assert await _said(database, "money_in") == [
        (who, "", D - timedelta(days=days)) for days in (7, 1) for who in people[:2]
    ]
    async with database.reading() as session:
        found = await todos.of_staff(session, "limin", customer_id=people[0])
    assert {one.text for one in found} == {None}
    assert found[0].why == "安置金，11月25日（周三），来自导入的日期"
