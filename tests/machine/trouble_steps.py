"""Time passes; calls, clocks, processes and people fail."""

from datetime import timedelta
from typing import Any, Final

from simulator.wecom.faults import FaultRule
from tests.machine.bank import MANAGERS
from tests.machine.model import Broken
from tests.machine.run import MOST_OFF, Run

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


async def fault(run: Run, a: int, b: int, c: int) -> None:
    """The next call of some API goes wrong."""
    run.fault(path=PATHS[a % len(PATHS)], count=1 + c % 2, **FAULTS[b % len(FAULTS)])


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
    manager = run.manager(a)
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


def _behind(run: Run) -> None:
    behind = max(timedelta(), -run.wall.off)
    for one in run.model.added:
        one.behind = max(one.behind, behind)
