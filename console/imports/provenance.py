"""Where the values of a customer come from, for the customer's page (A11)."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from config.dimensions import DIMENSIONS
from console.state_words import SOURCES
from crm_sync.imports.layouts import CUSTOMERS
from crm_sync.repository.provenance import ATTRIBUTES, Origin, provenance

_TITLES: Final = {
    field.target: field.title.partition("（")[0] for field in reversed(CUSTOMERS.fields)
} | {"unionid": "微信身份"}


async def origins(session: AsyncSession, customer_id: int) -> list[dict[str, Any]]:
    """Each source and day with the fields that come from it, in the order of the bank's file."""
    found = await provenance(session, customer_id)
    fields: dict[Origin, list[str]] = {}
    for name, origin in found.items():
        plain = name.removeprefix(ATTRIBUTES)
        title = _TITLES.get(name) or (DIMENSIONS[plain].title if plain in DIMENSIONS else plain)
        fields.setdefault(origin, []).append(title)
    return [
        {
            "source": SOURCES.get(origin.source, origin.source) or "来源没有写",
            "date": origin.date or "没有日期",
            "synthetic": origin.synthetic,
            "fields": "、".join(titles),
        }
        for origin, titles in fields.items()
    ]
