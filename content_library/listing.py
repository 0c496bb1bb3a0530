"""产品库的在售清单: which product may be shown, from when to when, where and by whom.

A listing is an item of the product library: drafted by whoever raises it, approved by others,
bound to its fingerprint like every item. Its words are the product's card; the figures in them
are fields that the product table fills, so nobody types a rating, a fee or a benchmark.
``detail``: channels and units in which it holds; nothing written: all of them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library.facts import Library, VersionFact
from content_library.models import ScriptVersion
from content_library.repository import draft_of, usable, version_of
from content_library.rules import fingerprint


@dataclass(frozen=True, slots=True)
class Listing:
    """A product on the on-sale list. ``raised_by`` put it forward, ``approved_by`` let it on."""

    product_code: str
    code: str
    version_id: int
    version: int
    starts_on: date | None
    ends_on: date | None
    channels: frozenset[str]
    units: frozenset[str]
    tiers: frozenset[str]
    licence: str | None
    raised_by: str
    approved_by: str


async def listed(
    session: AsyncSession, products: Collection[str], at: datetime
) -> dict[str, tuple[Listing, ...]]:
    """The listings in force at ``at`` by product code, in one query.

    One whose row no longer matches what was approved is not in force.
    """
    wanted = sorted({code for code in products if code})
    if not wanted:
        return {}
    query = (
        select(ScriptVersion)
        .where(
            col(ScriptVersion.library) == Library.PRODUCT,
            col(ScriptVersion.product_code).in_(wanted),
            *usable(at),
        )
        .order_by(col(ScriptVersion.code))
    )
    found: dict[str, list[Listing]] = {}
    for row in (await session.execute(query)).scalars():
        if row.approved_hash == fingerprint(draft_of(row)):
            found.setdefault(row.product_code or "", []).append(_listing(row))
    return {code: tuple(several) for code, several in found.items()}


async def of_product(session: AsyncSession, product: str) -> list[VersionFact]:
    """Every version of every listing of a product, newest first, for its page."""
    query = (
        select(ScriptVersion)
        .where(
            col(ScriptVersion.library) == Library.PRODUCT,
            col(ScriptVersion.product_code) == product,
        )
        .order_by(col(ScriptVersion.created_at).desc(), col(ScriptVersion.id).desc())
    )
    return [version_of(row, ()) for row in (await session.execute(query)).scalars()]


def _listing(row: ScriptVersion) -> Listing:
    assert row.id is not None  # noqa: S101 — a row that was read has its number
    return Listing(
        product_code=row.product_code or "",
        code=row.code,
        version_id=row.id,
        version=row.version,
        starts_on=row.valid_from,
        ends_on=row.valid_until,
        channels=frozenset(_names(row.detail.get("channels"))),
        units=frozenset(_names(row.detail.get("units"))),
        tiers=frozenset(row.tiers),
        licence=row.licence,
        raised_by=row.submitted_by or row.author,
        approved_by=row.decided_by or "",
    )


def _names(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple):
        yield from (str(one) for one in value)
