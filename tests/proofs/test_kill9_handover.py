"""Several hundred customers change hands while the worker is killed: one owner each, asked once."""

from datetime import date
from pathlib import Path

import pytest

from kit import clock
from tests.proofs.handing import CONTACTS, REFUSE, Handed, HandoverProof
from tests.proofs.written import write

KILLS = 10

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(1_500),
    pytest.mark.mission("B14"),
]


def _today() -> date:
    return clock.bank_date(clock.now())


def _must_agree(figures: Handed) -> None:
    assert figures.kills.total() == KILLS
    assert figures.asked_twice == []
    assert figures.never_asked == []
    assert figures.transfers == CONTACTS
    assert figures.waiting_before == CONTACTS
    assert figures.lists == {
        "success": CONTACTS - REFUSE, "refused": REFUSE, "waiting": 0, "limit": 0, "other": 0,
    }  # fmt: skip
    assert figures.state == "finished"
    assert figures.not_one_owner == []
    assert figures.owners.total() == figures.customers
    assert figures.owners["giver"] == (0 if figures.resigned else REFUSE)
    assert figures.ledger_sound


def _told(figures: Handed, processes: str) -> list[str]:
    kills = "; ".join(f"{number} × {what}" for what, number in sorted(figures.kills.items()))
    lists = ", ".join(f"{number} {name}" for name, number in figures.lists.items())
    return [
        f"{_today().isoformat()}, {processes}. {figures.kills.total()} kills in"
        f" {figures.seconds:.0f} s, each by `kill -9` of the worker's pid: {kills}.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        f"| simulated WeCom | contacts of the giver / calls that asked | {CONTACTS} /"
        f" {figures.asked_calls} |",
        f"| simulated WeCom | transfers begun | {figures.transfers} |",
        f"| simulated WeCom | **asked for twice / never asked for** | **{len(figures.asked_twice)} /"
        f" {len(figures.never_asked)}** |",
        f"| `gengyun handover status` | waiting for the customer after the kills |"
        f" {figures.waiting_before} |",
        f"| `gengyun handover status` | in the end ({figures.state}) | {lists} |",
        f"| books | customers / **without exactly one owner** | {figures.customers} /"
        f" **{len(figures.not_one_owner)}** |",
        f"| books | owners in the end | {figures.owners['takers']} takers,"
        f" {figures.owners['giver']} the giver again |",
        f"| `gengyun verify` | sound | {'yes' if figures.ledger_sound else 'NO'} |",
        "",
        "Half of the kills come when WeCom has begun the transfers of a call and has not answered"
        " yet, the others at random. Who refuses a handover in service stays with the giver, in"
        " the books too; of somebody who has left nobody stays.",
    ]


async def test_ten_kills_in_a_handover_in_service_on_sqlite(
    sqlite_url: str, tmp_path: Path
) -> None:
    proof = HandoverProof("sqlite", sqlite_url, tmp_path, seed=11, resigned=False)
    figures = await proof.run(KILLS)
    _must_agree(figures)
    write(
        "kill -9 in a handover, SQLite",
        _told(
            figures,
            "SQLite, a worker process that does what `gengyun handover run` does, in service",
        ),
    )


async def test_ten_kills_in_a_handover_of_a_leaver_on_postgresql(
    postgresql_url: str, tmp_path: Path
) -> None:
    proof = HandoverProof("postgresql", postgresql_url, tmp_path, seed=12, resigned=True)
    figures = await proof.run(KILLS)
    _must_agree(figures)
    write(
        "kill -9 in a handover, PostgreSQL",
        _told(figures, "PostgreSQL, the same of a leaver"),
    )
