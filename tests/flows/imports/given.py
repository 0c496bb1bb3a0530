"""A small bank in files, and what came of importing it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from crm_sync.imports import ConsentRow, ImportReport, import_file
from kit.db import Database

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BY = "staff:gaoyuan"

UNITS = (
    "unit_id,name,parent_id,kind\n0101,翠湖社区网点,01,outlet\n01,翠湖支行,hq,branch\nhq,总行,,hq\n"
)
STAFF = (
    "staff_id,name,userid,unit_id,position,licences,roles\n"
    "003127,李敏,LiMin,01,客户经理,基金;保险,rm\n003101,孙涛,suntao,01,支行行长,,branch\n"
)
CUSTOMERS = (
    "customer_no,name,phone,gender,born_on,unit_id,risk_level,aum_yuan,attributes.merchant\n"
    + "".join(
        f"62{number:04d},客户{number},154{number:08d},F,1960-02-29,01,C2,{number}.50,1\n"
        for number in range(1, 11)
    )
)
PRODUCTS = (
    "product_code,name,kind,risk_level,on_sale,open_days\n"
    "QHJJX,青禾季季享,wealth,R2,1,2026-12-01~2026-12-03;2027-03-01\n"
)
HOLDINGS = (
    "holding_no,customer_no,kind,product_code,amount_yuan,opened_on,matures_on,due_day\n"
    "D1,620001,deposit,QHDC1Y,200000,2025-11-23,2026-11-23,\n"
    "L1,620002,loan,,300000.00,2025-01-31,2035-01-31,15\n"
)
ASSIGNMENTS = "customer_no,staff_id,since\n620001,003127,2024-05-06\n620002,003127,\n"


async def bring(
    database: Database, kind: str, content: str | bytes | Path, folder: Path, **options: Any
) -> ImportReport:
    """Import content as a file of this kind."""
    path = content if isinstance(content, Path) else written(folder / f"{kind}.csv", content)
    return await import_file(database, kind, path, **{"by": BY, "at": AT, **options})


def written(path: Path, content: str | bytes) -> Path:
    """A file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


async def bring_bank(database: Database, folder: Path) -> None:
    """The small bank: units, staff and ten customers."""
    for kind, content in (("units", UNITS), ("staff", STAFF), ("customers", CUSTOMERS)):
        await bring(database, kind, content, folder)


async def rows(database: Database, model: type[SQLModel], *order: str) -> list[dict[str, Any]]:
    """Every row of a table, in the order of these columns."""
    table = model.__table__  # type: ignore[attr-defined]
    async with database.reading() as session:
        found = await session.execute(
            select(table).order_by(
                *(table.c[name] for name in order or (table.primary_key.columns.keys()))
            )
        )
        return [dict(row) for row in found.mappings()]


class Decisions:
    """Stands for the owner of consents: keeps what is handed over, knows what it had before."""

    def __init__(self) -> None:
        self.kept: set[ConsentRow] = set()

    async def __call__(
        self, session: AsyncSession, rows: Sequence[ConsentRow], at: datetime, actor: str
    ) -> int:
        before = len(self.kept)
        self.kept.update(rows)
        return len(self.kept) - before
