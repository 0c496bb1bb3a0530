"""A bank with a manager whose several hundred customers change hands, and WeCom beside it."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlmodel import col

from crm_sync.models import Coverage, Relation
from kit import clock
from kit.db import Database
from portfolio.handover import planning, store
from portfolio.handover.facts import LineFact, RunFact
from tests.flows.crm_sync import bank
from tests.flows.site import test_settings
from tests.flows.wecom_world import World, wecom_world
from wecom.http import Http
from wiring import handovers
from wiring.parts import Parts, build

GIVER, TAKERS = "zhangsan", ("lisi", "wangwu")
STAFF = (GIVER, *TAKERS, "zhaoliu")
WANGSHAN, SUNTAO = "staff:wangshan", "staff:suntao"
DAY = 86_400


class Time:
    """Our clock and WeCom's, which tests move together."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> Any:
        return clock.now() + self._ahead

    def pass_(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class Scene:
    """The bank, WeCom, and the time both live in."""

    parts: Parts
    world: World
    time: Time

    @property
    def database(self) -> Database:
        return self.parts.databases.bank

    async def later(self, seconds: float) -> None:
        self.time.pass_(seconds)
        await self.world.advance(seconds)

    async def start(self, *takers: str, kind: str = "") -> RunFact:
        started = await handovers.start(
            self.parts, GIVER, takers or TAKERS, by=WANGSHAN, reason="岗位调整", kind=kind
        )
        return started.run

    async def approve(self, run_id: int) -> int:
        async with self.database.transaction() as session:
            return await planning.approve(session, run_id, by=SUNTAO, at=self.time())

    async def round(self, *, everything: bool = True) -> Counter[str]:
        return Counter(await handovers.carry_on(self.parts, everything=everything))

    async def run(self, run_id: int) -> RunFact:
        async with self.database.reading() as session:
            found = await store.one(session, run_id)
        assert found is not None
        return found

    async def lines(self, run_id: int, kind: str = "contact") -> dict[str, LineFact]:
        async with self.database.reading() as session:
            found = await store.lines(session, run_id, kind=kind, limit=10_000)
        return {one.item: one for one in found}

    async def owners(self) -> dict[int, list[str]]:
        """Who answers for each customer; every customer must have exactly one."""
        async with self.database.reading() as session:
            query = select(col(Coverage.customer_id), col(Coverage.staff_id)).where(
                col(Coverage.kind) == "owner"
            )
            found: dict[int, list[str]] = {}
            for customer_id, staff_id in await session.execute(query):
                found.setdefault(customer_id, []).append(staff_id)
            return found

    async def related(self) -> set[tuple[str, str]]:
        """The live relations by our books."""
        async with self.database.reading() as session:
            query = select(col(Relation.userid), col(Relation.external_userid)).where(
                col(Relation.ended_at).is_(None)
            )
            return {(row[0], row[1]) for row in await session.execute(query)}

    async def truly_related(self) -> set[tuple[str, str]]:
        """The same by WeCom's."""
        answer = await self.world.people.get("/_sim/relations", params={"limit": 200_000})
        return {
            (row["userid"].lower(), row["external_userid"]) for row in answer.json()["relations"]
        }

    async def begun(self) -> list[dict[str, Any]]:
        """Every transfer that WeCom ever began."""
        answer = await self.world.people.get("/_sim/transfers")
        found: list[dict[str, Any]] = answer.json()["transfers"]
        return found


def external(number: int) -> str:
    return f"wm{number:05d}"


@asynccontextmanager
async def scene(
    url: str,
    directory: Path,
    *,
    contacts: int = 0,
    without_wecom: int = 0,
    handed_over: dict[int, list[int]] | None = None,
    **modes: Any,
) -> AsyncIterator[Scene]:
    """The giver follows ``contacts`` customers and answers for ``without_wecom`` more."""
    time = Time()
    friends = [
        {
            "external_userid": external(number),
            "name": f"客户{number}",
            "followers": [
                {
                    "userid": GIVER,
                    "createtime": 1_760_000_000,
                    "remark": f"备注{number}",
                    "handed_over": (handed_over or {}).get(number, []),
                }
            ],
        }
        for number in range(contacts)
    ]
    people = [{"userid": one, "name": one} for one in STAFF]
    async with wecom_world(members=people, customers=friends, **modes) as world:
        http = Http("http://wecom", transport=httpx.ASGITransport(world.app))
        parts = await build(test_settings(url, directory), now=time, http=http)
        made = Scene(parts, world, time)
        try:
            await _bank(made, contacts, without_wecom)
            yield made
        finally:
            await parts.close()


async def _bank(made: Scene, contacts: int, without_wecom: int) -> None:
    async with made.database.transaction() as session:
        await bank.units(session)
        for one in STAFF:
            await bank.staff(session, one)
        for number in range(contacts):
            # Every tenth contact is nobody we know as a customer.
            known = number % 10 != 9
            customer = None
            if known:
                customer = await bank.customer(session, f"C{number:05d}", owner=GIVER)
            await bank.contact(session, external(number), customer_id=customer)
            await bank.relation(session, GIVER, external(number))
        for number in range(without_wecom):
            await bank.customer(session, f"B{number:05d}", owner=GIVER)
