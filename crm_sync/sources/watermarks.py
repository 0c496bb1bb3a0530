"""How far a source was read: a value with its type, kept as text, that only rises."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import ImportRun, ImportWatermark
from crm_sync.sources.errors import AnswerRefused
from kit.db import upsert

Value = int | str | date | datetime


@dataclass(frozen=True, slots=True)
class Watermark:
    """A value of the watermark's column. ``text`` is how it is kept: ``<type>:<value>``."""

    value: Value

    @property
    def text(self) -> str:
        """The value with its type in front."""
        value = self.value
        if isinstance(value, datetime):
            if value.tzinfo is None:
                return f"local:{value.isoformat()}"
            return f"moment:{value.astimezone(UTC).isoformat()}"
        if isinstance(value, date):
            return f"day:{value.isoformat()}"
        return f"{'number' if isinstance(value, int) else 'text'}:{value}"

    @classmethod
    def read(cls, text: str) -> "Watermark":
        """The watermark that was kept as ``text``."""
        kind, _, value = text.partition(":")
        if kind in ("local", "moment"):
            return cls(datetime.fromisoformat(value))
        if kind == "day":
            return cls(date.fromisoformat(value))
        return cls(int(value) if kind == "number" else value)

    def lowered(self, overlap: int) -> Value:
        """The value to read from: ``overlap`` seconds, days or numbers below."""
        value = self.value
        if isinstance(value, str):
            if not overlap:
                return value
            moment = datetime.fromisoformat(value) - timedelta(seconds=overlap)
            return moment.isoformat(sep=value[10:11] or "T")[: max(len(value), 10)]
        if isinstance(value, datetime):
            return value - timedelta(seconds=overlap)
        return value - timedelta(days=overlap) if isinstance(value, date) else value - overlap


def highest(values: Iterable[Any], before: Watermark | None, where: str) -> Watermark | None:
    """The highest of the values and of what there was. Raises AnswerRefused for another type."""
    top = before.value if before else None
    for value in values:
        if value is None:
            continue
        one = int(value) if isinstance(value, Decimal) and value == int(value) else value
        if type(one) not in (int, str, date, datetime) or (isinstance(one, str) and len(one) > 70):
            raise AnswerRefused(
                "水位列的值不能比较大小", saw=type(value).__name__, where=where,
                do="水位列用整数、日期、时间或定长文字",
            )  # fmt: skip
        if top is not None and type(one) is not type(top):
            raise AnswerRefused(
                "水位列的类型与上次不同", saw=f"{type(one).__name__}，上次是 {type(top).__name__}",
                where=where, do="用 --full 从头读一次",
            )  # fmt: skip
        if top is None or one > top:
            top = one
    return None if top is None else Watermark(top)


async def watermark_of(session: AsyncSession, source: str, kind: str) -> Watermark | None:
    """How far this kind was read from this source; None before the first load."""
    row = await session.get(ImportWatermark, (source, kind))
    return None if row is None else Watermark.read(row.value)


async def keep_watermark(
    session: AsyncSession,
    source: str,
    kind: str,
    *,
    now: Watermark,
    before: Watermark | None,
    run_id: int,
    at: datetime,
) -> None:
    """Raise the watermark in the transaction of the load that read so far."""
    row = {"source": source, "kind": kind, "value": now.text, "run_id": run_id, "at": at}
    await upsert(
        session, ImportWatermark, [row], key=["source", "kind"], update=["value", "run_id", "at"]
    )
    await session.execute(
        update(ImportRun)
        .where(col(ImportRun.id) == run_id)
        .values(watermark=now.text, watermark_before=before.text if before else "")
    )


async def watermarks(session: AsyncSession) -> dict[tuple[str, str], tuple[str, datetime]]:
    """Every watermark with the moment it rose, by source and kind."""
    found = await session.execute(select(ImportWatermark))
    return {(one.source, one.kind): (one.value, one.at) for one in found.scalars()}
