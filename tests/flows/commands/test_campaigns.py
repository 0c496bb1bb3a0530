"""``gengyun campaign``: prepared, proposed, approved by another, changed, stopped; the draw repeated."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from campaigns.waves.rules import is_held_out
from config.settings import load
from kit.clock import bank_date, now
from portfolio.preparation import records
from portfolio.preparation.rules import BOXES
from tests.flows.campaigns.winter import words_and_segment
from tests.flows.commands.conftest import Operator
from tests.flows.crm_sync import bank
from wiring.parts import build


async def _bank(operator: Operator) -> tuple[int, int]:
    """People, words, a segment; a preparation that lacks one box, and one that lacks none."""
    parts = await build(load(operator.env))
    try:
        async with parts.databases.bank.transaction() as session:
            await bank.units(session)
            for staff_id in ("wangshan", "hejing", "limin"):
                await bank.staff(session, staff_id, unit_id="hq")
            for staff_id in ("wangshan", "hejing"):
                await bank.grant(session, staff_id, "ops", "hq")
            await words_and_segment(session)
            made = []
            for boxes in (BOXES[1:], BOXES):
                number = await records.begin(
                    session, title="冬季准备", unit_id="hq", by="staff:wangshan", at=now()
                )
                for box in boxes:
                    await records.fill(
                        session, number, box.name, "写清楚了", units=None, by="staff:wangshan",
                        at=now(),
                    )  # fmt: skip
                made.append(number)
        return made[0], made[1]
    finally:
        await parts.close()


async def _members(operator: Operator, number: int, seed: str, wrong: int) -> None:
    """What a draw would leave, with ``wrong`` customers put into the other arm."""
    parts = await build(load(operator.env))
    try:
        async with parts.databases.bank.transaction() as session:
            for customer in range(1, 21):
                held = is_held_out(customer, seed, 20) != (customer <= wrong)
                await session.execute(
                    text(
                        "INSERT INTO campaign_member (campaign_id, customer_id, unit_id, staff_id,"
                        " arm, turn) VALUES (:c, :i, '0101', 'limin', :arm, 1)"
                        " ON CONFLICT (campaign_id, customer_id) DO UPDATE SET arm = excluded.arm"
                    ),
                    {"c": number, "i": customer, "arm": "held" if held else "treated"},
                )
    finally:
        await parts.close()


@pytest.mark.mission("A18", "H1", "H3", "E11")
def test_a_campaign_lives_by_commands_alone_and_its_draw_can_be_repeated(
    operator: Operator, tmp_path: Path
) -> None:
    operator.run("migrate")
    half, whole = asyncio.run(_bank(operator))
    day = bank_date(now()) + timedelta(days=2)
    file = tmp_path / "winter.toml"

    def written(preparation: int, more: str = "") -> None:
        file.write_text(
            f"""
            title = "冬季关怀"
            kind = "grid"
            goal = "让客户见到客户经理一次"
            measure = "reached"
            target = 20
            owner = "wangshan"
            departments = ["retail"]
            budget_fen = 100000
            overrun_percent = 5
            starts_on = {day}
            ends_on = {day + timedelta(days=20)}
            review_on = {day + timedelta(days=30)}
            segment = "grown"
            hold_out_percent = 20
            per_day = 5
            preparation_id = {preparation}
            {more}
            [[waves]]
            script = "winter.todo"
            channel = "todo"
            on = {day}
            [[waves]]
            script = "winter.all"
            channel = "broadcast"
            on = {day + timedelta(days=7)}
            """,
            "utf-8",
        )

    def refused(code: str, *words: str | Path, ends: int = 2) -> None:
        said = operator.run(*words, code=ends)
        assert said.one["error"]["code"] == code, words

    written(half)
    refused("E-2722", "campaign", "propose", file, "--by", "wangshan")
    refused("E-2721", "campaign", "propose", file, "--by", "limin")  # has no such office
    written(whole, 'lottery = "yes"')
    refused("E-2721", "campaign", "propose", file, "--by", "wangshan")
    refused("E-2721", "campaign", "propose", tmp_path / "nothing.toml", "--by", "wangshan")
    written(whole)
    number = operator.run("campaign", "propose", file, "--by", "wangshan").one["campaign_id"]
    decide = ("campaign", "decide", str(number), "--approve", "--opinion", "可以做", "--by")
    refused("E-2724", *decide, "wangshan", ends=1)
    assert operator.run(*decide, "hejing").one["state"] == "approved"
    refused("E-2721", "campaign", "list", "--state", "nothing")
    [row] = operator.run("campaign", "list", "--state", "approved").rows
    assert (row["level"], row["kind"], len(row["waves"])) == ("head", "grid", 2)
    asyncio.run(_members(operator, number, row["seed"], 0))
    before = operator.run("campaign", "estimate", str(number)).one
    assert (before["wave"], before["guessed"]) == (2, True)
    away = [row for row in before["customers"] if row["fate"] == "no_friend"]
    assert len(away) == before["counts"]["no_friend"]
    assert set(before["counts"]) >= {"goes", "said_no", "outside", "ours"}
    refused("E-2728", "campaign", "estimate", str(number), "--wave", "1")
    refused("E-2721", "campaign", "estimate", str(number), "--fate", "nothing")
    same = operator.run("campaign", "draw-check", str(number)).one
    assert (same["customers"], same["same"]) == (20, True)
    assert (
        len(operator.run("campaign", "members", str(number), "--arm", "held").rows) == same["held"]
    )
    asyncio.run(_members(operator, number, row["seed"], 1))
    refused("E-2726", "campaign", "draw-check", str(number), ends=3)
    change = ("campaign", "change", str(number), "1", "--reason", "换个说法", "--by", "wangshan")
    assert operator.run(*change, "--script", "winter.more").one["asked"] == "winter.more"
    agreed = operator.run(
        "campaign", "decide-change", str(number), "1", "--approve", "--by", "hejing"
    )
    assert (agreed.one["agreed"], agreed.one["withdrawn"]) == (True, 0)
    shown = operator.run("campaign", "show", str(number)).one
    assert [wave["script_code"] for wave in shown["waves"]] == ["winter.more", "winter.all"]
    stopped = operator.run(
        "campaign", "stop", str(number), "--reason", "口径有误", "--by", "hejing"
    )
    assert stopped.one["state"] == "stopped"
    assert operator.run("campaign", "show", str(number)).one["state"] == "stopped"
