"""Contacts come and go, and WeCom tells it, again and again."""

import httpx

from simulator.wecom.callbacks.envelope import seal
from simulator.wecom.people.kit import ActError
from tests.machine.model import Broken
from tests.machine.run import Run


async def contact_added(run: Run, a: int, b: int, c: int) -> None:
    """A customer scans a manager's code; now and then WeCom tells it twice, or late."""
    manager = run.manager(a)
    if manager is None:
        return
    if c % 4 == 0:
        run.fault(kind="callback_duplicate", path="*", count=1, copies=1 + c % 2)
    if c % 7 == 0:
        run.fault(kind="callback_reorder", path="*", count=1)
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
