"""Benefits: proposed by one, approved by another, withdrawn by anybody in charge."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.errors import (
    BenefitDecided,
    BenefitRefused,
    BenefitUnknown,
    NotApproved,
    SecondPerson,
    WordsBlocked,
)
from campaigns.facts import BenefitFact, Proposal
from campaigns.models import Benefit
from campaigns.rules import checked, digest
from config.benefit_policy import BenefitPolicy
from content_library.findings import Examiner
from kit.clock import bank_date
from kit.ledger import Entry, append


async def propose(
    session: AsyncSession,
    terms: Proposal,
    policy: BenefitPolicy,
    *,
    examiner: Examiner,
    by: str,
    at: datetime,
) -> int:
    """A benefit that waits for another person; returns its id.

    Raises TiedToMoney, FormForbidden, StockTip, BenefitRefused, WordsBlocked; nothing is stored
    then.
    """
    terms = checked(terms, policy)
    findings = [
        {"check": one.check, "level": one.level, "saying": one.saying, "rule": one.rule}
        for one in examiner(
            f"{terms.title}\n{terms.words}",
            purpose="marketing",
            product_kind=None,
            personalised=False,
        )
        if one.level != "ok"
    ]
    if bad := [one for one in findings if one["level"] == "block" and one["check"] != "必备要素"]:
        raise WordsBlocked(
            "说明没有通过合规检查",
            saw="；".join(
                f"{one['saying']}{one['rule'] and '（' + one['rule'] + '）'}" for one in bad
            ),
            do="按提示改写后重新提交",
        )
    row = Benefit(
        **{**asdict(terms), "tiers": list(terms.tiers)},
        state="proposed",
        findings=findings,
        proposed_by=by,
        proposed_at=at,
    )
    session.add(row)
    await session.flush()
    await _note(session, "benefit.proposed", row, by, at)
    return row.id or 0


async def decide(
    session: AsyncSession, benefit_id: int, *, agree: bool, opinion: str, by: str, at: datetime
) -> None:
    """Approve or refuse as another person; an approval is bound to what is stored now.

    Raises BenefitUnknown, BenefitDecided, SecondPerson, BenefitRefused.
    """
    row = await locked(session, benefit_id)
    if row.state != "proposed":
        raise BenefitDecided("这项权益已经有结论", saw=row.state, do="要改就重新申请一项")
    if row.proposed_by == by:
        raise SecondPerson("申请人不能批准自己的申请", do="请另一位有权限的同事批准")
    if not opinion.strip():
        raise BenefitRefused("请写意见", do="意见会记入审计日志")
    row.state = "approved" if agree else "refused"
    row.decided_by, row.decided_at, row.opinion = by, at, opinion.strip()[:400]
    row.approved_hash = digest(fact_of(row).terms) if agree else ""
    await session.flush()
    await _note(session, "benefit.approved" if agree else "benefit.refused", row, by, at)


async def withdraw(
    session: AsyncSession, benefit_id: int, *, reason: str, by: str, at: datetime
) -> None:
    """Nothing more is given of it from now on; what was given stays."""
    row = await locked(session, benefit_id)
    if row.state not in ("proposed", "approved"):
        raise BenefitDecided("这项权益已经结束", saw=row.state)
    if not reason.strip():
        raise BenefitRefused("请写原因", do="原因会记入审计日志")
    row.state, row.opinion = "withdrawn", reason.strip()[:400]
    await session.flush()
    await _note(session, "benefit.withdrawn", row, by, at)


async def locked(session: AsyncSession, benefit_id: int) -> Benefit:
    """The row, held until the transaction ends. Raises BenefitUnknown."""
    query = select(Benefit).where(col(Benefit.id) == benefit_id).with_for_update()
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if row is None:
        raise BenefitUnknown("没有这项权益", do="从权益列表里打开")
    return row


def in_force(row: Benefit, at: datetime) -> None:
    """Raises NotApproved unless it is approved, unchanged since, and in its time."""
    today = bank_date(at)
    if row.state != "approved":
        raise NotApproved(
            "没有经第二人批准的权益不能发放", saw=row.state, do="请另一位同事在权益页批准"
        )
    if row.approved_hash != digest(fact_of(row).terms):
        raise NotApproved("内容与批准时不一致，批准作废", do="重新申请一项")
    if not row.valid_from <= today <= row.valid_until:
        raise NotApproved("不在有效期内", saw=f"{row.valid_from} 至 {row.valid_until}")


def fact_of(row: Benefit) -> BenefitFact:
    """The row as others see it."""
    return BenefitFact(
        benefit_id=row.id or 0,
        terms=Proposal(
            row.kind, row.form, row.title, row.words, row.condition, row.valid_from,
            row.valid_until, row.points, row.value_fen, row.budget_fen, tuple(row.tiers),
            row.held_on, row.place, row.seats,
        ),
        state=row.state,
        granted_fen=row.granted_fen,
        seats_taken=row.seats_taken,
        findings=tuple(row.findings),
        approved_hash=row.approved_hash,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        opinion=row.opinion,
    )  # fmt: skip


async def _note(session: AsyncSession, act: str, row: Benefit, by: str, at: datetime) -> None:
    payload = {"title": row.title, "value": row.value_fen, "budget": row.budget_fen}
    if row.opinion:
        payload["opinion"] = row.opinion
    entry = Entry(
        kind="content", act=act, actor=by, object=f"benefit:{row.id}", reason=row.title,
        payload=payload,
    )  # fmt: skip
    await append(session, [entry], at=at)
