"""Every question about policies' versions."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.policies.errors import PolicyUnknown
from kit.policies.facts import State, Version
from kit.policies.models import PolicyVersion


async def in_force(session: AsyncSession) -> Mapping[str, Version]:
    """The version in force by policy; a policy that was never changed is not among them."""
    query = select(PolicyVersion).where(col(PolicyVersion.state) == State.IN_FORCE)
    return {row.name: fact(row) for row in (await session.execute(query)).scalars()}


async def numbers_in_force(session: AsyncSession) -> Mapping[str, int]:
    """The number of the version in force by policy: what a process compares with its own."""
    query = select(col(PolicyVersion.name), col(PolicyVersion.number)).where(
        col(PolicyVersion.state) == State.IN_FORCE
    )
    return {name: number for name, number in await session.execute(query)}  # noqa: C416


async def waiting(session: AsyncSession) -> Mapping[str, Version]:
    """The proposal that waits, by policy."""
    query = select(PolicyVersion).where(col(PolicyVersion.state) == State.PROPOSED)
    return {row.name: fact(row) for row in (await session.execute(query)).scalars()}


async def versions(session: AsyncSession, name: str) -> list[Version]:
    """Every version of a policy, the newest first."""
    query = (
        select(PolicyVersion)
        .where(col(PolicyVersion.name) == name)
        .order_by(col(PolicyVersion.number).desc())
    )
    return [fact(row) for row in (await session.execute(query)).scalars()]


async def newest_number(session: AsyncSession, name: str) -> int:
    """The number of the newest version of a policy; 0 where it was never changed."""
    query = select(func.max(col(PolicyVersion.number))).where(col(PolicyVersion.name) == name)
    return int((await session.execute(query)).scalar() or 0)


async def row(session: AsyncSession, name: str, number: int) -> PolicyVersion:
    """The row of a version. Raises PolicyUnknown."""
    found = await session.get(PolicyVersion, (name, number))
    if found is None:
        raise PolicyUnknown("没有这一版策略", saw=f"{name} 第 {number} 版", do="刷新策略页面")
    return found


def fact(found: PolicyVersion) -> Version:
    """A row as a value."""
    return Version(
        name=found.name,
        number=found.number,
        text=found.text,
        digest=found.digest,
        based_on=found.based_on,
        state=State(found.state),
        reason=found.reason,
        proposed_by=found.proposed_by,
        proposed_at=found.proposed_at,
        opinion=found.opinion,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
    )
