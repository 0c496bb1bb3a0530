"""A manager records a call or a visit that no to-do asked for: a touch with what came of it."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.errors import OutcomeUnknownWord
from delivery.repository import touches
from delivery.repository.touches import Touched
from kit import ledger
from kit.clock import bank_date

WAYS: Final = {
    "phone": ("phone", "电话"),
    "visit": ("manager", "上门"),
    "branch": ("branch", "网点见面"),
}
RESULTS: Final = {"deal": "成交", "no_deal": "没有成交", "unreached": "联系不上"}
UNREACHED: Final = "unreached"


async def record(
    session: AsyncSession,
    *,
    customer_id: int,
    unit_id: str,
    staff_id: str,
    way: str,
    result: str,
    at: datetime,
    request_id: str = "",
) -> None:
    """Record one contact a day, customer and way; said again, the last word holds.

    Somebody who was not reached counts as a follow-up without a deal, and not as reached. Raises
    OutcomeUnknownWord for a way or a result that is none.
    """
    if way not in WAYS or result not in RESULTS:
        raise OutcomeUnknownWord(
            "没有这种联络或结果",
            saw=f"{way} {result}"[:40],
            do="、".join((*(name for _, name in WAYS.values()), *RESULTS.values())),
        )
    channel = WAYS[way][0]
    touched = Touched(
        source=f"contact:{staff_id}/{bank_date(at)}/{customer_id}/{channel}",
        customer_id=customer_id,
        staff_id=staff_id,
        unit_id=unit_id,
        channel=channel,
        purpose="service",
        trigger="daily",
        state="attempted" if result == UNREACHED else "recorded",
        at=at,
        act="联络",
        outcome=result,
    )
    await touches.land(session, [touched])
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="contact.recorded",
                actor=f"staff:{staff_id}",
                object=f"customer:{customer_id}",
                unit=unit_id,
                request_id=request_id,
                payload={"channel": channel, "outcome": result},
            )
        ],
        at=at,
    )
