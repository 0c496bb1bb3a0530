"""A bank with mothers among its customers, a moment for them, and the hours of its day."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import text

from config import persona_policy, tier_policy
from crm_sync.models import PersonaMembership
from crm_sync.tag_writer import write_tags
from delivery.dispatcher import Dispatcher
from delivery.moments import jobs, repository, results, service
from delivery.moments.facts import Known, MomentFact, Numbers, Proposal
from delivery.phrasing import routes
from kit.clock import bank_moment
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import AGENT, World
from wecom import contacts
from wecom.errors import RelationGone

DAY = date(2026, 11, 25)
WORDS = "孩子睡了，轮到你了。今晚十分钟，只属于你自己。不想看到这类内容，留言“退订”就好。"
KNOWN = Known(persona_policy.load(), tier_policy.load())
MEMBERS = (
    {"userid": "limin", "name": "李敏"},
    {"userid": "zhengkai", "name": "郑凯"},
)
MOTHERS = {"C1": "limin", "C2": "limin", "C3": "zhengkai", "C4": "limin"}
FRIENDS = [
    {"external_userid": f"wm-{name}", "name": name, "followers": [{"userid": owner}]}
    for name, owner in MOTHERS.items()
]


class Wall:
    """A clock that starts at nine and is moved by hand."""

    def __init__(self) -> None:
        self.at = bank_moment(DAY, time(9))

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Scene:
    """The bank's database, the simulated WeCom and the clock of both."""

    database: Database
    world: World
    wall: Wall
    ids: dict[str, int]
    version: int

    async def at(self, hour: int, minute: int = 0) -> None:
        """It is so late now, here and at WeCom."""
        self.wall.at = bank_moment(DAY, time(hour, minute))
        await self.world.post("clock", {"freeze": self.wall.at.isoformat()})

    async def draw_up(self) -> dict[str, int]:
        """The job that draws up lists."""
        done = await jobs.draw_up(
            self.database, self.world.client, known=KNOWN, desk=desk(), at=self.wall.at, cap=3_000
        )
        return dict(done)

    async def mark(self) -> int:
        """The writer of tags, until nothing waits that is due."""
        written = 0
        while (report := await write_tags(self.database, self.world.client, self.wall.at)).claimed:
            written += report.written
        return written

    def dispatcher(self, client: Any = None) -> Dispatcher:
        made = routes(
            client or self.world.client, self.database, agent_id=AGENT, clock=self.wall, desk=desk()
        )
        return Dispatcher(self.database, made, self.wall)

    async def poll(self) -> dict[str, int]:
        return await results.poll(self.database, self.world.client, self.wall)

    async def numbers(self, task_id: int) -> Numbers:
        async with self.database.reading() as session:
            return (await repository.numbers(session, [task_id]))[task_id]

    async def one(self, task_id: int) -> MomentFact:
        async with self.database.reading() as session:
            return await repository.one(session, task_id, None)

    async def reader(self, name: str) -> tuple[str, str]:
        """(state, reasons) of a customer."""
        async with self.database.reading() as session:
            found = await session.execute(
                text("SELECT state, reasons FROM moment_reader WHERE customer_id = :id"),
                {"id": self.ids[name]},
            )
            state, reasons = found.one()
            return state, reasons

    async def part(self, column: str) -> Any:
        async with self.database.reading() as session:
            found = await session.execute(text(f"SELECT {column} FROM moment_part"))  # noqa: S608
            return found.scalar_one()

    async def asked(self) -> list[dict[str, Any]]:
        """What WeCom was asked to show, as it was asked."""
        return [one["body"] for one in await self.world.called("add_moment_task")]

    async def carriers(self, task_id: int) -> set[str]:
        """The contacts that carry the moment's tag, by WeCom's own word."""
        tag_id = (await self.one(task_id)).tag_id
        found = set()
        for name in MOTHERS:
            try:
                answer = await contacts.get(self.world.client, f"wm-{name}")
            except RelationGone:
                continue
            found |= {name for follow in answer.follows if tag_id in follow.tag_ids}
        return found


async def mothers(database: Database) -> dict[str, int]:
    """Four mothers of two managers; the fourth was born in 1950."""
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        await bank.staff(session, "zhengkai", unit_id="0201")
        ids = {
            name: await bank.reached_customer(
                session,
                name,
                owner=owner,
                unit_id="0101" if owner == "limin" else "0201",
                born_on=date(1950 if name == "C4" else 1988, 1, 1),
            )
            for name, owner in MOTHERS.items()
        }
        rows = [
            {
                "customer_id": number, "persona": "宝妈", "source": "crm", "confidence": 100,
                "evidence": [], "rule_version": "1", "since": bank.BEFORE,
            }
            for number in ids.values()
        ]  # fmt: skip
        await bank.insert_rows(session, PersonaMembership, rows)
    return ids


async def script(database: Database, code: str = "moment.mum", **fields: Any) -> int:
    """The approved words for mothers."""
    asked = {
        "purpose": "care",
        "form": "moment",
        "persona": "宝妈",
        "personas": frozenset({"宝妈"}),
    }
    async with database.transaction() as session:
        return await approved_script(
            session, code, WORDS, scene="moment.daily", **{**asked, **fields}
        )


def proposal(**other: Any) -> Proposal:
    """From half past ten to eight in the evening, for mothers, by everybody."""
    usual = Proposal(
        "晚安一句", "moment.mum", "persona", "宝妈",
        bank_moment(DAY, time(10, 30)), bank_moment(DAY, time(17)),
    )  # fmt: skip
    return replace(usual, **other)


async def approved(database: Database, wall: Wall, asked: Proposal | None = None) -> int:
    """Proposed by one, approved by another."""
    async with database.transaction() as session:
        number = await service.propose(
            session, asked or proposal(), known=KNOWN, desk=desk(), by="staff:wangshan",
            unit_id="hq", at=wall.at,
        )  # fmt: skip
    async with database.transaction() as session:
        await service.decide(
            session, number, agree=True, opinion="可以发", by="staff:hejing", at=wall.at, units=None
        )
    return number


async def scene(database: Database, world: World) -> Scene:
    """Everybody there, the words approved, nine in the morning."""
    ids = await mothers(database)
    made = Scene(database, world, Wall(), ids, await script(database))
    await made.at(9)
    return made


async def out(made: Scene, asked: Proposal | None = None) -> int:
    """A moment whose call has been made at half past ten; its id."""
    number = await approved(made.database, made.wall, asked)
    await made.draw_up()
    await made.mark()
    await made.at(10, 30)
    await made.dispatcher().drain()
    return number
