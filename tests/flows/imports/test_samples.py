"""The sample files import as they are, and their bad twins give exactly the promised reports."""

from pathlib import Path

import pytest

from compliance.service import give_consents
from config.policy_shelf import Shelf
from crm_sync.imports import LAYOUTS, ImportReport
from crm_sync.models import Customer
from kit.db import Database
from simulator.bank.mistakes import MISTAKES
from simulator.bank.samples import write_samples
from tests.flows.imports.given import bring, rows
from wiring.importing import land_complaints, land_touches

pytestmark = pytest.mark.anyio

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


async def bring_samples(
    database: Database, folder: Path, suffix: str = ""
) -> dict[str, ImportReport]:
    return {
        kind: await bring(
            database,
            kind,
            SAMPLES / f"{kind}{suffix}.csv",
            folder,
            land_consents=give_consents,
            land_touches=land_touches,
            land_complaints=land_complaints(Shelf()),
            manifest=None if suffix else SAMPLES / "manifest.json",
        )
        for kind in LAYOUTS
        if not suffix or kind in MISTAKES
    }


async def test_the_samples_import_without_a_rejected_line(
    database: Database, tmp_path: Path
) -> None:
    reports = await bring_samples(database, tmp_path)
    assert {kind: report.counts.rejected for kind, report in reports.items()} == dict.fromkeys(
        LAYOUTS, 0
    )
    assert len(await rows(database, Customer)) == 60


async def test_each_bad_twin_reports_its_ten_mistakes_and_loses_nothing(
    database: Database, tmp_path: Path
) -> None:
    planted = write_samples(tmp_path / "samples")
    await bring_samples(database, tmp_path)
    before = await rows(database, Customer)
    for kind, mistakes in planted.items():
        report = await bring(
            database, kind, SAMPLES / f"{kind}-bad.csv", tmp_path, land_consents=give_consents
        )
        found = [(one.line, str(one.code)) for one in report.rejects]
        assert found == [(line, mistake.code) for line, mistake in mistakes], kind
        assert (report.counts.added, report.counts.updated, report.counts.removed) == (0, 0, 0), (
            kind
        )
        assert all(one.reason for one in report.rejects)
    assert await rows(database, Customer) == before


def test_the_samples_are_what_the_seed_gives(tmp_path: Path) -> None:
    write_samples(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [
        name for name in names if (tmp_path / name).read_bytes() != (SAMPLES / name).read_bytes()
    ] == []
