"""The demo's white lists: entries that hold, that end soon, that wait, that were refused."""

from datetime import datetime, timedelta
from typing import Final

from compliance import allow_list
from crm_sync.repository import listing, products
from kit.clock import bank_date
from wiring.parts import Parts

WHY: Final = (
    "合格投资者认定书已核对，测评有效，客户主动来问。",
    "近三个月三次大额转出，对收益敏感，客户经理已面谈。",
)


async def white_list_day(parts: Parts, at: datetime, *, author: str, approver: str) -> int:
    """A list for each product that is not public; returns how many entries there are."""
    today, asked = bank_date(at), 0
    async with parts.databases.bank.transaction() as session:
        goods = await products.page(session, products.Filter(), limit=200)
        people = await listing.page(session, listing.Wanted(tier="私行"), limit=60)
        ids = [one.customer_id for one in people]
        for product in (one for one in goods if one.private):
            for order, (reason, days) in enumerate(zip(WHY, (60, 6), strict=True)):
                then, end = at - timedelta(days=9 - 4 * order), today + timedelta(days=days)
                asked += await allow_list.propose_entries(
                    session, product.code, ids[order::2][:6], reason=reason, expires_on=end,
                    by=author, at=then,
                )  # fmt: skip
                made = await allow_list.entries(
                    session, product_code=product.code, states=("proposed",)
                )
                numbers = [one.entry_id for one in made if one.reason == reason]
                for some, agree in ((numbers[:-2], True), (numbers[-2:-1], False)):
                    await allow_list.decide_entries(
                        session, some, agree=agree, by=approver, at=then + timedelta(hours=6),
                        opinion="资料齐全，同意" if agree else "认定书已过期，补齐后再报",
                    )  # fmt: skip
    return asked
