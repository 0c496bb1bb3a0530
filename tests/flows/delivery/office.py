"""A desk with the shipped policies and rules, and sentences that approve scripts."""

from datetime import datetime
from functools import cache

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.calendar import BankCalendar
from compliance.content_check import ContentCheck
from compliance.policy import GatePolicy
from compliance.screening import Screener
from config import reminder_policy
from content_library import service as library
from content_library.facts import ScriptDraft
from delivery.desk import Desk
from tests.flows.crm_sync.bank import BEFORE

REMINDERS = reminder_policy.load()


@cache
def screener() -> Screener:
    return Screener.from_rulebook()


def desk() -> Desk:
    policy = GatePolicy.load()
    return Desk.of(
        policy=policy,
        calendar=BankCalendar(quiet=policy.outreach.quiet),
        screener=screener(),
        merge=REMINDERS.merge,
        bank_name="青禾银行",
        hotline="400-800-1234",
    )


async def approved_script(
    session: AsyncSession,
    code: str,
    template: str,
    *,
    scene: str = "",
    at: datetime = BEFORE,
    purpose: str = "service",
    **fields: object,
) -> int:
    """A script written by one person and approved by another; returns the version's id."""
    draft = ScriptDraft(
        code=code,
        title=code,
        scene=scene or code,
        purpose=purpose,
        template=template,
        **fields,  # type: ignore[arg-type]
    )
    version_id = await library.draft(session, draft, by="staff:wangshan", at=at)
    examiner = ContentCheck(GatePolicy.load(), screener())
    await library.submit(
        session, version_id, by="staff:wangshan", reason="到期提醒", at=at, examiner=examiner
    )
    await library.approve(session, version_id, by="staff:hejing", opinion="同意使用", at=at)
    return version_id


T7 = "{{customer_title}}您好，我是{{bank_name}}的{{staff_name}}。您的{{product_name}}将于{{matures_on}}到期，到期怎么安排都可以随时问我。"
