"""What goes to customers and staff arrives once, however often who sends it is killed."""

import os
from datetime import date
from pathlib import Path

import pytest

from kit import clock
from tests.proofs.delivering import LONGEST_DOUBT, Delivered, DeliveryProof
from tests.proofs.written import write

KILLS = int(os.environ.get("GENGYUN_PROOF_KILLS", "200"))
SLICE = 50
"""Kills of one installation; each slice begins with an empty bank and another seed."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(7_200),
    pytest.mark.mission("C6"),
]


def must_agree(found: Delivered) -> None:
    """0 lost, 0 doubled; every doubt resolved or before a person in time; no word after a no."""
    assert found.arrived["broadcast"] > 0
    assert found.arrived["card"] > 0
    assert found.doubled == []
    assert found.lost == []
    assert found.unasked == []
    assert found.left_in_doubt == []
    assert found.longest_doubt <= LONGEST_DOUBT
    assert found.after_the_no == []
    assert found.ledger_sound


def told(found: Delivered, processes: str, on: date) -> list[str]:
    """The section of the page."""
    kills = "; ".join(f"{number} × {what}" for what, number in sorted(found.kills.items()))
    victims = "; ".join(f"{number} × {who}" for who, number in sorted(found.victims.items()))
    spoilt = ", ".join(f"{number} {what}" for what, number in sorted(found.spoilt.items()))
    share = 100 * found.spoilt.total() / max(found.requests, 1)
    rows = [
        f"| simulated WeCom | {kind}: queued / arrived / doubled / lost | {found.queued[kind]} /"
        f" {found.arrived[kind]} / **{sum(one.startswith(kind) for one in found.doubled)}** /"
        f" **{sum(one.startswith(kind) for one in found.lost)}** |"
        for kind in ("broadcast", "card", "welcome")
    ]
    shown = ", ".join(f"{number} {kind}" for kind, number in sorted(found.shown.items()))
    minutes = found.longest_doubt.total_seconds() / 60
    return [
        f"{on.isoformat()}, {processes}. {found.kills.total()} kills in {found.seconds:.0f} s and"
        f" {found.slices} slices, each slice a bank of its own; `kill -9` by pid: {kills}; of"
        f" {victims}.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        f"| simulated WeCom | calls of it as long as there were faults / spoilt by them |"
        f" {found.requests} / {found.spoilt.total()} ({share:.0f} %) |",
        f"| simulated WeCom | faults | {spoilt} |",
        *rows,
        f"| outbox and work items | did not arrive and is before a person | {shown or '0'} |",
        f"| outbox | welcomes whose twenty seconds passed while nobody lived |"
        f" {found.expired['welcome']} |",
        f"| outbox | attempts in doubt / left in doubt at the end | {found.doubts} /"
        f" **{len(found.left_in_doubt)}** |",
        "| outbox and work items | longest doubt, simulated minutes until resolved or before a"
        f" person | **{minutes:.1f}** |",
        f"| bank and simulated WeCom | said no / sends begun after that no | {found.opted_out} /"
        f" **{len(found.after_the_no)}** |",
        f"| `gengyun verify` | entries / sound | {found.ledger_entries} /"
        f" {'yes' if found.ledger_sound else 'NO'} |",
        "",
        "Faults: 45009, -1 before and after the effect, 5xx, reset before and after, half-open, slow"
        " drip, truncated JSON, HTML with 200, empty 200, 42001. In the end every member confirms"
        " every task that WeCom has, and who was reached is counted there.",
    ]


async def in_slices(profile: str, urls: list[str], directory: Path, *, seed: int) -> Delivered:
    """As many kills as are wanted, a slice to a database; the figures together."""
    found: Delivered | None = None
    for number, url in enumerate(urls):
        kills = min(SLICE, KILLS - number * SLICE)
        place = directory / f"slice{number}"
        place.mkdir()
        proof = DeliveryProof(profile, url, place, seed=seed + number, opting=0.1)
        one = await proof.run(kills, waves=4 * kills)
        found = one if found is None else found.plus(one)
    assert found is not None
    return found


def slices() -> range:
    """The slices that make ``KILLS``."""
    return range(-(-KILLS // SLICE))


async def test_kills_of_the_embedded_server_lose_and_double_no_message(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / f'bank{number}.db'}" for number in slices()]
    found = await in_slices("sqlite", urls, tmp_path, seed=21)
    must_agree(found)
    processes = "SQLite, one process (what `gengyun serve` runs)"
    write("kill -9 in deliveries, SQLite", told(found, processes, clock.bank_date(clock.now())))


async def test_kills_of_the_production_processes_lose_and_double_no_message(
    postgresql_urls: list[str], tmp_path: Path
) -> None:
    urls = [postgresql_urls[number] for number in slices()]
    found = await in_slices("postgresql", urls, tmp_path, seed=31)
    must_agree(found)
    processes = "PostgreSQL, web, two workers and two schedulers"
    today = clock.bank_date(clock.now())
    write("kill -9 in deliveries, PostgreSQL", told(found, processes, today))
