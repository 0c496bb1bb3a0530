"""A bank of two branches with managers of both levels, for tests of who answers for whom."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import ownership_policy
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from crm_sync.models import Coverage, CoverageEnd, Customer, Staff
from kit.db import Database
from tests.flows.crm_sync import bank

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)  # 20:00 at the bank, the last of the month
POLICY = ownership_policy.load()
WAN = 1_000_000
"""一万元 in 分."""
PEOPLE = {
    "didi": ("0101", "低柜理财经理", ("宝妈",), ("理财",)),
    "gaogao": ("0101", "低柜理财经理", (), ("基金",)),
    "guibin": ("0102", "贵宾理财经理", ("老年",), ("理财", "保险")),
    "guigui": ("01", "贵宾理财经理", ("股市",), ("基金",)),
    "erdi": ("0201", "低柜理财经理", (), ()),
    "suntao": ("01", "支行行长", (), ()),
    "zhaolei": ("02", "支行行长", (), ()),
    "qianming": ("01", "营业经理", (), ()),
}


async def found(session: AsyncSession) -> None:
    """Units, people, and who may decide: 孙涛 and 钱明 over 01, 赵磊 over 02."""
    await bank.units(session)
    rows: list[dict[str, Any]] = [
        {
            "staff_id": staff_id,
            "userid": staff_id,
            "name": f"员工{staff_id}",
            "unit_id": unit,
            "position": position,
            "active": True,
            "personas": list(personas),
            "licences": list(licences),
        }
        for staff_id, (unit, position, personas, licences) in PEOPLE.items()
    ]
    await bank.insert_rows(session, Staff, rows)
    for staff_id, unit in (("suntao", "01"), ("qianming", "01"), ("zhaolei", "02")):
        await bank.grant(session, staff_id, "branch", unit)


async def seen_by(session: AsyncSession, staff_id: str, at: datetime = AT) -> Viewer:
    """Who somebody is at the desk."""
    return await viewer(session, staff_id, at, POLICY.relations)


async def owners(database: Database) -> dict[str, str]:
    """By customer number: who owns them."""
    async with database.reading() as session:
        rows = await session.execute(
            select(col(Customer.customer_no), col(Coverage.staff_id))
            .join(Coverage, col(Coverage.customer_id) == col(Customer.id))
            .where(col(Coverage.kind) == "owner")
        )
        return {number: staff_id for number, staff_id in rows}  # noqa: C416


async def ended(database: Database) -> list[tuple[int, str, str]]:
    """Customer, who answered for them before, and why it ended."""
    async with database.reading() as session:
        rows = await session.execute(
            select(col(CoverageEnd.customer_id), col(CoverageEnd.staff_id), col(CoverageEnd.reason))
        )
        return [(a, b, c) for a, b, c in rows]


async def many(
    session: AsyncSession, number: int, *, unit_id: str = "0101", owner: str | None = None
) -> None:
    """So many customers with assets from nothing to a million, owned by ``owner`` or nobody."""
    for start in range(0, number, 5_000):
        await session.execute(
            insert(Customer),
            [
                {
                    "customer_no": f"M{one:07d}",
                    "unit_id": unit_id,
                    "aum_fen": one % 1_000 * WAN // 10,
                    "aum_average_fen": one % 1_000 * WAN // 10,
                    "changed_at": bank.BEFORE,
                }
                for one in range(start, min(start + 5_000, number))
            ],
        )
    if owner is None:
        return
    rows = select(
        col(Customer.id), literal("owner"), literal(owner), col(Customer.changed_at)
    ).where(col(Customer.customer_no).startswith("M"))
    await session.execute(
        insert(Coverage).from_select(["customer_id", "kind", "staff_id", "since"], rows)
    )
