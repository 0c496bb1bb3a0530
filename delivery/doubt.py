"""A call that nobody knows the end of, as a person sees it until it is found out."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.repository.outbox import Claim
from delivery.worklist import Work, close_open, open_work

CLOCKS_DIFFER: Final = timedelta(hours=2, minutes=15)
"""How far round its moment a call is looked for: our clock may have stood two hours off when it
was made, because a machine's clock can jump, and ten minutes beside WeCom's at the best of times.
Wide is safe: what is found must be ours by more than its moment."""
TAKERS = {"sms": "短信平台", "phone": "电话平台"}
"""Who takes a kind of call, where it is not WeCom."""


def key_of(claim: Claim) -> str:
    """The work item of one attempt's doubt; a later attempt may be doubted anew."""
    first = f"outbox:{claim.id}:unknown"
    return first if claim.attempts <= 1 else f"{first}:{claim.attempts}"


def work_of(claim: Claim, why: str) -> Work:
    """What a person is told."""
    return Work(
        key=key_of(claim),
        kind="send_unknown",
        title=f"不知道{TAKERS.get(claim.kind, '企业微信')}收到没有",
        why=f"{claim.kind} {why}",
        unit_id=claim.unit_id,
        facts={"outbox_id": claim.id, "kind": claim.kind},
    )


async def show(session: AsyncSession, claim: Claim, why: str, *, at: datetime) -> None:
    """Put it before a person, once."""
    await open_work(session, [work_of(claim, why)], at=at)


async def settle(session: AsyncSession, claim: Claim, resolution: str, *, at: datetime) -> None:
    """It has been found out: nobody needs to look any more."""
    await close_open(session, [key_of(claim)], by="system:lookup", resolution=resolution, at=at)
