"""The steps. Each takes three numbers and makes of them what the moment allows, or nothing.

Because a step's numbers mean something in every state, any step may be left out of a trace and
the rest still makes sense: so a long trace can be cut down to a short one.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import opting_out as wishes
from compliance.facts import Channel, Purpose
from compliance.opting_out import Choice
from content_library import service as library
from content_library.facts import ScriptDraft
from crm_sync import selection
from delivery import broadcasts, door, opting_out, recalling
from delivery.facts import TodoState
from delivery.intents import Intent
from delivery.repository import todos
from kit.clock import bank_date, bank_moment
from simulator.wecom.callbacks.envelope import seal
from simulator.wecom.faults import FaultRule
from simulator.wecom.people.kit import ActError
from tests.machine.bank import CUSTOMERS, MANAGERS, contact_of
from tests.machine.model import Broken, Version, Words
from tests.machine.run import EVENING, MOST_OFF, Run

AUTHOR, CHECKER = "staff:wangshan", "staff:hejing"
TEMPLATES: Final = {
    "care": "天气转凉，早晚添件衣服，出门慢一点。",
    "service": "今晚系统升级，手机银行暂停转账，请提前安排。",
    "marketing": "网点本周有家庭理财讲座，欢迎来坐坐。不想再收到，回复“退订”。",
}
CHOICES: Final = (Choice.MARKETING, Choice.SERVICE, Choice.ALL, Choice.MARKETING, Choice.SERVICE)
NUMERALS: Final = "零一二三四五六七八九"
FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "drop", "when": "after"},
    {"kind": "drop", "when": "before"},
    {"kind": "code", "code": -1, "when": "after"},
    {"kind": "code", "code": -1, "when": "before"},
    {"kind": "http", "when": "after"},
    {"kind": "html", "when": "after"},
    {"kind": "truncated", "when": "after"},
    {"kind": "code", "code": 48002, "when": "before"},
)
PATHS: Final = (
    "externalcontact/add_msg_template",
    "externalcontact/add_msg_template",
    "externalcontact/add_msg_template",
    "externalcontact/send_welcome_msg",
    "message/send",
    "externalcontact/get_groupmsg_list_v2",
    "externalcontact/get_groupmsg_task",
    "externalcontact/get",
)

Step = Callable[[Run, int, int, int], Awaitable[None]]


async def contact_added(run: Run, a: int, b: int, c: int) -> None:
    """A customer scans a manager's code; now and then WeCom tells it twice, or late."""
    manager = _manager(run, a)
    if manager is None:
        return
    if c % 4 == 0:
        _fault(run, kind="callback_duplicate", path="*", count=1, copies=1 + c % 2)
    if c % 7 == 0:
        _fault(run, kind="callback_reorder", path="*", count=1)
    old = [one.contact for one in run.model.added if one.userid == manager]
    fields = {"external_userid": old[b % len(old)]} if old and b % 3 == 0 else {"name": f"新{b}"}
    try:
        added = run.wecom.act("add", userid=manager, **fields)
    except ActError:
        return
    if added["welcome_code"]:
        run.added(added["welcome_code"], manager, added["external_userid"])
    await run.arrive()


async def contact_gone(run: Run, a: int, b: int, c: int) -> None:
    """One of the two ends it."""
    if not run.model.added:
        return
    one = run.model.added[a % len(run.model.added)]
    act = "delete_by_customer" if b % 2 else "delete_by_member"
    try:
        run.wecom.act(act, userid=one.userid, external_userid=one.contact)
    except ActError:
        return
    await run.arrive()


async def told_again(run: Run, a: int, b: int, c: int) -> None:
    """WeCom (or somebody who has listened) sends an old event in a fresh envelope."""
    world = run.wecom.world
    rows = world.seen.after(0, frozenset({"callback"}), 100_000)
    if not rows:
        return
    target = world.corp.callback
    assert target is not None
    sealed = seal(
        target, world.corp.corp_id, None, rows[a % len(rows)]["xml"], run.wall.true.timestamp()
    )
    try:
        status = await run.house.knocked(sealed.url, sealed.body)
    except httpx.ReadError:
        await run.restart()
        status = await run.house.knocked(sealed.url, sealed.body)
    if status != 200:
        raise Broken(f"P3: a repeated event is answered {status}")
    await run.arrive()


async def written(run: Run, a: int, b: int, c: int) -> None:
    """Somebody writes a text, mostly hands it in, and mostly another lets it pass."""
    purpose = ("care", "service", "care", "marketing")[a % 4]
    run.number += 1
    version = Version(0, f"news.{run.number}", _words(purpose, run.number), purpose, AUTHOR)
    draft = _draft(version)

    async def begin(session: AsyncSession) -> None:
        version.id = await library.draft(session, draft, by=AUTHOR, at=run.wall())

    if not await run.in_one(begin):
        return
    if not version.id:  # it was kept, and the process died before it could say which it is
        version.id = await _id_of(run, version.code)
    run.model.versions.append(version)
    if b % 8:
        await _hand_in(run, version)
        if b % 8 > 1:
            await _approve(run, version, CHECKER)


async def edited(run: Run, a: int, b: int, c: int) -> None:
    """A text that is not approved is changed; of an approved one a further version is begun."""
    if not run.model.versions:
        return
    version = run.model.versions[a % len(run.model.versions)]
    run.number += 1
    words = _words(version.purpose, run.number)
    if version.state in (Words.DRAFT, Words.SUBMITTED):
        changed = ScriptDraft(**{**_fields(version), "template": words})

        async def change(session: AsyncSession) -> None:
            await library.edit(session, version.id, changed, by=AUTHOR, at=run.wall())

        if await run.in_one(change):
            version.text, version.state = words, Words.DRAFT
    elif version.state is Words.APPROVED:
        further = Version(0, version.code, words, version.purpose, AUTHOR)

        async def begin(session: AsyncSession) -> None:
            further.id = await library.new_version(
                session, _draft(further), by=AUTHOR, at=run.wall()
            )

        if await run.in_one(begin) and further.id:
            run.model.versions.append(further)


async def decided(run: Run, a: int, b: int, c: int) -> None:
    """Drafts are handed in, what was handed in is approved; who wrote it tries that, too."""
    waiting = [one for one in run.model.versions if one.state in (Words.DRAFT, Words.SUBMITTED)]
    if not waiting:
        return
    version = waiting[a % len(waiting)]
    if version.state is Words.DRAFT:
        await _hand_in(run, version)
    elif b % 4 == 0:
        if await _approve(run, version, version.author):
            raise Broken(f"P11: {version.author} approved {version.code}, which is their own")
    else:
        await _approve(run, version, CHECKER)


async def recalled(run: Run, a: int, b: int, c: int) -> None:
    """An approved text is taken back; or somebody changes it behind everybody's back."""
    usable = [one for one in run.model.versions if one.state is Words.APPROVED]
    if not usable:
        return
    version = usable[a % len(usable)]
    if b % 3 == 0:
        async with run.house.meddling() as session:
            await session.execute(
                text("UPDATE script_version SET template = :words WHERE id = :id"),
                {"words": _words(version.purpose, 10_000 + run.number), "id": version.id},
            )
        version.state = Words.FORGED
        return

    async def recall(session: AsyncSession) -> None:
        await recalling.recall(session, version.id, by=CHECKER, reason="措辞调整", at=run.wall())

    if await run.in_one(recall):
        version.state = Words.RETIRED


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


async def fault(run: Run, a: int, b: int, c: int) -> None:
    """The next call of some API goes wrong."""
    _fault(run, path=PATHS[a % len(PATHS)], count=1 + c % 2, **FAULTS[b % len(FAULTS)])


async def outage(run: Run, a: int, b: int, c: int) -> None:
    """WeCom cannot be reached any more, or can again."""
    faults = run.wecom.world.faults
    if run.outage is None:
        rule = FaultRule(kind="drop", when="after" if a % 2 else "before", count=None)
        run.outage = faults.arm(rule)
    else:
        faults.lift(run.outage)
        run.outage = None


async def passed(run: Run, a: int, b: int, c: int) -> None:
    """Minutes pass; what comes round every minute has come round."""
    minutes = (1, 2, 6, 16, 25, 40)[a % 6]
    await run.later(timedelta(minutes=minutes / 2))
    await run.work()
    await run.later(timedelta(minutes=minutes / 2))
    await run.work()
    run.observe()
    await run.look()


async def night(run: Run, a: int, b: int, c: int) -> None:
    """The next morning, or some days later; whatever was broken is mended by then."""
    await run.calm()
    await run.later(timedelta(hours=9.5 + 24 * (0, 0, 0, 2)[a % 4]))
    if a % 2:
        await run.house.plan()
        await run.house.job("announce")
    await run.calm()


async def next_day(run: Run, a: int, b: int, c: int) -> None:
    """The next morning comes, with whatever is broken still broken."""
    await run.later(timedelta(hours=10))
    if a % 4 == 0:
        await run.house.plan()
        await run.house.job("announce")
    await run.work()


async def clock_off(run: Run, a: int, b: int, c: int) -> None:
    """Our clock is set wrong, or right again."""
    minutes = (0, 10, -10, 5, -5, 0)[a % 6]
    run.wall.off = timedelta(minutes=minutes)
    _behind(run)


async def clock_back(run: Run, a: int, b: int, c: int) -> None:
    """Our clock jumps back, by up to two hours."""
    run.wall.off = max(run.wall.off - timedelta(minutes=10 + a % 111), -MOST_OFF)
    _behind(run)


async def killed(run: Run, a: int, b: int, c: int) -> None:
    """The process will be killed at one of the next boundaries."""
    run.fuse.set(1 + a % 40)


async def killed_now(run: Run, a: int, b: int, c: int) -> None:
    """The process is killed while it has nothing to do; whoever looks after it takes a while."""
    await run.restart()
    await run.later(timedelta(seconds=(0, 5, 30, 90)[a % 4]))


async def disabled(run: Run, a: int, b: int, c: int) -> None:
    """A manager leaves, or is struck off the bank's list; or one struck off comes back."""
    struck = [one for one in sorted(run.model.gone) if one not in run.resigned]
    if struck and c % 2:
        await run.roster(struck[0], active=True)
        run.model.gone.discard(struck[0])
        return
    manager = _manager(run, a)
    if manager is None or len(run.model.gone) >= len(MANAGERS) - 1:
        return
    phone = await run.house.signed_in(manager)
    if b % 4 == 0 and not run.resigned:
        run.resigned.add(manager)
        run.wecom.act("resign", userid=manager)
        await run.arrive()
        await run.house.handle()
    await run.roster(manager, active=False)
    run.model.gone.add(manager)
    answer = await phone.get("/h5/todo")
    if answer.status_code == 200:
        raise Broken(f"P21: {manager}, who is disabled, still reads the to-dos")


STEPS: Final[Mapping[str, tuple[int, Step]]] = {
    "contact_added": (10, contact_added),
    "contact_gone": (3, contact_gone),
    "told_again": (6, told_again),
    "written": (7, written),
    "edited": (3, edited),
    "decided": (4, decided),
    "recalled": (2, recalled),
    "said": (18, said),
    "sent": (14, sent),
    "worked": (4, worked),
    "confirmed": (4, confirmed),
    "refused": (2, refused),
    "refused_meanwhile": (2, refused_meanwhile),
    "took_back": (5, took_back),
    "planned": (1, planned),
    "tapped": (2, tapped),
    "fault": (8, fault),
    "outage": (1, outage),
    "passed": (8, passed),
    "next_day": (8, next_day),
    "night": (1, night),
    "clock_off": (2, clock_off),
    "clock_back": (1, clock_back),
    "killed": (7, killed),
    "killed_now": (1, killed_now),
    "disabled": (1, disabled),
}
"""Every step with how often it comes, of a hundred or so."""


def _manager(run: Run, number: int) -> str | None:
    here = [one for one in sorted(MANAGERS) if one not in run.model.gone]
    return here[number % len(here)] if here else None


def _fault(run: Run, **rule: Any) -> None:
    run.wecom.world.faults.arm(FaultRule(**rule))


def _behind(run: Run) -> None:
    behind = max(timedelta(), -run.wall.off)
    for one in run.model.added:
        one.behind = max(one.behind, behind)


def _words(purpose: str, number: int) -> str:
    counted = "".join(NUMERALS[int(digit)] for digit in str(number))
    return f"{TEMPLATES[purpose]}第{counted}期。"


def _fields(version: Version) -> dict[str, Any]:
    return {
        "code": version.code,
        "title": version.code,
        "scene": "news",
        "purpose": version.purpose,
        "template": version.text,
        "form": "broadcast",
    }


def _draft(version: Version) -> ScriptDraft:
    return ScriptDraft(**_fields(version))


async def _hand_in(run: Run, version: Version) -> None:
    async def submit(session: AsyncSession) -> None:
        await library.submit(
            session,
            version.id,
            by=version.author,
            reason="日常内容",
            at=run.wall(),
            examiner=run.house.parts.examiner,
        )

    if await run.in_one(submit):
        version.state = Words.SUBMITTED


async def _approve(run: Run, version: Version, by: str) -> bool:
    async def approve(session: AsyncSession) -> None:
        await recalling.approve(session, version.id, by=by, opinion="同意使用", at=run.wall())

    if not await run.in_one(approve):
        return False
    async with run.house.looking() as session:
        query = text("SELECT state FROM script_version WHERE id = :id")
        state = (await session.execute(query, {"id": version.id})).scalar_one()
    if state == "approved":
        run.model.approve(version)
    return state == "approved"


async def _id_of(run: Run, code: str) -> int:
    async with run.house.looking() as session:
        query = text("SELECT max(id) FROM script_version WHERE code = :code")
        return int((await session.execute(query, {"code": code})).scalar_one())


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
