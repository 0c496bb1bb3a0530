"""Keeps rows as they are before a load changes them, lets them go again, forgets a person."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Table, delete, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import IMAGES, ImportRun
from crm_sync.models.images import IMAGE_RUN
from crm_sync.repository.keys import among
from kit.db import insert_into

PERSON: Final = {"customer": "id"}
"""The column that names a customer, where it is not ``customer_id``."""


async def keep_images(session: AsyncSession, table: Table, run_id: int, *where: Any) -> None:
    """Keep the rows of ``table`` that fulfil ``where``; one kept before by this run stays."""
    image = IMAGES[table.name]
    names = [IMAGE_RUN, *table.c.keys()]
    chosen = select(literal(run_id, BigInteger()).label(IMAGE_RUN), *table.c).where(*where)
    await session.execute(
        insert_into(session, image).from_select(names, chosen).on_conflict_do_nothing()
    )


async def drop_images(session: AsyncSession, run_ids: Collection[int]) -> None:
    """Let the images of these runs go; the runs can then no longer be taken back."""
    for image in IMAGES.values():
        await session.execute(delete(image).where(among(session, image.c[IMAGE_RUN], run_ids)))
    await session.execute(
        update(ImportRun).where(among(session, col(ImportRun.id), run_ids)).values(revertible=False)
    )


async def drop_older(session: AsyncSession, before: datetime) -> int:
    """Let the images of loads that began before ``before`` go; how many loads those were."""
    found = await session.execute(
        select(col(ImportRun.id)).where(
            col(ImportRun.revertible).is_(True), col(ImportRun.started_at) < before
        )
    )
    old = [run_id for run_id in found.scalars() if run_id is not None]
    if old:
        await drop_images(session, old)
    return len(old)


async def forget(session: AsyncSession, customer_ids: Collection[int]) -> None:
    """Delete every image of these customers: who is deleted does not come back by a revert."""
    for name, image in IMAGES.items():
        column = PERSON.get(name, "customer_id")
        if column in image.c:
            await session.execute(
                delete(image).where(among(session, image.c[column], customer_ids))
            )


def later_runs(table: Table, run_id: int, *, rows_written: bool) -> Any:
    """The runs after ``run_id`` whose images show that they wrote rows which it had written.

    ``rows_written``: the rows that it added count too; their later images name it.
    """
    image = IMAGES[table.name]
    kept = image.alias("kept")
    keys = [column.name for column in table.primary_key]
    same = (
        select(literal(1))
        .where(kept.c[IMAGE_RUN] == run_id, *(kept.c[name] == image.c[name] for name in keys))
        .exists()
    )
    condition = or_(same, image.c.run_id == run_id) if rows_written else same
    return select(image.c[IMAGE_RUN]).where(image.c[IMAGE_RUN] > run_id, condition).distinct()
