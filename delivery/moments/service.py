"""A moment is proposed, approved by a second person, stopped; each act has its entry."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library import repository as scripts_of
from content_library.facts import ApprovedScript
from content_library.materials import in_use
from content_library.render import render
from crm_sync.repository.staff import staff_by_id
from crm_sync.segments import repository as segments
from crm_sync.segments.service import IN_FORCE
from crm_sync.shown_tags import PREFIX
from delivery.channel_reasons import of_moment
from delivery.desk import Desk
from delivery.errors import MomentDecided, MomentRefused, MomentSecondPerson, MomentUnknown
from delivery.models import MomentTask
from delivery.moments import audience, withdrawing
from delivery.moments.facts import Known, MomentFact, Proposal, TaskState
from delivery.moments.rules import digest, faults
from kit.clock import bank_date
from kit.errors import InputRefused
from kit.ledger import Entry, append


async def propose(
    session: AsyncSession,
    asked: Proposal,
    *,
    known: Known,
    desk: Desk,
    by: str,
    unit_id: str,
    at: datetime,
) -> int:
    """A moment that waits for another person; returns its id.

    The first customers of its audience are judged ahead, so that whoever approves sees what will
    be lost. Raises MomentRefused with every fault; nothing is stored then.
    """
    script = (await scripts_of.approved_by_code(session, [asked.script_code], at)).get(
        asked.script_code
    )
    materials = await in_use(session, asked.materials, at)
    lost = [code for code in asked.materials if code not in materials]
    wrong = [f"素材“{code}”没有通过审核，或已停用" for code in lost]
    silent = [one for one in materials.values() if not one.words_known or "moment" not in one.forms]
    wrong += [f"素材“{one.code}”不能用在朋友圈" for one in silent]
    kinds = [materials[code].kind for code in asked.materials if code in materials]
    wrong += faults(
        asked, script, kinds, at=at, policy=desk.moments, gate=desk.policy, calendar=desk.calendar
    )
    title = await _audience_title(session, asked, known, wrong)
    if wrong or script is None:
        raise MomentRefused(
            "；".join(wrong), where="docs/moments.md", do="改好后重新提交", saw=asked.title[:30]
        )
    author = by.rpartition(":")[2]
    who = (await staff_by_id(session, [author])).get(author)
    chosen = of_moment(
        by=who.name if who else "", audience=title or asked.audience, caps=desk.moments.customer
    )
    row = MomentTask(
        title=asked.title.strip(), unit_id=unit_id, purpose=script.purpose,
        script_version_id=script.version_id, script_code=script.code,
        script_version=script.version, script_hash=script.template_hash,
        text=words_now(script, desk), materials=list(asked.materials),
        audience_kind=asked.audience_kind, audience=asked.audience, audience_title=title,
        channel_reason=chosen, units=sorted(asked.units), staff_ids=sorted(asked.staff_ids),
        starts_at=asked.starts_at, ends_at=asked.ends_at, state=TaskState.PROPOSED,
        tag_name=f"{PREFIX}{bank_date(asked.starts_at):%m%d}-{secrets.token_hex(4)}",
        proposed_by=by, proposed_at=at,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    fact = fact_of(row)
    row.preview = await audience.preview(session, fact, known, desk=desk, at=at)
    await session.flush()
    await note(session, "moment.proposed", fact, by, at)
    return fact.task_id


def words_now(script: ApprovedScript, desk: Desk) -> str:
    """The words as every customer reads them."""
    fields: dict[str, object] = {"bank_name": desk.bank_name}
    if desk.hotline:
        fields["hotline"] = desk.hotline
    try:
        return render(script.template, fields)
    except InputRefused as error:
        raise MomentRefused(error.what, do="换一条话术") from error


async def _audience_title(
    session: AsyncSession, asked: Proposal, known: Known, wrong: list[str]
) -> str:
    if asked.audience_kind == "persona":
        if known.personas.named(asked.audience) is None:
            wrong.append("没有这个客群")
        return asked.audience[:60]
    found = [one for one in await segments.listed(session) if one.code == asked.audience]
    if not found or found[0].state != IN_FORCE:
        wrong.append("没有这个客群规则，或没有启用")
    return found[0].title if found else ""


async def decide(
    session: AsyncSession,
    task_id: int,
    *,
    agree: bool,
    opinion: str,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> None:
    """Approve or refuse as another person; an approval is bound to what is stored now.

    Raises MomentUnknown, MomentDecided, MomentSecondPerson, MomentRefused.
    """
    row = await locked(session, task_id, units)
    if row.state != TaskState.PROPOSED:
        raise MomentDecided("这条朋友圈已经有结论", saw=row.state, do="要改就重新申请一条")
    if row.proposed_by == by:
        raise MomentSecondPerson("申请人不能批准自己的申请", do="请另一位有权限的同事批准")
    if not opinion.strip():
        raise MomentRefused("请写意见", do="意见会记入审计日志")
    if agree and row.starts_at <= at:
        raise MomentDecided("已经过了开始时间，不能再批准", do="重新申请一条")
    row.state = TaskState.APPROVED if agree else TaskState.REFUSED
    row.decided_by, row.decided_at, row.opinion = by, at, opinion.strip()[:400]
    row.approved_hash = digest(fact_of(row), row.script_hash) if agree else ""
    await session.flush()
    await note(session, "moment.approved" if agree else "moment.refused", fact_of(row), by, at)


async def stop(
    session: AsyncSession,
    task_id: int,
    *,
    reason: str,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> None:
    """Nothing more of it: calls that wait are not made, what nobody published yet is taken back.

    Raises MomentUnknown, MomentDecided, MomentRefused.
    """
    row = await locked(session, task_id, units)
    if row.state not in (TaskState.PROPOSED, TaskState.APPROVED, TaskState.LISTED):
        raise MomentDecided("这条朋友圈已经结束", saw=row.state)
    if not reason.strip():
        raise MomentRefused("请写原因", do="原因会记入审计日志")
    row.state, row.stopped_by, row.cause = TaskState.STOPPED, by, reason.strip()[:400]
    row.over_at = at
    await session.flush()
    await withdrawing.stop(session, task_id, at)
    await note(session, "moment.stopped", fact_of(row), by, at)


async def fail(session: AsyncSession, one: MomentFact, cause: str, at: datetime) -> bool:
    """It cannot be done any more; nothing of it has been handed to WeCom.

    Whoever an interrupted run had put on its list leaves it, with slots and tag. False, and
    nothing is written, where it is not an approved one any more.
    """
    failed = await session.execute(
        update(MomentTask)
        .where(col(MomentTask.id) == one.task_id, col(MomentTask.state) == TaskState.APPROVED)
        .values(state=TaskState.FAILED, cause=cause[:400], over_at=at)
        .returning(col(MomentTask.id))
        .execution_options(synchronize_session=False)
    )
    if failed.first() is None:
        return False
    await withdrawing.stop(session, one.task_id, at)
    await note(session, "moment.failed", replace(one, cause=cause), "system:moments", at)
    return True


async def locked(session: AsyncSession, task_id: int, units: frozenset[str] | None) -> MomentTask:
    """The row, held until the transaction ends. Raises MomentUnknown."""
    query = select(MomentTask).where(col(MomentTask.id) == task_id).with_for_update()
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if row is None or (units is not None and row.unit_id not in units):
        raise MomentUnknown("没有这条朋友圈，或不在您的机构范围内", do="从企业朋友圈列表里打开")
    return row


def fact_of(row: MomentTask) -> MomentFact:
    """The row as others see it."""
    values: dict[str, Any] = {
        name: getattr(row, name) for name in MomentFact.__dataclass_fields__ if name != "task_id"
    }
    lists: Sequence[str] = ("units", "staff_ids", "materials")
    return MomentFact(task_id=row.id or 0, **(values | {one: tuple(values[one]) for one in lists}))


async def note(
    session: AsyncSession, act: str, one: MomentFact, by: str, at: datetime, **more: Any
) -> None:
    """The entry of one act about a moment."""
    payload = {
        "title": one.title, "script": f"{one.script_code}/{one.script_version}",
        "audience": f"{one.audience_kind}:{one.audience}", "from": one.starts_at,
        "to": one.ends_at, **more,
    }  # fmt: skip
    if one.opinion:
        payload["opinion"] = one.opinion
    entry = Entry(
        kind="content", act=act, actor=by, object=f"moment:{one.task_id}", unit=one.unit_id,
        reason=one.cause or one.title, payload=payload,
    )  # fmt: skip
    await append(session, [entry], at=at)
