"""What is refused at the command line says why, with a code and an exit code."""

import asyncio
import zipfile
from pathlib import Path

from sqlalchemy import update
from sqlmodel import col

from archive.evidence import verify as verifier
from kit.db import Database
from kit.ledger.models import LedgerEntry
from tests.conftest import CIPHER
from tests.flows.commands.conftest import MAPS, Operator


def test_a_date_that_is_none_is_refused(operator: Operator) -> None:
    said = operator.run("plan", "--date", "明天", code=2)
    assert said.one["error"]["code"] == "E-2050"
    assert "2026-11-22" in said.people


def test_a_folder_without_the_banks_clients_cannot_be_adopted(
    operator: Operator, tmp_path: Path
) -> None:
    said = operator.run("simulate", "adopt", tmp_path / "nowhere", tmp_path / "out", code=2)
    assert said.one["error"]["code"] == "E-2053"
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_is_refused(operator: Operator, tmp_path: Path) -> None:
    said = operator.run("screen", tmp_path / "none.jsonl", code=2)
    assert said.one["error"]["code"] == "E-2052"


def test_an_unreachable_wecom_ends_the_sync_without_a_traceback(operator: Operator) -> None:
    operator.bring("units", MAPS / "head-office.csv")
    said = operator.run("sync", code=1)
    assert "Traceback" not in said.people
    assert said.people.strip()


def test_an_evidence_pack_is_verified_and_an_edited_one_refused(
    operator: Operator, tmp_path: Path
) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    for name, data in verifier.vector_pack().items():
        (sound / name).write_bytes(data)
    assert operator.run("verify", "--pack", sound).one["messages"] == 1
    with zipfile.ZipFile(tmp_path / "edited.zip", "w") as edited:
        for name, data in verifier.vector_pack().items():
            edited.writestr(name, data.replace("周阿姨".encode(), "王阿姨".encode()))
    said = operator.run("verify", "--pack", tmp_path / "edited.zip", code=3)
    assert said.one["error"]["code"] == "E-6011"
    missing = operator.run("verify", "--pack", tmp_path / "none.zip", code=2)
    assert missing.one["error"]["code"] == "E-2052"


def test_a_changed_ledger_is_named_and_ends_with_code_three(
    operator: Operator, database_url: str
) -> None:
    operator.bring("units", MAPS / "head-office.csv")
    assert operator.run("verify").one["sound"] is True

    async def tamper() -> None:
        database = Database(database_url, CIPHER)
        async with database.transaction() as session:
            await session.execute(
                update(LedgerEntry).where(col(LedgerEntry.seq) == 1).values(actor="staff:nobody")
            )
        await database.close()

    asyncio.run(tamper())
    said = operator.run("verify", code=3)
    report = said.rows[0]
    assert report["sound"] is False
    assert report["faults"]
    assert report["faults"][0]["entry"] in said.people
