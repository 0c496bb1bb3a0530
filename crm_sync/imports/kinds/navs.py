"""Net values (净值) of products: one a product and day, kept beside those of other days."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Handle, Objection
from crm_sync.imports.layouts import NAVS
from crm_sync.imports.table_landing import TableLanding
from crm_sync.models import Product, ProductNav
from crm_sync.repository.keys import among
from kit.tabular.rows import Batch

_VALUE: Final = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,4}))?")


class NavsLanding(TableLanding):
    """Lands net values by product and day; what an earlier file brought stays."""

    layout = NAVS
    whole = False
    table: ClassVar[Table] = ProductNav.__table__  # type: ignore[attr-defined]
    key = "nav_no"
    plain: ClassVar[tuple[str, ...]] = ("product_code", "on")

    def rekey(self, batch: Batch) -> None:
        rows = zip(batch.columns["product_code"], batch.columns["on"], strict=True)
        batch.keys = [f"{code}|{day}" for code, day in rows]

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        codes = batch.columns["product_code"]
        query = select(col(Product.product_code)).where(
            among(session, col(Product.product_code), set(codes)), col(Product.removed_at).is_(None)
        )
        known = set((await session.execute(query)).scalars())
        found: dict[int, Objection] = {}
        for place, code in enumerate(codes):
            if code not in known:
                found[place] = Objection(
                    ImportCode.PRODUCT_UNKNOWN,
                    "product_code",
                    f"产品 {code} 不在产品表里；先导入产品文件",
                )
        for column in ("nav", "total"):
            for place, text in enumerate(batch.columns.get(column) or ()):
                if text is not None and not ten_thousandths(text):
                    found.setdefault(
                        place,
                        Objection(
                            ImportCode.NAV_UNREADABLE,
                            column,
                            f"“{text}”不是大于 0、至多四位小数的净值",
                        ),
                    )
        return found

    def made(self) -> list[str]:
        return ["nav_e4", *(["total_e4"] if self.job.provides("total") else [])]

    def make(self, name: str, batch: Batch) -> Sequence[Any]:
        column = "nav" if name == "nav_e4" else "total"
        return [None if one is None else ten_thousandths(one) for one in batch.columns[column]]

    async def mentioned(self, session: AsyncSession, keys: Sequence[str]) -> Iterable[Handle]:
        return ()


def ten_thousandths(text: str) -> int | None:
    """``1.0234`` as 10234; None for what is no net value."""
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    return int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0")) or None
