"""Who speaks in a talk: staff by name, customers masked, groups by name; a few queries a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from archive.facts import FoundMessage
from archive.parties import kind_of
from community import names as group_names
from crm_sync import selection
from crm_sync.facts import CustomerFact, StaffFact
from crm_sync.repository import profiles
from crm_sync.repository.staff import staff_by_userids
from kit.web.formats import masked_name, masked_number


@dataclass(frozen=True)
class Speakers:
    """Names by the ids that WeCom uses; customers and contacts are masked here."""

    staff: Mapping[str, StaffFact]
    customers: Mapping[str, CustomerFact]
    nicks: Mapping[str, str]
    groups: Mapping[str, str]

    def person(self, who: str) -> str:
        """One speaker."""
        if who in self.staff:
            return self.staff[who].name
        if who in self.customers:
            return masked_name(self.customers[who].name)
        if who in self.nicks:
            return masked_name(self.nicks[who])
        return "外部联系人" if kind_of(who) == "customer" else who

    def talk(self, message: FoundMessage) -> str:
        """The talk a message belongs to: the group, or both sides."""
        if message.room_id:
            return self.groups.get(message.room_id, "群聊")
        sides = sorted({message.from_id, *message.to}, key=lambda one: kind_of(one) != "staff")
        return " ↔ ".join(self.person(one) for one in sides)

    def customer_of(self, message: FoundMessage) -> CustomerFact | None:
        """The customer of a talk of two, where the contact is bound."""
        if message.room_id:
            return None
        sides = (message.from_id, *message.to)
        return next((self.customers[one] for one in sides if one in self.customers), None)

    def about(self, message: FoundMessage) -> str:
        """A talk in one line, numbers masked."""
        if message.room_id:
            return "群聊"
        customer = self.customer_of(message)
        number = f"客户号 {masked_number(customer.customer_no)}" if customer else "没有匹配客户号"
        return f"单聊 · {number}" if message.external else "内部聊天"


async def speakers_of(session: AsyncSession, messages: Sequence[FoundMessage]) -> Speakers:
    """Everybody who takes part in ``messages``."""
    people = {one for message in messages for one in (message.from_id, *message.to)}
    external = {one for one in people if kind_of(one) == "customer"}
    bound = await profiles.customers_of(session, external)
    facts = await selection.customer_facts(session, set(bound.values()))
    rooms = {message.room_id for message in messages if message.room_id}
    return Speakers(
        staff=await staff_by_userids(session, people - external),
        customers={one: facts[number] for one, number in bound.items() if number in facts},
        nicks=await profiles.names_of(session, external),
        groups=await group_names.names(session, rooms) if rooms else {},
    )
