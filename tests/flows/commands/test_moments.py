"""``gengyun moment``: proposed, approved by another, the visible list checked at WeCom, stopped."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from config.settings import load
from kit.clock import bank_date, now
from tests.flows.commands.conftest import Operator, simulated_wecom
from tests.flows.crm_sync import bank
from tests.flows.delivery.showing import mothers, script
from wiring.parts import build

from simulator.bank.adopt import CORP  # isort: skip

OTHER_TAG = "etvisible1"
WORLD = [
    {
        "corp": CORP,
        "departments": [{"id": 1, "name": "青禾银行", "parentid": 0}],
        "members": [
            {"userid": "limin", "name": "李敏", "departments": [1]},
            {"userid": "zhengkai", "name": "郑凯", "departments": [1]},
        ],
        "tags": [{"name": "朋友圈可见名单", "tags": [{"id": OTHER_TAG, "name": "可见1125-ab"}]}],
        "customers": [
            {
                "external_userid": f"wm-{name}",
                "name": name,
                "followers": [{"userid": owner, "tags": tags}],
            }
            for name, owner, tags in (
                ("C1", "limin", [OTHER_TAG]),
                ("C2", "limin", []),
                ("C3", "zhengkai", [OTHER_TAG]),
            )
        ],
    }
]


async def _bank(operator: Operator) -> dict[str, int]:
    parts = await build(load(operator.env))
    try:
        ids = await mothers(parts.databases.bank)
        await script(parts.databases.bank)
        async with parts.databases.bank.transaction() as session:
            for staff_id in ("wangshan", "hejing"):
                await bank.staff(session, staff_id, unit_id="hq")
                await bank.grant(session, staff_id, "ops", "hq")
        return ids
    finally:
        await parts.close()


async def _listed(operator: Operator, number: int, readers: dict[str, str]) -> None:
    """The moment's list as it would stand, with the tag that the simulated WeCom has."""
    parts = await build(load(operator.env))
    ids = await _ids(operator)
    try:
        async with parts.databases.bank.transaction() as session:
            await session.execute(
                text("UPDATE moment_task SET tag_id = :tag WHERE id = :id"),
                {"tag": OTHER_TAG, "id": number},
            )
            await session.execute(text("DELETE FROM moment_reader"))
            for name, owner in readers.items():
                await session.execute(
                    text(
                        "INSERT INTO moment_reader (task_id, customer_id, external_userid, userid,"
                        " staff_id, unit_id, key, purpose, script_version_id, state, reasons)"
                        " VALUES (:task, :id, :contact, :owner, :owner, '0101', :key, 'care', 1,"
                        " 'planned', '')"
                    ),
                    {"task": number, "id": ids[name], "contact": f"wm-{name}", "owner": owner, "key": name},
                )  # fmt: skip
    finally:
        await parts.close()


async def _ids(operator: Operator) -> dict[str, int]:
    parts = await build(load(operator.env))
    try:
        async with parts.databases.bank.reading() as session:
            found = await session.execute(text("SELECT customer_no, id FROM customer"))
            return {number: one for number, one in found}  # noqa: C416
    finally:
        await parts.close()


@pytest.mark.mission("F6")
def test_a_moment_lives_by_commands_alone_and_its_visible_list_is_its_tag(
    operator: Operator,
) -> None:
    operator.run("migrate")
    asyncio.run(_bank(operator))
    day = bank_date(now()) + timedelta(days=2)
    asked = (
        "moment", "propose", "--title", "晚安一句", "--script", "moment.mum", "--persona", "宝妈",
        "--from", f"{day}T10:30", "--to", f"{day}T17:00",
    )  # fmt: skip

    def refused(code: str, *words: str, ends: int = 2) -> None:
        said = operator.run(*words, code=ends)
        assert said.one["error"]["code"] == code, words

    refused("E-5120", *asked, "--by", "limin")  # a manager has no such office
    refused("E-5120", *asked, "--by", "wangshan", "--segment", "due")
    nothing = ["moment.nothing" if one == "moment.mum" else one for one in asked]
    refused("E-5120", *nothing, "--by", "wangshan")
    refused("E-2051", *asked[:-1], "heute", "--by", "wangshan")
    made = operator.run(*asked, "--by", "wangshan").one
    number = str(made["task_id"])
    assert made["preview"] == {"audience": 4, "looked": 4, "passed": 4, "reasons": {}}
    decide = ("moment", "decide", number, "--approve", "--opinion", "可以", "--by")
    refused("E-5122", *decide, "wangshan", ends=1)
    assert operator.run(*decide, "hejing").one == {"task_id": int(number), "state": "approved"}
    refused("E-5123", *decide, "hejing")
    refused("E-5121", "moment", "show", "404")
    [row] = operator.run("moment", "list").rows
    assert (row["title"], row["state"], row["readers"]) == ("晚安一句", "approved", {})
    assert operator.run("moment", "show", number).one["parts"] == []
    with simulated_wecom(_state(operator)) as base:
        asyncio.run(_listed(operator, int(number), {"C1": "limin", "C3": "zhengkai"}))
        same = operator.run("moment", "check", number, GENGYUN_WECOM__API_BASE=base).one
        assert (same["same"], same["visible"]) == (True, 2)
        visible = operator.run("moment", "visible", number).rows
        assert [one["customer_no"] for one in visible] == ["C1", "C3"]
        asyncio.run(_listed(operator, int(number), {"C1": "limin", "C2": "limin"}))
        differs = operator.run("moment", "check", number, code=3, GENGYUN_WECOM__API_BASE=base).one[
            "error"
        ]
        assert differs["code"] == "E-5124"
        assert differs["saw"] == "名单外 0 位，名单上没有标签 1 位"
    stop = ("moment", "stop", number, "--reason", "不再需要", "--by", "hejing")
    assert operator.run(*stop).one["state"] == "stopped"
    refused("E-5123", *stop)


def _state(operator: Operator) -> Path:
    path = operator.folder / "wecom.json"
    path.write_text(json.dumps(WORLD, ensure_ascii=False), encoding="utf-8")
    return path
