"""The basket: messages that somebody means to ask an evidence pack for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from console import roles
from console.models import BasketItem
from kit.db import insert_new
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
MOST: Final = 200


async def in_basket(session: AsyncSession, staff_id: str) -> list[int]:
    """The numbers of the messages in somebody's basket."""
    query = (
        select(col(BasketItem.seq))
        .where(col(BasketItem.staff_id) == staff_id)
        .order_by(col(BasketItem.seq))
        .limit(MOST)
    )
    return list((await session.execute(query)).scalars())


async def put(session: AsyncSession, staff_id: str, seqs: Sequence[int], at: datetime) -> None:
    """Put messages into the basket; what is there stays once."""
    rows: list[dict[str, Any]] = [
        {"staff_id": staff_id, "seq": seq, "added_at": at} for seq in dict.fromkeys(seqs)
    ]
    await insert_new(session, BasketItem, rows[:MOST], key=["staff_id", "seq"])


async def take_out(session: AsyncSession, staff_id: str, seq: int | None = None) -> None:
    """Take one message out, or everything."""
    statement = delete(BasketItem).where(col(BasketItem.staff_id) == staff_id)
    if seq is not None:
        statement = statement.where(col(BasketItem.seq) == seq)
    await session.execute(statement.execution_options(synchronize_session=False))


@router.post("/c/evidence/basket")
async def add(
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    seq: Annotated[list[int], Form()],
) -> Response:
    """The messages chosen in a list; whether they are in sight is asked when the pack is."""
    await put(session, asking.viewer.staff_id, seq, asking.at)
    return RedirectResponse("/c/evidence/new", status_code=303)
