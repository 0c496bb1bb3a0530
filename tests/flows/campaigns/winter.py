"""A bank with a segment, approved words and a campaign over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from campaigns.waves import jobs, repository, service
from campaigns.waves.facts import Asked, CampaignFact, Known, WaveAsked, Who
from config import campaign_policy, persona_policy, tier_policy
from crm_sync.rules.conditions import parse
from crm_sync.segments import service as segments
from kit.clock import bank_moment
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk

DAY = date(2026, 11, 25)
ONE, TWO = "staff:wangshan", "staff:hejing"
POLICY = campaign_policy.load()
KNOWN = Known(persona_policy.load(), tier_policy.load())
SAID = {
    "winter.todo": ("single", "天冷了，出门记得添衣，路上慢一点。有事随时找我。"),
    "winter.more": ("single", "这几天降温，早晚多穿一件。需要办业务可以提前约我。"),
    "winter.all": ("broadcast", "大家好，这周早晚温差大，出门记得添衣，路上慢一点。"),
}


async def winter_bank(database: Database, limins: int = 24, zhengkais: int = 6) -> list[int]:
    """Two managers with their friends, all grown up; the words; a segment of everybody."""
    async with database.transaction() as session:
        await bank.units(session)
        for staff_id, unit in (("limin", "0101"), ("zhengkai", "0201")):
            await bank.staff(session, staff_id, unit_id=unit)
        for staff_id in ("wangshan", "hejing"):
            await bank.staff(session, staff_id, unit_id="hq")
        ids = [
            await bank.reached_customer(
                session, f"C{number}", owner="limin" if number < limins else "zhengkai",
                born_on=date(1985, 3, 2), unit_id="0101" if number < limins else "0201",
            )
            for number in range(limins + zhengkais)
        ]  # fmt: skip
        await words_and_segment(session)
    return ids


async def words_and_segment(session: Any) -> None:
    """Three approved texts of care, and the segment “grown”."""
    for code, (form, words) in SAID.items():
        await approved_script(session, code, words, purpose="care", form=form)
    await segments.save(
        session, "grown", "成年客户", parse({"dim": "age", "op": "ge", "value": 30}),
        policy=KNOWN.personas, by=ONE, at=bank.BEFORE, reason="活动用",
    )  # fmt: skip
    await segments.put_in_force(session, "grown", by=ONE, at=bank.BEFORE, reason="活动用")


def asked(**change: Any) -> Asked:
    """Care in winter: to-dos first, then a broadcast to who did not answer."""
    plain: dict[str, Any] = {
        "title": "冬季关怀", "kind": "penetrate", "goal": "让客户见到客户经理一次",
        "measure": "reached", "target": 20, "owner": "wangshan", "departments": ("retail",),
        "budget_fen": 100_000, "overrun_percent": 5, "starts_on": DAY,
        "ends_on": DAY + timedelta(days=30), "review_on": DAY + timedelta(days=40),
        "segment": "grown", "hold_out_percent": 20, "per_day": 5, "preparation_id": 1,
        "waves": (
            WaveAsked("winter.todo", "todo", DAY),
            WaveAsked("winter.all", "broadcast", DAY + timedelta(days=7), Who.SILENT),
        ),
    }  # fmt: skip
    return Asked(**(plain | change))


def morning(days: int = 0, hour: int = 8) -> datetime:
    return bank_moment(DAY + timedelta(days=days), time(hour))


async def proposed(session: Any, what: Asked | None = None, **more: Any) -> int:
    """Examined and proposed by one."""
    examined = await service.examine(
        session, what or asked(), policy=POLICY, unit_id="hq", at=morning(hour=7),
        **({"missing": ()} | more),
    )  # fmt: skip
    return await service.propose(session, examined, by=ONE, at=morning(hour=7))


async def approved(database: Database, what: Asked | None = None) -> int:
    """Proposed by one, approved by another."""
    async with database.transaction() as session:
        number = await proposed(session, what)
    async with database.transaction() as session:
        await service.decide(
            session, number, agree=True, opinion="可以做", by=TWO, at=morning(hour=7), units=None
        )
    return number


async def run(database: Database, days: int = 0, hour: int = 8, **more: Any) -> Mapping[str, int]:
    return await jobs.run(
        database, known=KNOWN, desk=desk(), policy=POLICY, at=morning(days, hour), **more
    )


async def one(database: Database, number: int) -> CampaignFact:
    async with database.reading() as session:
        return await repository.one(session, number, None)


@dataclass(frozen=True)
class Rows:
    """What stands in the tables."""

    found: list[Any]

    def column(self, place: int = 0) -> list[Any]:
        return [row[place] for row in self.found]


async def rows(database: Database, query: str, **bound: Any) -> Rows:
    async with database.reading() as session:
        return Rows(list(await session.execute(text(query), bound)))


async def write(database: Database, statement: str, **bound: Any) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement), bound)
