"""Before anybody approves: whom a broadcast would not reach, counted and listed, for each reason."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from campaigns.waves import estimating
from campaigns.waves.errors import WaveNotEstimated
from campaigns.waves.estimating import Estimated
from campaigns.waves.facts import WaveAsked, Who
from compliance.opting_out import Choice
from delivery import opting_out, quota
from delivery.outside import estimate, repository
from delivery.quota import Want
from kit.db import Database
from tests.flows.campaigns.winter import DAY, KNOWN, asked, morning, one, proposed, winter_bank
from tests.flows.delivery.office import desk

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C7", "E11")]
LEFT = "UPDATE relation SET ended_at = :at WHERE external_userid = 'wm-C0'"

WAVES = (
    WaveAsked("winter.all", "broadcast", DAY),
    WaveAsked("winter.todo", "todo", DAY + timedelta(days=7), Who.SILENT),
)


async def _estimated(database: Database, number: int) -> Estimated:
    campaign = await one(database, number)
    async with database.reading() as session:
        return await estimating.of_wave(
            session, campaign, 1, known=KNOWN, desk=desk(), at=morning()
        )


async def test_each_reason_has_its_number_and_its_list(database: Database) -> None:
    ids = await winter_bank(database, 8, 4)
    async with database.transaction() as session:
        await session.execute(text(LEFT), {"at": morning()})
        await opting_out.opt_out(
            session, ids[1], Choice.MARKETING, source="chat", words="别再发了", at=morning(),
            actor="customer:C1",
        )  # fmt: skip
        await repository.note(session, "msg-by-hand", [("wm-C2", DAY), ("wm-C9", DAY)])
        await repository.note(session, "msg-yesterday", [("wm-C4", DAY - timedelta(days=1))])
        cap = quota.broadcast_cap("day1", DAY)
        await quota.reserve(session, [Want("ours", ids[3], (cap,))])
    async with database.transaction() as session:
        number = await proposed(session, asked(waves=WAVES, hold_out_percent=0))
    found = await _estimated(database, number)
    assert dict(found.counts) == {
        "goes": 7, "no_friend": 1, "said_no": 1, "not_agreed": 0, "outside": 2, "ours": 1,
    }  # fmt: skip
    assert found.dropped == 5
    async with database.reading() as session:
        listed = await estimating.lines(session, found)
        assert {line.customer_id: line.fate for line in listed} == {
            ids[0]: "no_friend", ids[1]: "said_no", ids[2]: "outside", ids[3]: "ours",
            ids[9]: "outside",
        }  # fmt: skip
        for fate, many in found.counts.items():
            rows = await estimating.lines(session, found, fate=fate)
            assert len(rows) == many
        branch = await estimating.lines(session, found, units=frozenset({"0201"}))
        assert [line.customer_id for line in branch] == [ids[9]]
        first = await estimating.lines(session, found, limit=2)
        rest = await estimating.lines(session, found, after=first[-1].customer_id)
        assert [*first, *rest] == list(listed)
    campaign = await one(database, number)
    async with database.reading() as session:
        with pytest.raises(WaveNotEstimated):
            await estimating.of_wave(session, campaign, 2, known=KNOWN, desk=desk(), at=morning())


def test_a_day_that_has_not_come_is_guessed_from_as_many_days_before() -> None:
    assert estimate.span("day1", DAY, DAY).guessed is False
    later = estimate.span("week7", DAY + timedelta(days=7), DAY)
    assert (later.guessed, later.since) == (True, DAY - timedelta(days=6))
    month = estimate.span("month_days", date(2026, 12, 3), DAY)
    assert (month.guessed, month.since) == (True, DAY - timedelta(days=30))
    now = estimate.span("month_days", date(2026, 11, 30), DAY)
    assert (now.guessed, now.since) == (False, date(2026, 11, 1))
