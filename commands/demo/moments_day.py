"""The demo's corp moments: one that is out and half published, one approved, one that waits."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final

import anyio
import httpx

from commands.demo.settings import SEED
from commands.demo.wecom_window import OWNER
from crm_sync.tag_writer import write_tags
from delivery.moments import jobs, repository, results, service
from delivery.moments.facts import Proposal
from kit.clock import bank_date, bank_moment
from simulator.wecom.modes import Modes
from wiring import moment_duty
from wiring.parts import Parts

DAY: Final = timedelta(days=1)
BY, SECOND = "staff:000101", "staff:000104"
BEGINS, ENDS = time(10, 0), time(18, 0)
PUBLISHED_OF: Final = 3
"""Every so manyth member has not published it yet."""


async def moments_day(parts: Parts, at: datetime, tell: Callable[[str, int], None]) -> None:
    """What head office proposed yesterday and what became of it today."""
    begun = at - timedelta(minutes=20)
    out = await _proposed(parts, "给妈妈的一句话", "moment.mum", "宝妈", begun, at - DAY)
    await _decided(parts, out, "可以发，注意只发给名单里的客户", at - DAY)
    later = bank_moment(bank_date(at) + DAY, BEGINS)
    fraud = await _proposed(parts, "反诈一句话", "moment.fraud", "老年", later, at)
    await _decided(parts, fraud, "同意", at)
    await _proposed(parts, "在家兼职先别垫钱", "moment.mum.parttime", "宝妈", later + DAY, at)
    await _out(parts, at)
    members = await _published(parts, out, at)
    tell("企业朋友圈", 3)
    tell("已发表的成员", members)


async def _proposed(
    parts: Parts, title: str, script: str, persona: str, starts_at: datetime, at: datetime
) -> int:
    asked = Proposal(
        title, script, "persona", persona, starts_at, bank_moment(bank_date(starts_at), ENDS)
    )
    async with parts.databases.bank.transaction() as session:
        return await service.propose(
            session, asked, known=moment_duty.known(parts), desk=parts.desk, by=BY, unit_id="hq",
            at=at,
        )  # fmt: skip


async def _decided(parts: Parts, number: int, opinion: str, at: datetime) -> None:
    async with parts.databases.bank.transaction() as session:
        await service.decide(
            session, number, agree=True, opinion=opinion, by=SECOND, at=at, units=None
        )


async def _out(parts: Parts, at: datetime) -> None:
    """The list is drawn up and marked, and WeCom is asked."""
    await jobs.draw_up(
        parts.databases.bank, parts.wecom, known=moment_duty.known(parts), desk=parts.desk, at=at,
        cap=parts.settings.wecom.tag_cap,
    )  # fmt: skip
    while (await write_tags(parts.databases.bank, parts.wecom, at)).written:
        pass
    await parts.dispatcher().drain(kinds=["moment"])


async def _published(parts: Parts, number: int, at: datetime) -> int:
    """Two members of three tap, the manager of the tour not yet; WeCom says who could see it."""
    await anyio.sleep(Modes().broadcast_dispatch_s + 0.2)  # WeCom makes it in a job of its own
    await results.poll(parts.databases.bank, parts.wecom, lambda: at + timedelta(minutes=3))
    async with parts.databases.bank.reading() as session:
        made = [one.moment_id for one in await repository.parts(session, number) if one.moment_id]
        members = sorted(await repository.userids(session, number))
    done = 0
    async with httpx.AsyncClient(base_url=str(parts.settings.wecom.api_base)) as people:
        for moment_id in made:
            for place, userid in enumerate(members):
                if userid != OWNER and (place + SEED) % PUBLISHED_OF:
                    body = {"act": "publish_moment", "userid": userid, "moment_id": moment_id}
                    done += (await people.post("/_sim/act", json=body)).status_code == 200
    await results.poll(parts.databases.bank, parts.wecom, lambda: at + timedelta(minutes=15))
    return done
