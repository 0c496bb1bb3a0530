"""客户提升移交: the month's batch, the form's way, forty-eight hours, and the lock at its end."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from delivery.repository import todos, touches, work_lists
from delivery.repository.touches import Touched
from kit.db import Database
from kit.ledger.verify import verify
from portfolio.errors.ownership import FormLocked, FormStep, FormUnknown, NotApprover
from portfolio.models import form_lock
from portfolio.transfers import batch, repository, steps
from portfolio.transfers.facts import FormFact
from portfolio.transfers.jobs import Watched, watch
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.portfolio.branches import AT, POLICY, WAN, ended, found, owners, seen_by

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
INTRODUCE = (
    "{{customer_title}}您好，接下来由我的同事{{next_staff_name}}做您的客户经理。{{staff_name}}"
)


async def _opened(database: Database) -> FormFact:
    """One customer of 50.1 万 kept by the counter's manager; the month's form."""
    async with database.transaction() as session:
        await found(session)
        await approved_script(session, "handover.introduction", INTRODUCE)
        await bank.reached_customer(session, "A1", owner="didi", aum_average_fen=501 * WAN // 10)
        await batch.propose_batch(session, policy=POLICY, at=AT)
        [form] = await repository.forms(session, None)
    return form


async def _approve(database: Database, form: FormFact, by: str = "suntao") -> None:
    async with database.transaction() as session:
        await steps.approve(
            session, [form.id], viewer=await seen_by(session, by), policy=POLICY, desk=desk(),
            opinion="同意移交", at=AT,
        )  # fmt: skip


async def _introduced(database: Database, form: FormFact, at: datetime) -> None:
    async with database.transaction() as session:
        await steps.introduce(
            session, [form.id], how="电话介绍", by="staff:suntao", policy=POLICY, desk=desk(), at=at
        )


async def _form(database: Database, form: FormFact) -> FormFact:
    async with database.reading() as session:
        now = await repository.form(session, form.id)
    assert now is not None
    return now


async def _touch(database: Database, customer: int, who: str, trigger: str, at: datetime) -> None:
    async with database.transaction() as session:
        one = Touched(
            f"{who}:{at}", customer, who, "0101", "sidebar", "service", trigger, "claimed", at
        )
        await touches.record(session, [one])


@pytest.mark.mission("B6")
async def test_the_month_takes_those_above_the_bound_and_not_those_at_or_below_it(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        for number, fen, owner in (
            ("A501", 501 * WAN // 10, "didi"),
            ("A500", 50 * WAN, "didi"),
            ("A499", 499 * WAN // 10, "didi"),
            ("KEPT", 90 * WAN, "guibin"),
            ("NONE", 60 * WAN, None),
            ("OTHER", 70 * WAN, "erdi"),
        ):
            await bank.customer(
                session, number, owner=owner, aum_average_fen=fen, aum_fen=0,
                unit_id="0201" if number == "OTHER" else "0101",
            )  # fmt: skip
        made = await batch.propose_batch(session, policy=POLICY, at=AT)
        again = await batch.propose_batch(session, policy=POLICY, at=AT + HOUR)
        forms = await repository.forms(session, None)
        rows = await session.execute(text("SELECT id, customer_no FROM customer"))
        numbers = {row.id: row.customer_no for row in rows}
    assert (made.month, made.made, made.unplaced) == (date(2026, 11, 1), 2, 1)
    assert (again.made, again.unplaced) == (0, 1)  # 02 has nobody of the level
    assert {numbers[one.customer_id] for one in forms} == {"A501", "NONE"}
    assert all(one.to_staff in ("guibin", "guigui") for one in forms)
    assert next(one.why for one in forms if one.from_staff).startswith(
        "日均 50.1 万元，大于 50 万元，管户人岗位是低柜理财经理"
    )


@pytest.mark.mission("B6")
async def test_nothing_moves_before_the_head_of_the_unit_approves(database: Database) -> None:
    form = await _opened(database)
    for who in ("didi", "zhaolei"):
        with pytest.raises(NotApprover):
            await _approve(database, form, by=who)
    await _approve(database, form)
    assert await owners(database) == {"A1": "didi"}
    with pytest.raises(FormStep):
        await _approve(database, form)
    async with database.reading() as session:
        [todo] = await todos.page(session, units=None)
    assert (todo.staff_id, todo.trigger) == ("didi", "transfer.introduction")
    assert todo.text is not None
    assert "员工gui" in todo.text


@pytest.mark.mission("B6")
async def test_a_refused_form_leaves_the_customer_where_they_are(database: Database) -> None:
    form = await _opened(database)
    async with database.transaction() as session:
        head = await seen_by(session, "suntao")
        await steps.refuse(
            session, [form.id], viewer=head, policy=POLICY, opinion="客户要求留下", at=AT
        )
    now = await _form(database, form)
    assert (now.state, now.opinion) == ("refused", "客户要求留下")
    assert await owners(database) == {"A1": "didi"}


@pytest.mark.mission("B7")
async def test_the_introduction_hands_over_and_the_new_manager_gets_a_to_do(
    database: Database,
) -> None:
    form = await _opened(database)
    await _approve(database, form)
    await _introduced(database, form, AT + HOUR)
    assert (await owners(database))["A1"] == form.to_staff
    assert await ended(database) == [(form.customer_id, "didi", "提升移交")]
    now = await _form(database, form)
    assert now.contact_by == AT + HOUR + timedelta(hours=48)
    async with database.reading() as session:
        triggers = {one.trigger: one.staff_id for one in await todos.page(session, units=None)}
    assert triggers["transfer.contact"] == form.to_staff


@pytest.mark.mission("B7")
@pytest.mark.parametrize(("hours", "late"), [(47, 0), (48, 0), (49, 1)])
async def test_the_forty_ninth_hour_without_a_word_is_late(
    database: Database, hours: int, late: int
) -> None:
    form = await _opened(database)
    await _approve(database, form)
    await _introduced(database, form, AT)
    seen = await watch(database, POLICY, desk(), AT + timedelta(hours=hours))
    again = await watch(database, POLICY, desk(), AT + timedelta(hours=hours))
    assert (seen.late_contacts, again.late_contacts) == (late, 0)
    assert ((await _form(database, form)).overdue_at is not None) == bool(late)
    async with database.reading() as session:
        kinds = await work_lists.open_by_kind(session, units=None)
    assert kinds == ({"transfer_overdue": 1} if late else {})


@pytest.mark.mission("B7")
async def test_what_both_managers_did_is_seen_by_the_touches(database: Database) -> None:
    form = await _opened(database)
    await _approve(database, form)
    await _touch(database, form.customer_id, "didi", "birthday", AT + HOUR)
    assert await watch(database, POLICY, desk(), AT + 2 * HOUR) == Watched()
    await _touch(database, form.customer_id, "didi", "transfer.introduction", AT + 2 * HOUR)
    await _touch(database, form.customer_id, form.to_staff, "care", AT + 50 * HOUR)
    seen = await watch(database, POLICY, desk(), AT + 52 * HOUR)
    assert (seen.introduced, seen.contacted, seen.late_contacts) == (1, 1, 0)
    now = await _form(database, form)
    assert (now.state, now.introduced_at, now.contacted_at, now.overdue_at) == (
        "contacted", AT + 2 * HOUR, AT + 50 * HOUR, None,
    )  # fmt: skip


@pytest.mark.mission("B7")
async def test_a_late_contact_closes_the_work_and_stays_marked(database: Database) -> None:
    form = await _opened(database)
    await _approve(database, form)
    await _introduced(database, form, AT)
    await watch(database, POLICY, desk(), AT + 49 * HOUR)
    async with database.transaction() as session:
        await steps.contact(session, [form.id], how="电话", by="staff:suntao", at=AT + 50 * HOUR)
        assert await work_lists.open_by_kind(session, units=None) == {}
    assert (await _form(database, form)).overdue_at is not None


@pytest.mark.mission("B7")
async def test_a_confirmed_form_is_archived_and_never_changes(database: Database) -> None:
    form = await _opened(database)
    await _approve(database, form)
    await _introduced(database, form, AT)
    async with database.transaction() as session:
        head = await seen_by(session, "suntao")
        with pytest.raises(FormStep):
            await steps.confirm(session, form.id, viewer=head, policy=POLICY, at=AT + HOUR)
        await steps.contact(session, [form.id], how="微信", by="staff:guibin", at=AT + HOUR)
        done = await steps.confirm(session, form.id, viewer=head, policy=POLICY, at=AT + 2 * HOUR)
    kept = await _form(database, form)
    assert kept == done
    assert kept.holds
    async with database.transaction() as session:
        for again in (
            steps.confirm(session, form.id, viewer=head, policy=POLICY, at=AT + 3 * HOUR),
            steps.contact(session, [form.id], how="改", by="staff:suntao", at=AT + 3 * HOUR),
            steps.refuse(session, [form.id], viewer=head, policy=POLICY, opinion="改", at=AT),
        ):
            with pytest.raises(FormLocked):
                await again
        with pytest.raises(FormUnknown):
            await steps.confirm(session, 1, viewer=head, policy=POLICY, at=AT)
    assert await _form(database, form) == kept
    async with database.transaction() as session:
        sealed = await session.execute(
            text("SELECT reason FROM ledger_entry WHERE act = 'transfer.confirmed'")
        )
        assert sealed.scalar_one() == kept.sealed
        assert (await verify(session)).sound


@pytest.mark.mission("B7")
async def test_the_database_itself_refuses_to_change_an_archived_form(database: Database) -> None:
    form = await _opened(database)
    await _approve(database, form)
    await _introduced(database, form, AT)
    await _raw(database, "UPDATE transfer_form SET introduced_how = '上门' WHERE id = :id", form.id)
    async with database.transaction() as session:
        await steps.contact(session, [form.id], how="微信", by="staff:guibin", at=AT + HOUR)
        head = await seen_by(session, "suntao")
        kept = await steps.confirm(session, form.id, viewer=head, policy=POLICY, at=AT + 2 * HOUR)
    for change in ("average_fen = 1", "state = 'contacted'", "sealed = ''", "customer_id = 9"):
        with pytest.raises(DBAPIError, match="never changes"):
            await _raw(database, f"UPDATE transfer_form SET {change} WHERE id = :id", form.id)  # noqa: S608
    with pytest.raises(DBAPIError, match="never changes"):
        await _raw(database, "UPDATE transfer_form SET opinion = '' WHERE id <> :id", 0)
    assert await _form(database, form) == kept
    # Whoever takes the lock away is found out by the digest that stands in the ledger.
    table = "" if database.is_sqlite else " ON transfer_form"
    await _raw(database, f"DROP TRIGGER {form_lock.TRIGGER}{table}")
    await _raw(database, "UPDATE transfer_form SET average_fen = 1 WHERE id = :id", form.id)
    assert not (await _form(database, form)).holds
    await _raw(database, "DELETE FROM transfer_form WHERE id = :id", form.id)


async def _raw(database: Database, statement: str, form_id: int | None = None) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement), {} if form_id is None else {"id": form_id})


async def test_a_late_introduction_is_a_work_item_and_closes_when_it_is_made(
    database: Database,
) -> None:
    form = await _opened(database)
    await _approve(database, form)
    seen = await watch(database, POLICY, desk(), AT + 73 * HOUR)
    assert seen.late_introductions == 1
    await _introduced(database, form, AT + 74 * HOUR)
    async with database.reading() as session:
        assert await work_lists.open_by_kind(session, units=None) == {}
