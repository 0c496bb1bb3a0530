"""Customers say no while their broadcasts are being sent: nothing begins to be sent after that."""

from datetime import date
from pathlib import Path

import pytest

from kit import clock
from tests.proofs.delivering import Delivered, DeliveryProof
from tests.proofs.written import write

WAVES = 24
SAYING_NO = 0.5

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(1_500),
    pytest.mark.mission("C6"),
]


def _told(found: Delivered, processes: str, on: date) -> list[str]:
    share = 100 * found.spoilt.total() / max(found.requests, 1)
    return [
        f"{on.isoformat()}, {processes}. Half of the customers of {WAVES} waves say no within two"
        f" seconds of being queued, while the workers send; {share:.0f} % of all calls are spoilt.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        f"| bank | said no, each in a transaction that was committed | {found.opted_out} |",
        f"| simulated WeCom | who said nothing: queued / reached | {found.queued['broadcast']} /"
        f" {found.arrived['broadcast']} |",
        "| simulated WeCom | in a call that WeCom got after the no, having left before it; a person"
        f" is told | {found.told_in_time} |",
        "| simulated WeCom and work items | **sends begun after the no** |"
        f" **{len(found.after_the_no)}** |",
    ]


def _must_agree(found: Delivered) -> None:
    assert found.opted_out > WAVES
    assert found.arrived["broadcast"] > 0
    assert found.after_the_no == []
    assert found.doubled == []
    assert found.lost == []
    assert found.left_in_doubt == []


async def test_nothing_begins_to_be_sent_after_a_no_on_sqlite(
    sqlite_url: str, tmp_path: Path
) -> None:
    proof = DeliveryProof("sqlite", sqlite_url, tmp_path, seed=61, opting=SAYING_NO)
    found = await proof.run(0, waves=WAVES)
    _must_agree(found)
    today = clock.bank_date(clock.now())
    write("A no while sending, SQLite", _told(found, "SQLite, one process", today))


async def test_nothing_begins_to_be_sent_after_a_no_on_postgresql(
    postgresql_url: str, tmp_path: Path
) -> None:
    proof = DeliveryProof("postgresql", postgresql_url, tmp_path, seed=62, opting=SAYING_NO)
    found = await proof.run(0, waves=WAVES)
    _must_agree(found)
    today = clock.bank_date(clock.now())
    processes = "PostgreSQL, web, two workers and two schedulers"
    write("A no while sending, PostgreSQL", _told(found, processes, today))
