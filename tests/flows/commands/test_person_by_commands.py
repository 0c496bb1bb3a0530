"""One person's data at the command line: two people, what the law keeps, and a person's return."""

import asyncio
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app
from config.settings import load
from tests.flows.crm_sync import bank
from wiring.parts import build

pytestmark = pytest.mark.mission("C6")
BASIS = "客户持身份证到网点书面申请"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An embedded installation: customer A, two compliance officers and somebody else."""
    monkeypatch.chdir(tmp_path)
    settings = {
        "GENGYUN_ENVIRONMENT": "test",
        "GENGYUN_DATABASE_URL": f"sqlite:///{tmp_path}/bank.db",
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
                for staff_id, role in (("he", "compliance"), ("luo", "compliance"), ("li", "rm")):
                    await bank.staff(session, staff_id)
                    await bank.grant(session, staff_id, role, "hq")
                number = await bank.reached_customer(
                    session, "A", owner="li", phone="13800000001", aum_fen=100
                )
                await bank.holding(session, number, "H1", "deposit", product_name="整存整取")
        finally:
            await parts.close()

    asyncio.run(fill())
    return tmp_path


def _run(*words: str, plain: bool = False) -> Any:
    return CliRunner().invoke(app, [*([] if plain else ["--json"]), *words])


def _said(*words: str) -> dict[str, Any]:
    said = _run(*words)
    assert said.exit_code == 0, said.output
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def _refused(code: str, *words: str) -> None:
    said = _run(*words)
    assert (said.exit_code, code in said.output) == (2, True), said.output


def _import(place: Path) -> Any:
    file = place / "customers.csv"
    file.write_text("customer_no,name,phone,unit_id\nA,客户A,13800000001,0101\n", "utf-8")
    return _run("import", "customers", str(file), "--partial")


def test_an_export_is_a_file_of_the_whole_person_for_those_who_may(place: Path) -> None:
    out = place / "a.zip"
    export = ("person", "export", "A", "--out", str(out))
    _refused("E-7510", *export, "--by", "li", "--basis", BASIS)
    _refused("E-7505", *export, "--by", "he", "--basis", "是")
    _refused("E-7501", "person", "export", "B", "--out", str(out), "--by", "he", "--basis", BASIS)
    assert not out.exists()
    told = _said(*export, "--by", "he", "--basis", BASIS)
    assert told["bytes"] == out.stat().st_size
    with zipfile.ZipFile(out) as held:
        assert sorted(held.namelist()) == ["个人信息.json", "封面.html"]
        assert "整存整取" in held.read("个人信息.json").decode()
        assert "依法保留" in held.read("封面.html").decode()


def test_two_people_erase_the_law_is_named_and_only_the_person_comes_back(place: Path) -> None:
    _refused("E-7510", "person", "erase", "A", "--by", "li", "--basis", BASIS)
    number = _said("person", "erase", "A", "--by", "he", "--basis", BASIS)["request"]
    _refused("E-7504", "person", "approve", number, "--by", "he")
    assert _said("person", "export", "A", "--out", "still.zip", "--by", "he", "--basis", BASIS)
    done = _run("person", "approve", number, "--by", "luo", plain=True)
    assert done.exit_code == 0, done.output
    assert "已办结" in done.output
    assert "依法保留" in done.output
    assert "年，" in done.output  # how long, by which law
    _refused("E-7503", "person", "approve", number, "--by", "luo")
    _refused("E-7501", "person", "export", "A", "--out", "x.zip", "--by", "he", "--basis", BASIS)
    assert "E-2237" in _import(place).output

    back = ("person", "readmit", "A", "--by", "he", "--basis")
    _refused("E-7501", "person", "readmit", "B", "--by", "he", "--basis", BASIS)
    _refused("E-7505", *back, "来")
    again = _said(*back, "客户本人到网点重新开户并书面同意")["request"]
    _refused("E-7504", "person", "approve", again, "--by", "he")
    assert "E-2237" in _import(place).output  # nothing changes before the second person
    assert _said("person", "approve", again, "--by", "luo")["state"] == "done"
    assert _import(place).exit_code == 0
    out = place / "new.zip"
    assert _said("person", "export", "A", "--out", str(out), "--by", "he", "--basis", BASIS)
    with zipfile.ZipFile(out) as held:
        data = held.read("个人信息.json").decode()
    assert "整存整取" not in data  # a new record; the old one stays erased
    assert "wm-A" not in data
    _refused("E-7501", "person", "readmit", "A", "--by", "he", "--basis", BASIS)
