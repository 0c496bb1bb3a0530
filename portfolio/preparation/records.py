"""Preparation records: opened, filled box by box, each change in the ledger."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit import ledger
from kit.db import upsert
from kit.ids import new_id
from portfolio.models import Preparation, PreparationBox
from portfolio.preparation.errors import BoxRefused, PreparationUnknown
from portfolio.preparation.rules import BOXES, LEAST, NAMES, Readiness, ready, says_something


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a box."""

    content: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its boxes."""

    id: int
    title: str
    unit_id: str
    created_by: str
    created_at: datetime
    boxes: dict[str, Filled]

    @property
    def readiness(self) -> Readiness:
        """What is missing before a campaign may stand on it."""
        return ready({name: one.content for name, one in self.boxes.items()})


async def begin(
    session: AsyncSession, *, title: str, unit_id: str, by: str, at: datetime, request_id: str = ""
) -> int:
    """Open an empty record; its id. Raises BoxRefused for a title that says nothing."""
    name = " ".join(title.split())[:60]
    if len(name) < 2:
        raise BoxRefused("请写名称", saw=name, do="例如：四季度 5 万元达标有礼")
    number = new_id()
    await session.execute(
        insert(Preparation),
        [
            {
                "id": number,
                "title": name,
                "unit_id": unit_id,
                "created_by": by,
                "created_at": at,
            }
        ],
    )
    await _record(session, "preparation.begun", number, unit_id, by, at, request_id, title=name)
    return number


async def fill(
    session: AsyncSession,
    number: int,
    box: str,
    content: str,
    *,
    units: frozenset[str] | None,
    by: str,
    at: datetime,
    request_id: str = "",
) -> Readiness:
    """Write into one box; what is still missing. Raises PreparationUnknown, BoxRefused."""
    found = await one(session, number, units=units)
    text = content.strip()[:4000]
    if box not in NAMES:
        titles = "、".join(each.title for each in BOXES)
        raise BoxRefused("没有这一栏", saw=box[:16], do=f"只有：{titles}")
    if not says_something(text):
        raise BoxRefused("写得太短，看不出准备了什么", saw=text[:20], do=f"至少 {LEAST} 个字")
    row = {"preparation_id": number, "box": box, "content": text, "by": by, "at": at}
    await upsert(
        session,
        PreparationBox,
        [row],
        key=["preparation_id", "box"],
        update=["content", "by", "at"],
    )
    await _record(
        session,
        "preparation.filled",
        number,
        found.unit_id,
        by,
        at,
        request_id,
        box=box,
        content=text,
    )
    filled = {name: each.content for name, each in found.boxes.items()} | {box: text}
    return ready(filled)


async def one(session: AsyncSession, number: int, *, units: frozenset[str] | None) -> Record:
    """A record in sight. Raises PreparationUnknown otherwise, always the same."""
    row = await session.get(Preparation, number)
    if row is None or (units is not None and row.unit_id not in units):
        raise PreparationUnknown("没有这份准备，或不在你的查看范围内", do="刷新列表")
    return (await _with_boxes(session, [row]))[0]


async def page(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    limit: int = 50,
    before: int | None = None,
) -> list[Record]:
    """Records in sight, the newest first."""
    query = select(Preparation)
    if units is not None:
        query = query.where(col(Preparation.unit_id).in_(sorted(units)))
    if before is not None:
        query = query.where(col(Preparation.id) < before)
    query = query.order_by(col(Preparation.id).desc()).limit(limit)
    return await _with_boxes(session, list((await session.execute(query)).scalars()))


async def _with_boxes(session: AsyncSession, rows: list[Preparation]) -> list[Record]:
    ids = [row.id for row in rows]
    query = select(PreparationBox).where(col(PreparationBox.preparation_id).in_(ids))
    query = query.execution_options(populate_existing=True)
    boxes: dict[int, dict[str, Filled]] = {}
    for box in (await session.execute(query)).scalars():
        boxes.setdefault(box.preparation_id, {})[box.box] = Filled(box.content, box.by, box.at)
    return [
        Record(
            row.id,
            row.title,
            row.unit_id,
            row.created_by,
            row.created_at,
            boxes.get(row.id, {}),
        )
        for row in rows
    ]


async def _record(
    session: AsyncSession,
    act: str,
    number: int,
    unit: str,
    by: str,
    at: datetime,
    request_id: str,
    **payload: str,
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="setup",
                act=act,
                actor=by,
                object=f"preparation:{number}",
                unit=unit,
                request_id=request_id,
                payload=payload,
            )
        ],
        at=at,
    )
