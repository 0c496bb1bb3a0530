"""Wrong clocks and sleeping processes: each job once, each message once, a late word is not taken."""

from datetime import date
from pathlib import Path

import pytest

from kit import clock
from tests.proofs.askew import LIBRARY, MACHINES, Askew, SkewedClocks, Stopped
from tests.proofs.delivering import LONGEST_DOUBT, Delivered
from tests.proofs.written import write

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(1_500),
    pytest.mark.mission("C6"),
]


def _today() -> date:
    return clock.bank_date(clock.now())


def _must_agree(found: Delivered) -> None:
    assert found.arrived["broadcast"] > 0
    assert found.doubled == []
    assert found.lost == []
    assert found.unasked == []
    assert found.left_in_doubt == []
    assert found.longest_doubt <= LONGEST_DOUBT
    assert found.ledger_sound


def _counts(found: Delivered) -> list[str]:
    return [
        "| counted by | what | figure |",
        "|---|---|---|",
        *(
            f"| simulated WeCom | {kind}: queued / arrived / doubled / lost | {found.queued[kind]} /"
            f" {found.arrived[kind]} / **{sum(one.startswith(kind) for one in found.doubled)}** /"
            f" **{sum(one.startswith(kind) for one in found.lost)}** |"
            for kind in ("broadcast", "card")
            if found.queued[kind]
        ),
    ]


def _doubts(found: Delivered) -> str:
    return (
        f"| outbox | attempts in doubt / left in doubt | {found.doubts} /"
        f" **{len(found.left_in_doubt)}** |"
    )


def _told_of_clocks(found: Askew) -> list[str]:
    machines = ", ".join(f"{name} {wrong}" for name, wrong in MACHINES.items())
    runs = ", ".join(f"{number} by {name}" for name, number in sorted(found.by.items()))
    twice = sum(max(found.ran[job] - found.slots[job], 0) for job in found.ran)
    return [
        f"{_today().isoformat()}, PostgreSQL, real `gengyun` processes, their system clocks shifted"
        f" by libfaketime: {machines}. Three broadcasts of ten get no trustworthy answer.",
        "",
        *_counts(found.delivered),
        f"| schedulers' logs and `job_slot` | jobs run ({runs}) / slots / **run twice** |"
        f" {found.ran.total()} / {found.slots.total()} / **{twice}** |",
    ]


@pytest.mark.skipif(not LIBRARY.exists(), reason="needs libfaketime (apt-get install libfaketime)")
async def test_six_machines_whose_clocks_differ_by_twenty_minutes_do_everything_once(
    postgresql_url: str, tmp_path: Path
) -> None:
    found = await SkewedClocks(postgresql_url, tmp_path, seed=41).prove(10, 6.0)
    _must_agree(found.delivered)
    assert found.by.total() > 0
    assert {job: found.ran[job] for job in found.ran} == {
        job: found.slots[job] for job in found.ran
    }
    write("Clocks ten minutes wrong, PostgreSQL", _told_of_clocks(found))


async def test_a_worker_stopped_for_ninety_seconds_in_a_call_comes_back_and_doubles_nothing(
    postgresql_url: str, tmp_path: Path
) -> None:
    found = await Stopped("postgresql", postgresql_url, tmp_path, seed=51).prove(2)
    _must_agree(found.delivered)
    assert found.fenced > 0
    how = "; ".join(f"{number} × {what}" for what, number in found.delivered.kills.items())
    write(
        "A worker stopped for ninety seconds, PostgreSQL",
        [
            f"{_today().isoformat()}, PostgreSQL, two workers; the first gets SIGSTOP in the middle"
            f" of its calls, SIGCONT after 90 s (a lease lasts 60 s): {how}.",
            "",
            *_counts(found.delivered),
            _doubts(found.delivered),
            "| the stopped worker's log | late answers that were refused (`delivery.lease_lost`) |"
            f" {found.fenced} |",
        ],
    )
