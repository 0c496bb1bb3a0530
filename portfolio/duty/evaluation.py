"""Puts every owned customer's standing where it is now: one statement for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.contact_duty_policy import ContactDutyPolicy
from config.coverage_policy import CoveragePolicy
from crm_sync.repository import books
from delivery.repository import reached
from kit import ledger
from kit.clock import bank_date, bank_moment
from kit.db import insert_into
from portfolio.models import ContactStanding

TABLE = ContactStanding.__table__  # type: ignore[attr-defined]
_KEY = ("customer_id", "staff_id")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How many standings were written anew or changed, and how many ended."""

    changed: int
    ended: int


async def evaluate(
    session: AsyncSession,
    duty: ContactDutyPolicy,
    coverage: CoveragePolicy,
    at: datetime,
    *,
    customer_ids: Sequence[int] | None = None,
    by: str = "system:portfolio",
) -> Evaluated:
    """Write the standing of every owned customer (or of ``customer_ids``) as of ``at``.

    Two statements however many customers there are: those that stand as before are not written,
    those that nobody owns any more are taken away. A whole evaluation is one ledger entry.
    """
    query = _now(duty, coverage, at, customer_ids)
    columns = [column.name for column in TABLE.c]
    insert = insert_into(session, ContactStanding).from_select(columns, query)
    values = {name: insert.excluded[name] for name in columns if name not in _KEY}
    written: Any = await session.execute(
        insert.on_conflict_do_update(index_elements=list(_KEY), set_=values)
    )
    book = books.owned(customer_ids)
    owned = select(literal(1)).where(
        book.c.customer_id == TABLE.c.customer_id, book.c.staff_id == TABLE.c.staff_id
    )
    stale = delete(TABLE).where(~owned.exists())
    if customer_ids is not None:
        stale = stale.where(TABLE.c.customer_id.in_(list(customer_ids)))
    gone: Any = await session.execute(stale)
    done = Evaluated(max(written.rowcount, 0), max(gone.rowcount, 0))
    if customer_ids is None:
        await ledger.append(
            session,
            [
                ledger.Entry(
                    kind="customer",
                    act="duty.evaluated",
                    actor=by,
                    object="list:duty",
                    unit="hq",
                    payload={"changed": done.changed, "ended": done.ended},
                )
            ],
            at=at,
        )
    return done


def _now(
    duty: ContactDutyPolicy,
    coverage: CoveragePolicy,
    at: datetime,
    customer_ids: Sequence[int] | None,
) -> Any:
    """The standings that are new or other than what is kept, in the order of the columns.

    Compared before the insert, because a conflict that changes nothing still locks its row.
    """
    book = books.owned(customer_ids)
    last = reached.counting(
        duty.effective.channels,
        duty.effective.states,
        since=bank_moment(bank_date(at) - timedelta(days=coverage.window_days)),
        upto=at,
        customer_ids=customer_ids,
    )
    kept = TABLE.alias("kept")
    now = {
        "customer_id": book.c.customer_id,
        "staff_id": book.c.staff_id,
        "unit_id": book.c.unit_id,
        "grade": book.c.grade,
        "activity": book.c.activity,
        "tier": book.c.tier,
        "aum_fen": book.c.aum_fen,
        "last_at": last.c.last_at,
        "base_at": func.coalesce(last.c.last_at, book.c.since),
        "touches": func.coalesce(last.c.touches, 0),
    }
    same = and_(kept.c.customer_id == book.c.customer_id, kept.c.staff_id == book.c.staff_id)
    return (
        select(*(now[column.name].label(column.name) for column in TABLE.c))
        .select_from(
            book.outerjoin(last, last.c.customer_id == book.c.customer_id).outerjoin(kept, same)
        )
        .where(
            or_(
                kept.c.customer_id.is_(None),
                *(
                    kept.c[name].is_distinct_from(value)
                    for name, value in now.items()
                    if name not in _KEY
                ),
            )
        )
    )
