"""What came first on a day: the key that something was outranked by, in words for people."""

from collections.abc import Collection
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import repository as campaigns
from config.reminder_policy import ReminderPolicy

CAMPAIGN: Final = "campaign"
OTHER: Final = "更要紧的一件"


async def titles(
    session: AsyncSession, keys: Collection[str], reminders: ReminderPolicy
) -> dict[str, str]:
    """What each key is called: the title of its trigger or of its campaign; one query at most.

    A key of another feature is called by what its trigger is called there, else ``OTHER``.
    """
    of_campaigns = {key: number for key in keys if (number := campaign_of(key)) is not None}
    names = await campaigns.titles(session, set(of_campaigns.values()))
    triggers = {each.name: each.title for each in reminders.trigger}
    found: dict[str, str] = {}
    for key in keys:
        title = names.get(of_campaigns.get(key, 0))
        if title is not None:
            found[key] = f"营销活动“{title}”"
        else:
            known = triggers.get(key.partition(":")[0])
            found[key] = f"“{known}”" if known else OTHER
    return found


def campaign_of(key: str) -> int | None:
    """The campaign whose wave made a key (``campaigns.waves.rules.key``), or None."""
    kind, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == CAMPAIGN and number.isdecimal() and len(number) < 20 else None


def said(title: str) -> str:
    """Why something was left unsaid that day."""
    return f"当天先说的是{title}"
