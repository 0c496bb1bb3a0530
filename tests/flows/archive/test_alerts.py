"""An alert is taken by one person, handed on in the open, and closed with an outcome."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive import alerts
from archive.alerts import listed
from archive.errors import AlertClosed, AlertTaken, AlertUnknown, FindingUpheld
from archive.facts import AlertFact, Outcome, SearchScope
from archive.models import Finding
from archive.raising import Opening, raise_alerts
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.archive.talks import AT, ROOM, ZHOU

pytestmark = pytest.mark.anyio

ALL = SearchScope()
LIMIN = SearchScope(frozenset({"limin"}))
HE, LUO = "staff:hejing", "staff:luomin"


async def _alert(
    database: Database, msgid: str = "m1", userid: str | None = "limin", room: str = ""
) -> int:
    opening = Opening(
        thread=f"message:{msgid}",
        kind="violation",
        severity="high",
        msgid=msgid,
        seq=int(msgid[1:]),
        sent_at=AT,
        userid=userid,
        external_userid=ZHOU,
        room_id=room,
        rules=("R-YLD-01",),
        due_at=AT + timedelta(hours=int(msgid[1:])),
    )
    async with database.transaction() as session:
        await raise_alerts(session, [opening], rulebook="v1", at=AT)
        return max(alert.id for alert in await listed(session, ALL))


async def _claim(
    database: Database, number: int, actor: str, scope: SearchScope = ALL
) -> AlertFact:
    async with database.transaction() as session:
        return await alerts.claim(session, scope, number, actor=actor, at=AT)


async def test_two_people_reach_for_an_alert_and_one_gets_it(database: Database) -> None:
    number = await _alert(database)
    got = await asyncio.gather(
        *(_claim(database, number, actor) for actor in (HE, LUO)), return_exceptions=True
    )
    assert sum(isinstance(one, AlertTaken) for one in got) == 1
    winner = next(one for one in got if isinstance(one, AlertFact))
    assert (await _claim(database, number, winner.claimed_by)).claimed_by == winner.claimed_by


async def test_the_life_of_an_alert_is_in_the_ledger(database: Database) -> None:
    number = await _alert(database)
    await _claim(database, number, HE)
    async with database.transaction() as session:
        await alerts.release(session, ALL, number, actor=HE, at=AT)
    await _claim(database, number, HE)
    async with database.transaction() as session:
        await alerts.escalate(session, ALL, number, to=LUO, note="金额较大", actor=HE, at=AT)
    await _claim(database, number, LUO)
    async with database.transaction() as session:
        closed = await alerts.close(
            session, ALL, number, outcome="reported", note="张桂兰一案，已上报", actor=LUO, at=AT
        )
    assert (closed.state, closed.outcome, closed.note) == (
        "closed",
        "reported",
        "张桂兰一案，已上报",
    )
    async with database.reading() as session:
        entries = await page(session, Wanted(object="message:m1"))
    assert [entry.act for entry in reversed(entries)] == [
        "alert.opened",
        "alert.claimed",
        "alert.released",
        "alert.claimed",
        "alert.escalated",
        "alert.claimed",
        "alert.closed",
    ]
    assert not any("张桂兰" in entry.reason for entry in entries)
    with pytest.raises(AlertClosed):
        await _claim(database, number, HE)


async def test_nobody_works_on_what_is_not_in_their_hands(database: Database) -> None:
    number = await _alert(database)
    for actor in (HE, LUO):
        with pytest.raises(AlertTaken):
            async with database.transaction() as session:
                await alerts.close(
                    session, ALL, number, outcome="clear", note="", actor=actor, at=AT
                )
        if actor == HE:
            await _claim(database, number, HE)
    with pytest.raises(AlertTaken):
        async with database.transaction() as session:
            await alerts.release(session, ALL, number, actor=LUO, at=AT)


async def test_a_branch_sees_and_takes_its_own_alerts_only(database: Database) -> None:
    mine = await _alert(database, "m1")
    other = await _alert(database, "m2", "zhengkai")
    in_group = await _alert(database, "m3", None, ROOM)
    async with database.reading() as session:
        assert [one.id for one in await listed(session, LIMIN)] == [mine]
        with_group = SearchScope(frozenset({"limin"}), frozenset({ROOM}))
        assert [one.id for one in await listed(session, with_group)] == [mine, in_group]
        assert (await alerts.one(session, LIMIN, mine)).msgid == "m1"
    said = []
    for number in (other, 999_999):
        with pytest.raises(AlertUnknown) as refused:
            await _claim(database, number, HE, LIMIN)
        said.append(refused.value.what)
    assert said[0] == said[1]


async def test_alerts_are_listed_by_the_time_they_are_due(database: Database) -> None:
    numbers = [await _alert(database, f"m{n}") for n in (3, 1, 2)]
    async with database.reading() as session:
        first = await listed(session, ALL, limit=2)
        rest = await listed(session, ALL, after=(first[-1].due_at, first[-1].id))
    assert [one.msgid for one in (*first, *rest)] == ["m1", "m2", "m3"]
    assert sorted(one.id for one in (*first, *rest)) == sorted(numbers)


async def test_what_is_written_about_an_alert_is_sealed(database: Database, tmp_path: Path) -> None:
    number = await _alert(database)
    await _claim(database, number, HE)
    async with database.transaction() as session:
        await alerts.close(
            session, ALL, number, outcome="clear", note="张桂兰本人说明", actor=HE, at=AT
        )
        [note] = (await session.execute(text("SELECT note FROM archive_alert"))).scalars()
    assert "张桂兰".encode() not in bytes(note)


async def test_what_the_desk_decided_stays_decided_and_what_it_upheld_is_never_clear(
    database: Database,
) -> None:
    upheld, vain = await _alert(database, "m1"), await _alert(database, "m2")
    found = {
        ("m1", "R-1"): "open", ("m1", "R-2"): "confirmed", ("m1", "R-3"): "dismissed",
        ("m2", "R-1"): "open", ("m2", "R-3"): "dismissed",
    }  # fmt: skip
    async with database.transaction() as session:
        session.add_all(
            Finding(
                msgid=msgid, rule=rule, rulebook="v1", seq=int(msgid[1:]), sent_at=AT,
                speaker="manager", family="yield", severity="block",
                alert_key=f"message:{msgid}", state=state, found_at=AT,
            )
            for (msgid, rule), state in found.items()
        )  # fmt: skip

    async def close(number: int, outcome: Outcome) -> None:
        async with database.transaction() as session:
            await alerts.close(session, ALL, number, outcome=outcome, note="看过", actor=HE, at=AT)

    for number in (upheld, vain):
        await _claim(database, number, HE)
    with pytest.raises(FindingUpheld) as refused:
        await close(upheld, "clear")
    assert (refused.value.code, "R-2" in refused.value.sentence()) == ("E-6123", True)
    await close(upheld, "corrected")
    await close(vain, "clear")
    async with database.reading() as session:
        rows = await session.execute(text("SELECT msgid, rule, state FROM archive_finding"))
        assert {(msgid, rule): state for msgid, rule, state in rows} == {
            ("m1", "R-1"): "confirmed", ("m1", "R-2"): "confirmed", ("m1", "R-3"): "dismissed",
            ("m2", "R-1"): "dismissed", ("m2", "R-3"): "dismissed",
        }  # fmt: skip
