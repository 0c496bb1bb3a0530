"""Every job: its rhythm, what it does, what happens to ticks that nobody saw.

A job is safe to run twice; the slot row decides that it usually is not. ``docs/jobs.md`` has a
heading for each, and a test compares.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.grants import withdraw_expired
from community.sync import sync_groups
from config import policy_catalogue
from crm_sync import personas, tags
from crm_sync.binding import BindingOutcome
from crm_sync.contact_ways import find_lost_ways
from crm_sync.linking import service as linking
from crm_sync.readings import keeping as readings
from crm_sync.repository.staff import unit_of_userids
from crm_sync.sync.full import PARTS, Part, SyncReport, full_sync
from crm_sync.tiers import assign_tiers
from delivery import (
    binding_work,
    channel_handover,
    dialled,
    lookup,
    results,
    tickets,
)
from delivery import jobs as delivery_jobs
from delivery.outside import reading as outside
from delivery.worklist import open_work
from insights.known_elsewhere import known_elsewhere
from kit import partitions
from kit.clock import BANK_TIME, bank_date
from kit.db import Database
from kit.errors import InputRefused
from kit.pacing import repository as pacing
from portfolio.allocation.jobs import draft_month_end
from portfolio.handover.store import being_handed_over
from portfolio.scorecards.service import close_quarter
from portfolio.transfers.batch import propose_batch
from portfolio.transfers.jobs import watch
from reminders.jobs import PersonaSlot, plan_day
from reminders.report import PlanReport
from wecom import members
from wecom.client import Caller
from wiring import (
    archive_duty,
    campaign_duty,
    contact_duty,
    execution_duty,
    fence,
    material_duty,
    moment_duty,
    screening_duty,
    sources,
    standing,
    talk_duty,
)
from wiring.handovers import carry_on, leavers_after
from wiring.importing import work_off_feed
from wiring.parts import Parts

Run = Callable[[Parts, datetime], Awaitable[Mapping[str, Any]]]

NIGHT = 2
"""In this hour others' broadcasts are looked for as far back as WeCom tells."""
BOOKS_KEPT = timedelta(days=32)
"""Longer than the longest window of WeCom's limits."""


@dataclass(frozen=True)
class Job:
    """``cron`` fields are APScheduler's (weekday names, bank time); ``late`` bounds a late run."""

    id: str
    title: str
    cron: Mapping[str, str]
    run: Run
    late: timedelta

    def trigger(self) -> CronTrigger:
        """The clock of this job in the bank's time zone."""
        return CronTrigger(timezone=BANK_TIME, **self.cron)


async def plan(
    parts: Parts, day: date, at: datetime, *, by: str = "system:planner", dry_run: bool = False
) -> PlanReport:
    """Plan one bank day with this installation's calendar of content and its campaigns."""

    def content(on: date) -> list[PersonaSlot]:
        return [
            PersonaSlot(slot.persona, slot.script_code, slot.why)
            for slot in parts.content_calendar.for_day(on, parts.desk.calendar.is_working)
        ]

    if not dry_run and day == bank_date(at):
        await campaign_duty.begin(parts, at)
    return await plan_day(
        parts.databases.bank,
        day=day,
        at=at,
        policy=parts.reminders,
        desk=parts.desk,
        content=content,
        others=await campaign_duty.candidates(parts, day, at),
        edges=[tier.lowest_fen for tier in parts.tiers.tiers[1:]],
        by=by,
        dry_run=dry_run,
    )


async def _plan(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return (await plan(parts, bank_date(at), at)).as_json()


async def _results(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return await results.poll(parts.databases.bank, parts.wecom, parts.clock)


async def _outside(parts: Parts, at: datetime) -> Mapping[str, Any]:
    nightly = at.astimezone(BANK_TIME).hour == NIGHT
    return await outside.read(parts.databases.bank, parts.wecom, parts.clock, whole_month=nightly)


async def _lookup(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return await lookup.resolve_unknown(
        parts.databases.bank, parts.wecom, parts.clock, parts.texts, parts.calls
    )


async def _calls(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return await dialled.poll(parts.databases.bank, parts.dialler, parts.clock, parts.desk)


async def _expire(parts: Parts, at: datetime) -> Mapping[str, Any]:
    expired = await delivery_jobs.expire(parts.databases.bank, at=at)
    async with parts.databases.bank.transaction() as session:
        lapsed = await tickets.lapse(session, at)
    handed = await channel_handover.sweep(parts.databases.bank, at=at, desk=parts.desk)
    return {"expired": expired, "lapsed": lapsed, "handed_over": handed}


async def _archive(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return await archive_duty.round_of(parts, at)


PARTS_OF: Mapping[str, tuple[Part, ...]] = {
    "all": PARTS,
    "contacts": ("members", "contacts", "binding"),
    "tags": ("tags",),
    "staff": ("members",),
    "groups": (),
}


class PartUnknown(InputRefused):
    """There is nothing of that name to synchronise with WeCom."""

    code = "E-5020"


async def reconcile(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Everything that is synchronised, read and mended."""
    return (await sync(parts, at)).as_counts()


async def sync(
    parts: Parts, at: datetime, what: str = "all", *, accept_drops: bool = False
) -> SyncReport:
    """The first full sync and the nightly reconcile are one thing: read everything, mend.

    ``what``: all, contacts, tags, groups or staff. ``accept_drops``: a person has looked at the
    relations that were withheld and says that they are gone. Raises PartUnknown.
    """
    if what not in PARTS_OF:
        raise PartUnknown("没有这一项可以同步", saw=what[:20], do="、".join(PARTS_OF))

    async def groups(database: Database, wecom: Caller, started_at: datetime) -> Mapping[str, int]:
        owners = await members.follow_users(wecom)
        async with database.reading() as session:
            units = await unit_of_userids(session, [owner.lower() for owner in owners])
        report = await sync_groups(
            database, wecom, [owner.lower() for owner in owners], at=started_at, unit_of=units
        )
        return {name: value for name, value in asdict(report).items() if isinstance(value, int)}

    async def tell(session: AsyncSession, outcomes: Sequence[BindingOutcome]) -> None:
        works = [work for one in outcomes if (work := binding_work.work_of(one)) is not None]
        await open_work(session, works, at=at)

    report = await full_sync(
        parts.databases.bank,
        parts.wecom,
        at,
        policy=parts.personas,
        parts=PARTS_OF[what],
        others={"groups": groups} if what in ("all", "groups") else None,
        tell=tell,
        under_way=being_handed_over,
        accept_drops=accept_drops,
    )
    if "contacts" in PARTS_OF[what]:
        await leavers_after(parts, report, at)
    return report


async def personas_and_tiers(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Tiers, personas and the tags that show them."""
    tiers = await assign_tiers(parts.databases.bank, parts.tiers, at)
    report = await personas.evaluate(
        parts.databases.bank, parts.personas, at, tiers=parts.tiers, outside=known_elsewhere()
    )
    wanted = await tags.plan_tags(parts.databases.bank, at)
    return {
        "customers": report.customers,
        "changed": report.changed,
        "members": dict(report.members),
        "tiers": tiers.placed.total() + tiers.moved.total(),
        "tag_pairs": wanted.asked,
    }


async def _ensure_tags(parts: Parts, at: datetime) -> Mapping[str, Any]:
    made = await tags.ensure_tags(
        parts.databases.bank,
        parts.wecom,
        parts.personas,
        at,
        cap=parts.settings.wecom.tag_cap,
    )
    return {"tags": len(made)}


async def _lost_ways(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return {"found": await find_lost_ways(parts.databases.bank, parts.wecom, at)}


async def _benefits(parts: Parts, at: datetime) -> Mapping[str, Any]:
    async with parts.databases.bank.transaction() as session:
        return {"ended": await withdraw_expired(session, bank_date(at), at)}


async def _handovers(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return await carry_on(parts)


async def _partitions(parts: Parts, at: datetime) -> Mapping[str, Any]:
    made: list[str] = []

    def prepare(connection: Connection) -> None:
        made.extend(partitions.prepare(connection, at))

    for database in parts.databases.distinct:
        async with database.transaction() as session:
            connection = await session.connection()
            await connection.run_sync(prepare)
    return {"made": made}


async def _call_books(parts: Parts, at: datetime) -> Mapping[str, Any]:
    async with parts.databases.inbox.transaction() as session:
        return {"dropped": await pacing.forget(session, at - BOOKS_KEPT)}


async def _talks(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return await talk_duty.note_talks(parts, at)


async def _owner_mismatches(parts: Parts, at: datetime) -> Mapping[str, Any]:
    policy = parts.shelf.of(policy_catalogue.ADDS)
    return await binding_work.sweep(parts.databases.bank, policy, at)


async def _linking(parts: Parts, at: datetime) -> Mapping[str, Any]:
    policy = parts.shelf.of(policy_catalogue.LINKING)
    async with parts.databases.bank.transaction() as session:
        return await linking.tidy(session, policy, at)


async def _readings(parts: Parts, at: datetime) -> Mapping[str, Any]:
    async with parts.databases.bank.transaction() as session:
        return {"deleted": await readings.tidy(session, at)}


async def _allocate(parts: Parts, at: datetime) -> Mapping[str, Any]:
    ownership = parts.shelf.of(policy_catalogue.OWNERSHIP)
    drafted = await draft_month_end(parts.databases.bank, ownership, parts.tiers, at)
    return drafted.as_counts()


async def _transfers(parts: Parts, at: datetime) -> Mapping[str, Any]:
    ownership = parts.shelf.of(policy_catalogue.OWNERSHIP)
    async with parts.databases.bank.transaction() as session:
        batch = await propose_batch(session, policy=ownership, at=at)
    return {"forms": batch.made, "unplaced": batch.unplaced}


async def _watch_transfers(parts: Parts, at: datetime) -> Mapping[str, Any]:
    ownership = parts.shelf.of(policy_catalogue.OWNERSHIP)
    return (await watch(parts.databases.bank, ownership, parts.desk, at)).as_counts()


async def _scorecards(parts: Parts, at: datetime) -> Mapping[str, Any]:
    ownership = parts.shelf.of(policy_catalogue.OWNERSHIP)
    async with parts.databases.bank.transaction() as session:
        return {"closed": await close_quarter(session, policy=ownership, at=at)}


async def _false_stops(parts: Parts, at: datetime) -> Mapping[str, Any]:
    return await screening_duty.false_stops(parts, at)


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

JOBS: tuple[Job, ...] = (
    Job("plan", "编排当天提醒", {"hour": "6", "minute": "30"}, _plan, 10 * HOUR),
    Job("contacts", "每日联络计划", {"hour": "6", "minute": "50"}, contact_duty.morning, 10 * HOUR),
    Job(
        "announce",
        "给客户经理的晨间卡片",
        {"hour": "8", "minute": "30"},
        execution_duty.announce,
        4 * HOUR,
    ),
    Job("remind", "提醒没有确认的群发", {"minute": "*/10"}, execution_duty.remind, 10 * MINUTE),
    Job(
        "nudge",
        "下午提醒没有做完的",
        {"hour": "15", "minute": "30"},
        execution_duty.nudge,
        2 * HOUR,
    ),
    Job("results", "群发结果", {"minute": "*"}, _results, MINUTE),
    Job("outside", "别处发的群发", {"minute": "50"}, _outside, HOUR),
    Job("moments", "企业朋友圈结果与收回", {"minute": "*"}, moment_duty.what_became, MINUTE),
    Job("moment_lists", "圈定企业朋友圈名单", {"minute": "*"}, moment_duty.lists, MINUTE),
    Job(
        "moment_tags", "删除过期的可见标签", {"hour": "3", "minute": "25"}, moment_duty.nightly, DAY
    ),
    Job("campaigns", "营销活动的当天一波", {"minute": "*/5"}, campaign_duty.minutely, HOUR),
    Job("campaign_stops", "停止的活动", {"second": "*/20"}, campaign_duty.sweep, MINUTE),
    Job("lookup", "核对结果未知的发送", {"minute": "*"}, _lookup, MINUTE),
    Job("calls", "电话接通了没有", {"minute": "*"}, _calls, MINUTE),
    Job("expire", "到期的待办与未回音的发送", {"minute": "*/5"}, _expire, 5 * MINUTE),
    Job("deals", "核心系统里的成交", {"hour": "5", "minute": "10"}, execution_duty.deals, 6 * HOUR),
    Job("evidence", "记下的结果找旁证", {"minute": "*/10"}, execution_duty.evidence, 10 * MINUTE),
    Job(
        "undone",
        "没有做的待办交给网点负责人",
        {"hour": "8", "minute": "10"},
        execution_duty.undone,
        10 * HOUR,
    ),
    Job("archive", "会话存档", {"minute": "*/2"}, _archive, 2 * MINUTE),
    Job("feed", "推送来还没处理完的批次", {"minute": "*"}, work_off_feed, MINUTE),
    Job("sources", "从数据源取数", {"minute": "5"}, sources.pull_due, 50 * MINUTE),
    Job("import_images", "清理导入前旧值", {"hour": "3", "minute": "50"}, sources.drop_images, DAY),
    Job("reconcile", "与企业微信对账", {"hour": "2", "minute": "10"}, reconcile, 6 * HOUR),
    Job("tags", "企业标签就位", {"hour": "3", "minute": "20"}, _ensure_tags, 6 * HOUR),
    Job("personas", "客群与分层", {"hour": "4", "minute": "0"}, personas_and_tiers, 6 * HOUR),
    Job("standing", "客户现状与商机", {"hour": "4", "minute": "20"}, standing.everybody, 6 * HOUR),
    Job("loaded", "导入之后的现状、商机与客群", {"minute": "*/10"}, standing.changed, 10 * MINUTE),
    Job("fence", "企业微信聊天敏感词", {"hour": "3", "minute": "5"}, fence.nightly, 6 * HOUR),
    Job("lost_ways", "找回没有收到答复的联系码", {"minute": "45"}, _lost_ways, HOUR),
    Job("talks", "谁和谁说过话", {"minute": "25"}, _talks, HOUR),
    Job("owners", "管户与好友核对", {"hour": "4", "minute": "40"}, _owner_mismatches, 6 * HOUR),
    Job("linking", "清理用过的验证码", {"hour": "3", "minute": "40"}, _linking, DAY),
    Job("readings", "到期的阅读记录", {"hour": "3", "minute": "45"}, _readings, DAY),
    Job("benefits", "收回到期权益", {"hour": "0", "minute": "20"}, _benefits, 6 * HOUR),
    Job("materials", "素材上传与续期", {"minute": "15,45"}, material_duty.renew, 30 * MINUTE),
    Job("handovers", "客户移交的请求与结果", {"minute": "*/5"}, _handovers, 5 * MINUTE),
    Job(
        "allocate",
        "月末编制分配方案",
        {"day": "last", "hour": "20", "minute": "0"},
        _allocate,
        3 * DAY,
    ),
    Job("transfers", "提升移交批次", {"day": "1", "hour": "7", "minute": "0"}, _transfers, 5 * DAY),
    Job("transfer_watch", "提升移交的介绍与联系", {"minute": "*/10"}, _watch_transfers, HOUR),
    Job(
        "scorecards",
        "季度评分定稿",
        {"month": "1,4,7,10", "day": "1", "hour": "0", "minute": "10"},
        _scorecards,
        5 * DAY,
    ),
    Job("false_stops", "误拦太多的规则降级", {"minute": "20"}, _false_stops, HOUR),
    Job("call_books", "清理不再用的调用额度", {"hour": "3", "minute": "35"}, _call_books, DAY),
    Job("partitions", "提前准备月分区", {"hour": "3", "minute": "30"}, _partitions, DAY),
)
