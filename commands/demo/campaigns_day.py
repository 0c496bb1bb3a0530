"""The demo's campaigns: one that runs since yesterday, one that waits, one that was stopped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final

from campaigns.waves import budget, jobs, service
from campaigns.waves.facts import Asked, WaveAsked, Who
from config import policy_catalogue
from kit.clock import bank_date, bank_moment
from portfolio.preparation import records
from portfolio.preparation.rules import BOXES
from wiring import campaign_duty
from wiring.parts import Parts

DAY: Final = timedelta(days=1)
BY, SECOND = "staff:000101", "staff:000104"
FIRST, THEN = "care.contact", "festival.yearend"
WRITTEN: Final = (
    "已和项目组逐条核过：来自上月 120 通回访，负责人与日期写在附页，网点每天 17:00 看一次。"
)


async def campaigns_day(parts: Parts, at: datetime, tell: Callable[[str, int], None]) -> None:
    """What head office set going, and what became of it this morning."""
    today = bank_date(at)
    early = bank_moment(today, time(7, 30))
    prepared = await _prepared(parts, at - 3 * DAY)
    running = Asked(
        title="四季度客户见面", kind="penetrate", goal="让快到期的客户在到期前都和客户经理说上一次话",
        measure="answered", target=12, owner="000101", departments=("retail", "wealth"),
        budget_fen=3_000_000, overrun_percent=5, starts_on=today, ends_on=today + 30 * DAY,
        review_on=today + 40 * DAY, segment="due-soon", hold_out_percent=10, per_day=15, units=("02", "03", "04"),
        preparation_id=prepared,
        waves=(
            WaveAsked(FIRST, "todo", today),
            WaveAsked(THEN, "broadcast", today + 7 * DAY, Who.SILENT),
        ),
    )  # fmt: skip
    number = await _proposed(parts, running, early - DAY)
    await _decided(parts, number, early - DAY)
    await _spent(parts, number, at)
    waiting = replace(
        running, title="开门红预热", kind="visit", segment="runners",
        goal="请爱跑步的客户来网点坐坐，介绍新一年的健康活动", starts_on=today + 20 * DAY,
        ends_on=today + 50 * DAY, review_on=today + 60 * DAY,
        waves=(WaveAsked(THEN, "broadcast", today + 20 * DAY),),
    )  # fmt: skip
    await _proposed(parts, waiting, early)
    stopped = replace(waiting, title="代发客户问候", kind="precise", segment="payroll-steady")
    other = await _proposed(parts, stopped, early)
    await _decided(parts, other, early)
    async with parts.databases.bank.transaction() as session:
        await service.stop(
            session, other, reason="与代发单位的活动撞期", by=SECOND, at=at, units=None
        )
    done = await jobs.run(
        parts.databases.bank, known=campaign_duty.known(parts), desk=parts.desk,
        policy=parts.shelf.of(policy_catalogue.CAMPAIGNS), at=bank_moment(today, time(8)),
        answered=campaign_duty.answered,
    )  # fmt: skip
    tell("营销活动", 3)
    tell("活动交给客户经理", int(done.get("queued", 0)))


async def _spent(parts: Parts, number: int, at: datetime) -> None:
    """What the team has spent of its budget until now, in 分."""
    async with parts.databases.bank.transaction() as session:
        for what, fen in (("手写贺卡 120 张", 96_000), ("三家支行茶歇与伴手礼", 318_500)):
            await budget.spend(
                session, number, what=what, amount_fen=fen, spent_on=bank_date(at), by=BY,
                at=at, units=None,
            )  # fmt: skip


async def _prepared(parts: Parts, at: datetime) -> int:
    async with parts.databases.bank.transaction() as session:
        number = await records.begin(session, title="四季度客户见面", unit_id="hq", by=BY, at=at)
        for box in BOXES:
            content = f"{box.title}：{WRITTEN}"
            await records.fill(session, number, box.name, content, units=None, by=BY, at=at)
    return number


async def _proposed(parts: Parts, asked: Asked, at: datetime) -> int:
    async with parts.databases.bank.transaction() as session:
        examined = await service.examine(
            session, asked, missing=(), policy=parts.shelf.of(policy_catalogue.CAMPAIGNS),
            unit_id="hq", at=at,
        )  # fmt: skip
        return await service.propose(session, examined, by=BY, at=at)


async def _decided(parts: Parts, number: int, at: datetime) -> None:
    async with parts.databases.bank.transaction() as session:
        await service.decide(
            session, number, agree=True, opinion="准备齐全，同意。", by=SECOND, at=at, units=None
        )
