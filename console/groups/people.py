"""Who is or was in a group: staff by name, customers masked, strangers by a masked nickname."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from community.facts import (
    MemberFact,
)
from crm_sync import selection
from crm_sync.facts import CustomerFact, StaffFact
from crm_sync.repository import profiles
from crm_sync.repository.staff import staff_by_userids
from kit.web.formats import masked_name
from kit.web.hues import persona_hue


class People:
    """Who is or was in a group: staff by name, customers masked."""

    def __init__(
        self,
        staff: Mapping[str, StaffFact],
        bound: Mapping[str, int],
        customers: Mapping[int, CustomerFact],
        nicks: Mapping[str, str],
    ) -> None:
        self.staff = staff
        self.bound = bound
        self.customers = customers
        self._nicks = nicks

    def name(self, member_id: str) -> str:
        """A member by name; customers and strangers masked."""
        if member_id in self.staff:
            return self.staff[member_id].name
        customer = self.customers.get(self.bound.get(member_id, 0))
        if customer is not None:
            return masked_name(customer.name)
        return masked_name(self._nicks.get(member_id) or "外部联系人")

    def mix(self, present: Sequence[MemberFact]) -> list[dict[str, Any]]:
        """The customers in the group by primary persona."""
        numbers: dict[str, int] = defaultdict(int)
        for one in present:
            customer = self.customers.get(self.bound.get(one.member_id, 0))
            if customer is not None:
                numbers[customer.personas[0] if customer.personas else ""] += 1
        return [
            {"name": name or "没有客群", "n": n, "c": persona_hue(name) if name else "p0"}
            for name, n in sorted(numbers.items(), key=lambda one: -one[1])
        ]


async def people_of(session: AsyncSession, everybody: Sequence[MemberFact]) -> People:
    """Everybody in a group, in four questions."""
    ids = {one.member_id for one in everybody}
    external = {one.member_id for one in everybody if one.kind == "external"}
    bound = await profiles.customers_of(session, external)
    nicks = {one.member_id: one.nickname for one in everybody if one.nickname}
    return People(
        await staff_by_userids(session, ids - external),
        bound,
        await selection.customer_facts(session, set(bound.values())),
        {**await profiles.names_of(session, external), **nicks},
    )
