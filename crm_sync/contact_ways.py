"""联系我: codes that say whom they were made for, so that whoever scans one is known.

The row is written before WeCom is asked: a code that was made but whose answer was lost is found
again by its state, because a config nobody knows could never be edited or closed.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.errors import BindingRefused
from crm_sync.models import ContactWay, Staff
from crm_sync.repository.evidence import owners
from kit.db import Database
from kit.ledger import Entry, append
from wecom import contact_ways
from wecom.client import Caller

STATE_BYTES: Final = 15
LOOKED_FOR: Final = timedelta(days=3)
_PREFIX: Final = "gy-"


@dataclass(frozen=True, slots=True)
class IssuedWay:
    """A contact way that was made: its state, its config and the address of its picture."""

    state: str
    config_id: str
    qr_code: str


async def issue_way(
    database: Database,
    wecom: Caller,
    *,
    staff_id: str,
    purpose: str,
    actor: str,
    at: datetime,
    customer_id: int | None = None,
) -> IssuedWay:
    """Make a code that leads to one member; with ``customer_id`` it identifies who scans it.

    The state is random, so that nobody can guess another customer's. Raises BindingRefused for a
    member without WeCom or a customer who does not exist, and what WeCom said.
    """
    state = _PREFIX + secrets.token_urlsafe(STATE_BYTES)
    async with database.transaction() as session:
        userid, unit_id = await _member(session, staff_id)
        if customer_id is not None:
            known = (await owners(session, [customer_id])).get(customer_id)
            if known is None:
                raise BindingRefused("没有这位客户", saw=str(customer_id), do="核对客户号后重试")
            unit_id = known[0]
        row = {
            "state": state,
            "config_id": "",
            "customer_id": customer_id,
            "staff_id": staff_id,
            "purpose": purpose[:40],
            "created_by": actor,
            "created_at": at,
        }
        await session.execute(insert(ContactWay.__table__), [row])  # type: ignore[attr-defined]
        await _record(session, "contact_way.issued", state, unit_id, actor, row, at)
    made = await contact_ways.add(
        wecom, contact_ways.ContactWay(staff_ids=(userid,), state=state, remark=purpose[:30])
    )
    async with database.transaction() as session:
        await _set_config(session, state, made.config_id)
    return IssuedWay(state, made.config_id, made.qr_code)


async def find_lost_ways(database: Database, wecom: Caller, at: datetime) -> int:
    """Look in WeCom for codes whose answer was lost; returns how many were found.

    One whose call never arrived stays without a config; it harms nobody, and after LOOKED_FOR it
    is looked for no more, because every look asks WeCom about every code it does not know.
    """
    async with database.reading() as session:
        query = select(col(ContactWay.state), col(ContactWay.created_at)).where(
            col(ContactWay.config_id) == "",
            col(ContactWay.created_at).between(at - LOOKED_FOR, at - timedelta(minutes=1)),
        )
        lost = {state: created_at for state, created_at in await session.execute(query)}  # noqa: C416
        known = set((await session.execute(select(col(ContactWay.config_id)))).scalars())
    if not lost:
        return 0
    since = min(lost.values()) - timedelta(minutes=10)
    found: dict[str, str] = {}
    async for page in contact_ways.ids(wecom, since=since):
        for config_id in page.items:
            if config_id not in known:
                way = await contact_ways.get(wecom, config_id)
                if way.state in lost:
                    found[way.state] = config_id
    async with database.transaction() as session:
        for state, config_id in found.items():
            await _set_config(session, state, config_id)
    return len(found)


async def _member(session: AsyncSession, staff_id: str) -> tuple[str, str]:
    query = select(col(Staff.userid), col(Staff.unit_id)).where(
        col(Staff.staff_id) == staff_id,
        col(Staff.active).is_(True),
        col(Staff.removed_at).is_(None),
    )
    row = (await session.execute(query)).one_or_none()
    if row is None or not row.userid:
        raise BindingRefused(
            "这名员工没有企业微信账号，不能生成联系码",
            saw=staff_id,
            where="员工导入文件的“企业微信账号”一列",
            do="补上账号后重新导入，或换一名员工",
        )
    return row.userid, row.unit_id


async def _set_config(session: AsyncSession, state: str, config_id: str) -> None:
    await session.execute(
        update(ContactWay).where(col(ContactWay.state) == state).values(config_id=config_id)
    )


async def _record(
    session: AsyncSession,
    act: str,
    state: str,
    unit: str,
    actor: str,
    row: Mapping[str, Any],
    at: datetime,
) -> None:
    facts = {name: row[name] for name in ("customer_id", "staff_id", "purpose")}
    entry = Entry(
        kind="contact", act=act, actor=actor, object=f"way:{state}", unit=unit, payload=facts
    )
    await append(session, [entry], at=at)
