"""The offer after an outflow: a product on whose white list the customer stands (S3, row E5).

Whoever moves money away regularly is asked for the reason first (``outflow``, a task without
words). Days later a product may be offered, to those alone whom a second person let onto its
white list. It is a sale: consent, suitability, care before sale and quota are the gate's.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import allow_list
from compliance.facts import Channel, Purpose
from config.reminder_policy import Step, Trigger
from content_library.facts import ApprovedScript
from crm_sync import turning_points
from crm_sync.facts import Turn
from crm_sync.repository import products
from crm_sync.repository.products import ProductFact
from delivery.intents import Intent, ProductInWords
from reminders.rules import best_script, day_words, person_fields
from reminders.turns import FEN, regular


@dataclass(frozen=True, slots=True)
class Offer:
    """A customer whose money left regularly, and the product they may be shown."""

    turn: Turn
    product: ProductFact


async def of_day(
    session: AsyncSession, trigger: Trigger, on: date, *, today: date
) -> AsyncIterator[list[Offer]]:
    """Pages of offers to those whose outflow was seen on ``on``; the lists are those of ``today``.

    Of several products the one of the lowest rating is chosen, then by code; what is off sale
    or gone is none.
    """
    limits = trigger.limits
    async for page in turning_points.leaving(
        session,
        day=on,
        fresh_days=limits.fresh_days,
        window_days=limits.window_days,
        times=limits.times,
        from_fen=limits.from_yuan * FEN,
    ):
        left = [turn for turn in page if regular(turn.moves, limits)]
        lists = await allow_list.of_customers(
            session, [turn.customer.customer_id for turn in left], today
        )
        goods = await products.by_code(
            session, {code for codes in lists.values() for code in codes}
        )
        found = []
        for turn in left:
            may = [
                goods[code] for code in lists.get(turn.customer.customer_id, ()) if code in goods
            ]
            sold = [one for one in may if one.on_sale and not one.removed]
            if sold:
                best = min(sold, key=lambda one: (one.risk is None, one.risk or 0, one.code))
                found.append(Offer(turn, best))
        if found:
            yield found


def offer_intent(
    offer: Offer,
    *,
    trigger: Trigger,
    step: Step,
    today: date,
    expires_at: datetime,
    scripts: Sequence[ApprovedScript],
) -> Intent | None:
    """What the manager may offer; None where no script speaks of such a product. Once an outflow."""
    turn, product = offer.turn, offer.product
    script = best_script(
        [one for one in scripts if one.product_kind in (None, product.kind)], turn.customer
    )
    if script is None:
        return None
    return Intent(
        key=f"{trigger.name}:{turn.customer.customer_id}:{turn.ref}:{product.code}",
        trigger=trigger.name,
        channel=Channel.TODO,
        purpose=Purpose(trigger.purpose),
        customer=turn.customer,
        reach=turn.reach,
        script_version_id=script.version_id,
        fields={**person_fields(turn.customer), **product.fields},
        title=trigger.title,
        why=f"{day_words(turn.on)}又一次规律转出；在“{product.name}”的白名单上，由第二人批准",
        due_on=today,
        expires_at=expires_at + timedelta(days=step.days_open),
        priority=trigger.priority,
        product=ProductInWords(
            product.kind, product.code, product.risk, product.private, product.on_sale
        ),
        detail={"product": product.name, "on": turn.on.isoformat()},
        channel_reason="一对一的话由客户经理来说",
    )
