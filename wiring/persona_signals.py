"""What groups say about personas: memberships of interest groups, as signals for the rules."""

from sqlalchemy.ext.asyncio import AsyncSession

from community import repository as groups
from crm_sync.repository.cards import customers_of_contacts
from crm_sync.rules.personas import GroupInterest, Signal


async def of_groups(session: AsyncSession) -> list[Signal]:
    """One signal for each customer in a living group with an interest or a persona."""
    found: list[Signal] = []
    async for page in groups.interests(session):
        known = await customers_of_contacts(session, {one.external_userid for one in page})
        found.extend(
            GroupInterest(
                customer_id=known[one.external_userid],
                interest=one.persona or one.interest,
                chat_id=one.chat_id,
                joined_at=one.joined_at,
            ).as_signal()
            for one in page
            if one.external_userid in known and one.joined_at is not None
        )
    return found
