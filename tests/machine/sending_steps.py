"""Words are said, sent, confirmed and refused."""

from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import opting_out as wishes
from compliance.facts import Channel, Purpose
from compliance.opting_out import Choice
from crm_sync import selection
from delivery import broadcasts, door, opting_out
from delivery.facts import TodoState
from delivery.intents import Intent
from delivery.repository import todos
from kit.clock import bank_date, bank_moment
from simulator.wecom.people.kit import ActError
from tests.machine.bank import CUSTOMERS, contact_of
from tests.machine.model import Broken, Words
from tests.machine.run import EVENING, Run

CHOICES: Final = (Choice.MARKETING, Choice.SERVICE, Choice.ALL, Choice.MARKETING, Choice.SERVICE)


async def said(run: Run, a: int, b: int, c: int) -> None:
    """A text is to be said to some customers today; sometimes one that was asked for before."""
    if c % 4 == 0 and run.says:
        key, place, customers = run.says[a % len(run.says)]
    else:
        usable = [
            place
            for place, one in enumerate(run.model.versions)
            if one.state in (Words.APPROVED, Words.FORGED)
        ]
        if not usable:
            return
        names = sorted(CUSTOMERS)
        place = usable[-1 - a % len(usable)]
        customers = tuple(one for bit, one in enumerate(names) if (b >> bit) & 1) or (names[0],)
        key = f"say:{len(run.says)}"
        run.says.append((key, place, customers))
    version = run.model.versions[place]
    for customer in customers:
        run.model.said[version.text, contact_of(customer)].add(key)

    async def say() -> None:
        at = run.wall()
        day = bank_date(at)
        ids = [run.ids[one] for one in customers]
        async with run.house.parts.databases.bank.reading() as session:
            people = await selection.customer_facts(session, ids)
            ways = await selection.reaches(session, ids)
        intents = [
            Intent(
                key=f"{key}:{number}",
                trigger="machine",
                channel=Channel.BROADCAST,
                purpose=Purpose(version.purpose),
                customer=people[number],
                reach=ways.get(number),
                script_version_id=version.id,
                fields={},
                title="通知",
                why="通知",
                due_on=day,
                expires_at=bank_moment(day, EVENING),
            )
            for number in ids
        ]

        async def submit(session: AsyncSession) -> None:
            await door.submit(session, intents, at=at, desk=run.house.parts.desk, by="system:say")

        async def close(session: AsyncSession) -> None:
            await broadcasts.close(
                session, day, at=at, due_at=at, expires_at=bank_moment(day, EVENING)
            )

        await run.house.doing(submit)
        await run.house.doing(close)

    await run.surely(say)
    if c % 3 == 0:
        await run.house.dispatch()


async def sent(run: Run, a: int, b: int, c: int) -> None:
    """Workers make the calls that are due; the clock of a second one may be wrong."""
    beside = timedelta(minutes=(-10, -5, 5, 10)[b % 4]) if a % 3 == 0 else None
    await run.house.dispatch(beside=beside)


async def worked(run: Run, a: int, b: int, c: int) -> None:
    """One of the jobs comes round."""
    await run.house.job(("lookup", "results", "expire", "lookup")[a % 4])


async def confirmed(run: Run, a: int, b: int, c: int) -> None:
    """A member sends a task, unless somebody in it was named to them as unwilling."""
    tasks = [
        (msgid, task)
        for msgid, task in run.model.tasks.items()
        if task.waiting and not task.unwanted_by and task.sender not in run.model.gone
    ]
    if not tasks:
        return
    msgid, task = tasks[a % len(tasks)]
    try:
        run.wecom.act("confirm_broadcast", userid=task.sender, msgid=msgid)
    except ActError:
        return
    run.model.unheard(task, run.wecom.unreached(msgid, task.sender))
    task.waiting.clear()
    run.model.counts["confirmed"] += 1


async def refused(run: Run, a: int, b: int, c: int) -> None:
    """A customer says no."""
    customer, choice = run.customer(a), CHOICES[b % len(CHOICES)]
    if await run.in_one(lambda session: _opt_out(run, session, customer, choice)):
        run.model.refuse(customer, choice.value)
        run.model.counts["refusals"] += 1


async def refused_meanwhile(run: Run, a: int, b: int, c: int) -> None:
    """A customer says no at the very moment at which the next broadcast is on its way."""
    customer, choice = run.customer(a), CHOICES[b % len(CHOICES)]

    async def meanwhile() -> None:
        async with run.house.meddling() as session:
            await _opt_out(run, session, customer, choice)
        run.model.leaving |= {(one.text, contact_of(customer)) for one in run.model.versions}
        run.model.refuse(customer, choice.value)
        run.model.counts["refusals on the way"] += 1

    run.house.wire.as_it_leaves = meanwhile
    await run.house.dispatch()


async def took_back(run: Run, a: int, b: int, c: int) -> None:
    """A customer wants to hear again."""
    customer, choice = run.customer(a), CHOICES[b % len(CHOICES)]

    async def take_back(session: AsyncSession) -> None:
        await wishes.take_back(
            session, run.ids[customer], choice, source="退订页", notice="v1", at=run.wall()
        )

    if await run.in_one(take_back):
        run.model.take_back(customer, choice.value)


async def planned(run: Run, a: int, b: int, c: int) -> None:
    """The scheduler plans the day, once or twice, and tells the managers."""
    await run.house.plan()
    if a % 2:
        await run.house.job("announce")
        await run.house.dispatch()


async def tapped(run: Run, a: int, b: int, c: int) -> None:
    """A manager sends the words of a to-do from the phone."""
    async with run.house.looking() as session:
        waiting = await todos.page(
            session, units=None, states=[TodoState.OPEN, TodoState.HANDED], limit=100
        )
    ready = [one for one in waiting if one.script_version_id and one.external_userid]
    if not ready:
        return
    todo = ready[a % len(ready)]
    manager = await run.house.signed_in(todo.staff_id)
    answer = await manager.post(
        "/h5/sends",
        {
            "contact": todo.external_userid,
            "script_version_id": todo.script_version_id,
            "todo_id": todo.id,
        },
    )
    if answer.status_code != 200 or "ticket" not in answer.text:
        return
    if todo.staff_id in run.model.gone:
        raise Broken(f"{todo.staff_id}, who is disabled, was given words to send")
    run.model.tapped(todo.external_userid, todo.purpose, run.wall())
    token = answer.json()["ticket"]
    await run.surely(lambda: manager.post(f"/h5/sends/{token}/result", {"outcome": "ok"}))


async def _opt_out(run: Run, session: AsyncSession, customer: str, choice: Choice) -> None:
    await opting_out.opt_out(
        session,
        run.ids[customer],
        choice,
        source="退订页",
        words="不要了",
        at=run.wall(),
        actor=f"customer:{run.ids[customer]}",
    )
