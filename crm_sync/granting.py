"""Roles given and taken back; each with its ledger entry, effective at the next request."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.access import ROLES
from crm_sync.errors import GrantRefused
from crm_sync.models import Grant, Staff, Unit
from kit import ledger
from kit.db import upsert


async def grant(
    session: AsyncSession,
    staff_id: str,
    role: str,
    unit_id: str,
    *,
    by: str,
    at: datetime,
    days: int | None = None,
) -> None:
    """``staff_id`` holds ``role`` over ``unit_id`` and everything below it, for ``days`` or for good.

    Raises GrantRefused for a role, person or unit that does not exist.
    """
    await _demand_known(session, staff_id, role, unit_id)
    expires_at = at + timedelta(days=days) if days else None
    row = {
        "staff_id": staff_id,
        "role": role,
        "unit_id": unit_id,
        "granted_by": by,
        "granted_at": at,
        "expires_at": expires_at,
    }
    await upsert(
        session,
        Grant,
        [row],
        key=["staff_id", "role", "unit_id"],
        update=["granted_by", "granted_at", "expires_at"],
    )
    await _record(session, "role.granted", staff_id, role, unit_id, by, at)


async def revoke(
    session: AsyncSession, staff_id: str, role: str, unit_id: str, *, by: str, at: datetime
) -> bool:
    """Take a role back; False where it was not held."""
    result: Any = await session.execute(
        delete(Grant).where(
            col(Grant.staff_id) == staff_id,
            col(Grant.role) == role,
            col(Grant.unit_id) == unit_id,
        )
    )
    if result.rowcount:
        await _record(session, "role.revoked", staff_id, role, unit_id, by, at)
    return bool(result.rowcount)


async def _demand_known(session: AsyncSession, staff_id: str, role: str, unit_id: str) -> None:
    if role not in ROLES:
        raise GrantRefused("没有这个角色", saw=role[:20], do="、".join(ROLES))
    if await session.get(Staff, staff_id) is None:
        raise GrantRefused("没有这位员工", saw=staff_id[:40], do="先用 gengyun import staff 导入")
    unit = (
        await session.execute(select(col(Unit.unit_id)).where(col(Unit.unit_id) == unit_id))
    ).scalar_one_or_none()
    if unit is None:
        raise GrantRefused("没有这个机构", saw=unit_id[:40], do="先用 gengyun import units 导入")


async def _record(
    session: AsyncSession, act: str, staff_id: str, role: str, unit_id: str, by: str, at: datetime
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="setup",
                act=act,
                actor=by,
                object=f"staff:{staff_id}",
                unit=unit_id,
                reason=role,
            )
        ],
        at=at,
    )
