"""What WeCom refuses, endpoint by endpoint, and with which code."""

import ast
import csv
from pathlib import Path

import pytest

from simulator.wecom.catalogue import ENDPOINTS
from tests.contracts.simulator.bench import ARCHIVE, DIRECTORY, LI, MAIN, ZHAO, Bench, Json
from tests.contracts.simulator.cursored import CURSORED
from tests.contracts.simulator.not_asked import NOT_ASKED
from tests.contracts.simulator.refusals import REFUSALS, Ask
from tests.contracts.simulator.shapes import SAMPLES

pytestmark = pytest.mark.anyio

KINDS = ("over", "type", "unknown")
CASES = [(path, kind) for path in sorted(REFUSALS) for kind in sorted(REFUSALS[path])]
OLD_PAGES = {43001, 43002}
OURS = {99999}
ROOT = Path(__file__).parents[3]


def _agent(path: str) -> int:
    return {"archive": ARCHIVE, "ids": DIRECTORY}.get(ENDPOINTS[path].right, MAIN)


async def _made(bench: Bench, ask: Ask) -> Json:
    return dict(ask) if isinstance(ask, dict) else await ask(bench)


async def _code(bench: Bench, path: str, asked: Json) -> int:
    if ENDPOINTS[path].method == "GET":
        return await bench.code(path, agent=_agent(path), **asked)
    return await bench.code(path, asked, agent=_agent(path))


def test_every_endpoint_is_asked_for_everything_or_says_why_not() -> None:
    for path in ENDPOINTS:
        asked = set(REFUSALS.get(path, {}))
        excused = set(NOT_ASKED.get(path, {}))
        assert asked | excused == set(KINDS), path
        assert not asked & excused, path


def test_every_endpoint_with_a_cursor_is_tried_with_a_foreign_one() -> None:
    assert {
        path for path, endpoint in ENDPOINTS.items() if "cursor" in endpoint.model.model_fields
    } == set(CURSORED)


def _raised_codes() -> set[int]:
    """Every number that the simulator's source gives to Refused."""
    found: set[int] = set()
    for path in (ROOT / "simulator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Refused":
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant):
                found.add(int(str(code.value)))
    return found


def test_every_code_refused_with_stands_in_the_official_list() -> None:
    rows = (SAMPLES.parent / "errcodes.csv").read_text(encoding="utf-8").splitlines()
    official = {int(row["errcode"]) for row in csv.DictReader(rows)}
    expected = {code for entry in REFUSALS.values() for _, code in entry.values()}
    raised = _raised_codes()
    assert len(raised) > 80
    assert (expected | raised) - OLD_PAGES - OURS <= official


@pytest.mark.parametrize(("path", "kind"), CASES)
async def test_a_bad_request_is_refused_with_the_documented_code(
    bench: Bench, path: str, kind: str
) -> None:
    ask, expected = REFUSALS[path][kind]
    assert await _code(bench, path, await _made(bench, ask)) == expected


@pytest.mark.parametrize("path", sorted(CURSORED))
async def test_a_cursor_of_another_call_is_refused(bench: Bench, path: str) -> None:
    if path.endswith("resigned/transfer_result"):
        await bench.act("resign", userid=LI)
    await bench.sim("groups", [{"owner": ZHAO, "name": "二群"}])
    first = await bench.ok("externalcontact/groupchat/list", {"limit": 1})
    asked = await _made(bench, CURSORED[path])
    assert await _code(bench, path, {**asked, "cursor": first["next_cursor"]}) == 50100
    assert await _code(bench, path, {**asked, "cursor": "no cursor at all"}) == 50100
    assert await _code(bench, path, {**asked, "cursor": ""}) == 0
