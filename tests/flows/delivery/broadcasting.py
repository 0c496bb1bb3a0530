"""Broadcasts of several members on their way to WeCom, and the clock of both sides.

The customers are facts without rows of their own: what a broadcast needs of them is who they are
at WeCom, so that ten thousand cost no more than their names.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from compliance.facts import Channel, Purpose
from content_library import repository as scripts_of
from crm_sync.facts import CustomerFact, Reach
from delivery import broadcasts, quota, results
from delivery.dispatcher import Dispatcher
from delivery.intents import Intent
from delivery.judging import Judged
from delivery.phrasing import routes
from delivery.quota import Want
from kit.clock import bank_moment
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.wecom_world import AGENT, World
from wecom.client import Caller

DAY = date(2026, 11, 25)
CARE = "天气转凉，早晚添件衣服，出门慢一点。接到陌生来电要您转账的，先挂断再打我行客服核实。"
Answer = dict[str, Any]


class Wall:
    """A clock that starts at ten and is moved by hand."""

    def __init__(self) -> None:
        self.at = bank_moment(DAY, time(10))

    def __call__(self) -> datetime:
        return self.at


class Between:
    """WeCom, and what happens to what it is asked and to its answers."""

    def __init__(
        self,
        wecom: Caller,
        *,
        before: Callable[[str, Answer], Awaitable[None]] | None = None,
        after: Callable[[str, Answer, Answer], Awaitable[Answer]] | None = None,
    ) -> None:
        self._wecom, self._before, self._after = wecom, before, after

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> Answer:
        asked = dict(body or {})
        if self._before is not None:
            await self._before(path, asked)
        answer = await self._wecom.call(path, asked, params=params, idempotent=idempotent)
        return await self._after(path, asked, answer) if self._after is not None else answer


@dataclass
class Office:
    """A bank's broadcasts, the simulated WeCom and the clock of both."""

    database: Database
    world: World
    wall: Wall = field(default_factory=Wall)

    async def open(self, books: Mapping[str, Sequence[str]]) -> None:
        """Each member has a broadcast to each of their contacts; WeCom gets all of them."""
        await self.freeze()
        async with self.database.transaction() as session:
            await bank.units(session)
            for userid in books:
                await bank.staff(session, userid)
            version = await approved_script(
                session, "care.cold", CARE, purpose="care", form="broadcast"
            )
        async with self.database.transaction() as session:
            script = (await scripts_of.by_version(session, [version]))[version]
            number, judged = 0, []
            for userid, contacts in books.items():
                for contact in contacts:
                    number += 1
                    intent = self._intent(number, userid, contact, version)
                    judged.append(Judged(intent, script, CARE, None))
            caps = (quota.broadcast_cap("day1", DAY),)
            await quota.reserve(
                session,
                [Want(one.intent.key, one.intent.customer.customer_id, caps) for one in judged],
            )
            await broadcasts.gather(session, judged, at=self.wall.at, day=DAY)
        async with self.database.transaction() as session:
            await broadcasts.close(
                session, DAY, at=self.wall.at, due_at=self.wall.at,
                expires_at=self.wall.at + timedelta(hours=8),
            )  # fmt: skip
        sender = routes(self.world.client, self.database, agent_id=AGENT, clock=self.wall)
        await Dispatcher(self.database, sender, self.wall).drain()

    def _intent(self, number: int, userid: str, contact: str, version: int) -> Intent:
        customer = CustomerFact(
            number, f"C{number}", None, "", None, "0101", None, None, "", None, (), userid
        )
        return Intent(
            key=f"care:{number}", trigger="persona.content", channel=Channel.BROADCAST,
            purpose=Purpose.CARE, customer=customer, reach=Reach(number, userid, userid, contact),
            script_version_id=version, fields={}, title="关怀", why="换季", due_on=DAY,
            expires_at=self.wall.at + timedelta(hours=8),
        )  # fmt: skip

    async def freeze(self) -> None:
        """WeCom's clock shows what ours does."""
        await self.world.post("clock", {"freeze": self.wall.at.isoformat()})

    async def later(self, **ahead: float) -> None:
        """So much later, here and at WeCom."""
        self.wall.at += timedelta(**ahead)
        await self.freeze()

    async def poll(self, wecom: Caller | None = None) -> dict[str, int]:
        """One round of the job."""
        return await results.poll(self.database, wecom or self.world.client, self.wall)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        async with self.database.reading() as session:
            return [tuple(row) for row in await session.execute(text(query))]

    async def msgid(self, userid: str) -> str:
        """The task of a member."""
        found = dict(await self.rows("SELECT userid, msgid FROM broadcast"))
        return str(found[userid])

    async def states(self) -> Counter[str]:
        """Customers by what became of them."""
        found = await self.rows("SELECT state, COUNT(*) FROM broadcast_recipient GROUP BY state")
        return Counter({state: int(number) for state, number in found})

    async def tasks(self) -> dict[str, str]:
        """The state of each member's task."""
        found = await self.rows("SELECT userid, state FROM broadcast")
        return {str(userid): str(state) for userid, state in found}

    async def work(self) -> list[tuple[str, str]]:
        """Kind and state of everything a person is to look at."""
        found = await self.rows("SELECT kind, state FROM work_item ORDER BY kind")
        return [(str(kind), str(state)) for kind, state in found]

    async def truth(self) -> dict[str, dict[str, int]]:
        """What WeCom itself knows: by task, contact and status."""
        answer = await self.world.people.get("/_sim/broadcasts")
        return {
            one["msgid"]: {row["target"]: row["status"] for row in one["rows"]}
            for one in answer.json()["broadcasts"]
        }
