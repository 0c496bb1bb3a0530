"""The products that words speak of, as the gate must know them at the moment of judging.

Read anew for every batch: a product that was taken off sale or off the list a moment ago is
refused from that moment on, whatever was planned before.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Words
from content_library.facts import ApprovedScript
from content_library.listing import Listing, listed
from crm_sync.repository import products as products_of
from crm_sync.repository.products import ProductFact, units_under

NOBODY = frozenset({"\0"})
"""The tiers of words whose script and product have no tier in common."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A product and the listings by which it may be shown; ``units`` hold all units below."""

    product: ProductFact
    listings: tuple[Listing, ...] = ()

    def listed_for(self, channel: str, unit_id: str) -> bool:
        """Whether a listing in force covers this channel and this unit."""
        return any(
            (not one.channels or channel in one.channels)
            and (not one.units or unit_id in one.units)
            for one in self.listings
        )


async def shown(session: AsyncSession, codes: Collection[str], at: datetime) -> dict[str, Shown]:
    """The products of ``codes`` with their listings in force at ``at``; three queries at most."""
    found = await products_of.by_code(session, codes)
    listings = await listed(session, found, at)
    named = {unit for several in listings.values() for one in several for unit in one.units}
    below = {unit: await units_under(session, [unit]) for unit in sorted(named)}
    return {
        code: Shown(
            product,
            tuple(
                replace(one, units=frozenset().union(*(below[unit] for unit in one.units)))
                for one in listings.get(code, ())
            ),
        )
        for code, product in found.items()
    }


def with_product(words: Words, known: Mapping[str, Shown], *, channel: str, unit_id: str) -> Words:
    """The words with what is true of their product now. A code nobody knows is a product gone."""
    code = words.product_code
    if code is None:
        return words
    found = known.get(code)
    if found is None:
        return structs.replace(
            words, product_gone=True, product_on_sale=False, product_listed=False
        )
    product = found.product
    tiers = words.tiers
    if product.tiers:
        tiers = (tiers & product.tiers or NOBODY) if tiers else product.tiers
    return structs.replace(
        words,
        product_kind=product.kind or words.product_kind,
        product_risk=max(
            (one for one in (words.product_risk, product.risk) if one is not None), default=None
        ),
        product_private=words.product_private or product.private,
        product_on_sale=words.product_on_sale and product.on_sale and not product.removed,
        product_gone=product.removed,
        product_listed=found.listed_for(channel, unit_id),
        tiers=tiers,
    )


def product_fields(script: ApprovedScript, known: Mapping[str, Shown]) -> dict[str, object]:
    """What the product table says of the script's product: no person types these."""
    found = known.get(script.product_code or "")
    return found.product.fields if found else {}
