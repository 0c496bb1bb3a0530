"""Touches over other channels land in the one log, once; a wrong one is made void."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from delivery.models import Touch
from kit.db import Database
from kit.errors import InputRefused
from tests.flows.imports.given import LATER, bring, bring_bank, rows
from wiring.importing import land_touches

pytestmark = pytest.mark.anyio

HEADER = "触达号,客户号,工号,渠道,时间,用途,办理事项,结果,作废\n"
FILE = (
    HEADER + "T1,620001,003127,电话,2026-11-20 10:20:00,服务,回访,没有成交,\n"
    "T2,620001,,短信,2026-11-19,营销,,,\n"
    "T3,620002,,网点,2026-11-18 09:00:00,,双录,,0\n"
    "T4,999,,网点,2026-11-18,,,,\n"
    "T5,620002,777777,电话,2026-11-18,,,,\n"
    "T6,620002,,信鸽,2026-11-18,,,,\n"
)


@pytest.mark.mission("C8")
async def test_touches_of_every_channel_land_in_one_log_once(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    report = await bring(database, "touches", FILE, tmp_path, land_touches=land_touches)
    assert [(one.line, one.code, one.column) for one in report.rejects] == [
        (5, "E-2233", "customer_no"),
        (6, "E-2232", "staff_id"),
        (7, "E-2210", "channel"),
    ]
    assert (report.counts.added, report.counts.unchanged) == (3, 0)
    first, second, third = await rows(database, Touch)
    assert first["at"] == datetime(2026, 11, 20, 2, 20, tzinfo=UTC)
    assert {name: first[name] for name in ("source", "staff_id", "unit_id", "channel")} == {
        "source": "file:T1",
        "staff_id": "003127",
        "unit_id": first["unit_id"],
        "channel": "phone",
    }
    assert first["unit_id"]
    assert (first["purpose"], first["act"], first["outcome"], first["state"]) == (
        "service",
        "回访",
        "no_deal",
        "recorded",
    )
    assert (second["channel"], second["purpose"]) == ("sms", "marketing")
    assert (third["channel"], third["act"], third["purpose"]) == ("branch", "双录", "service")
    again = await bring(database, "touches", FILE, tmp_path, at=LATER, land_touches=land_touches)
    assert (again.counts.added, again.counts.unchanged) == (0, 3)
    assert len(await rows(database, Touch)) == 3


async def test_a_wrong_touch_is_made_void_by_its_number(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    await bring(database, "touches", FILE, tmp_path, land_touches=land_touches)
    void = HEADER + "T1,620001,003127,电话,2026-11-20 10:20:00,服务,回访,没有成交,1\n"
    await bring(database, "touches", void, tmp_path, at=LATER, land_touches=land_touches)
    first = (await rows(database, Touch))[0]
    assert (first["state"], first["outcome"]) == ("void", "")


async def test_touches_need_somebody_who_lands_them(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    with pytest.raises(InputRefused) as refused:
        await bring(database, "touches", FILE, tmp_path)
    assert refused.value.code == "E-2303"
