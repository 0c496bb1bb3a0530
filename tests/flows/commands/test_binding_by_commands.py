"""Links at the command line: bind, verify, a mismatch becomes work, undo, merge."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app
from config.settings import load
from delivery import worklist
from tests.flows.crm_sync import bank
from wiring.parts import build


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An embedded installation: li is the friend, wang the owner of customer A."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/bank.db"
    settings = {
        "GENGYUN_ENVIRONMENT": "test",
        "GENGYUN_DATABASE_URL": url,
        "GENGYUN_DATA_DIR": str(tmp_path),
        "GENGYUN_WECOM__API_BASE": "http://127.0.0.1:9",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert _run("migrate").exit_code == 0

    async def fill() -> None:
        parts = await build(load(settings))
        try:
            async with parts.databases.bank.transaction() as session:
                await bank.units(session)
                for staff_id in ("li", "wang"):
                    await bank.staff(session, staff_id)
                await bank.customer(session, "A", owner="wang")
                for external in ("wm-1", "wm-2"):
                    await bank.contact(session, external)
                    await bank.relation(session, "li", external)
        finally:
            await parts.close()

    asyncio.run(fill())
    return tmp_path


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, ["--json", *words])


def _rows(*words: str) -> list[dict[str, Any]]:
    said = _run(*words)
    assert said.exit_code == 0, said.output
    return [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]


async def _open_work() -> list[str]:
    parts = await build(load())
    try:
        async with parts.databases.bank.reading() as session:
            return [one.kind for one in await worklist.work_items(session, units=None)]
    finally:
        await parts.close()


@pytest.mark.mission("C1")
@pytest.mark.usefixtures("place")
def test_bind_then_verify_then_a_mismatch_is_work_then_undo() -> None:
    [bound] = _rows("bind", "confirm", "wm-1", "A", "--reason", "到店核对身份证")
    assert bound == {"state": "confirmed", "owner_mismatch": True}
    [listed] = _rows("bind", "list", "--state", "confirmed")
    assert (listed["external_userid"], listed["customer_no"], listed["method"]) == (
        "wm-1",
        "A",
        "hand",
    )
    [mismatch] = _rows("bind", "list", "--state", "mismatch")
    assert (mismatch["owner_staff_id"], mismatch["follower_staff_ids"]) == ("wang", ["li"])
    assert asyncio.run(_open_work()) == ["owner_mismatch"]
    [merged] = _rows("bind", "merge", "wm-1", "wm-2", "--reason", "两个微信同一人")
    assert (merged["primary"], merged["second"]) == ("wm-1", "wm-2")
    assert _rows("bind", "undo", "wm-1", "--reason", "绑错了") == [{"undone": "wm-1"}]
    assert asyncio.run(_open_work()) == []
    assert {one["external_userid"] for one in _rows("bind", "list", "--state", "confirmed")} == {
        "wm-2"
    }
    assert _rows("verify")[0]["sound"] is True


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list", "--state", "nothing"), "E-7010"),
        (("confirm", "wm-1", "NOBODY", "--reason", "x"), "E-3213"),
        (("confirm", "wm-9", "A", "--reason", "x"), "E-3211"),
        (("confirm", "wm-1", "A", "--reason", " "), "E-3310"),
        (("undo", "wm-1", "--reason", "x"), "E-3310"),
        (("merge", "wm-1", "wm-1", "--reason", "x"), "E-3311"),
        (("merge", "wm-1", "wm-2", "--reason", "x"), "E-3311"),
    ],
)
def test_bad_input_is_refused_with_its_code(words: tuple[str, ...], code: str) -> None:
    said = _run("bind", *words)
    assert said.exit_code == 2
    assert json.loads(said.stdout.splitlines()[-1])["error"]["code"] == code
