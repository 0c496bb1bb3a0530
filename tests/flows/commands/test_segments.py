"""``gengyun segment``: saved, listed, shown, counted, explained; what is wrong is refused with a code."""

import json
from pathlib import Path

import pytest

from tests.flows.commands.conftest import ROOT, Operator

KINDS = ("units", "staff", "products", "customers", "holdings", "assignments")
ME = "000101"


def _rule(folder: Path, said: object) -> Path:
    path = folder / "rule.json"
    path.write_text(json.dumps(said) if not isinstance(said, str) else said, encoding="utf-8")
    return path


@pytest.mark.mission("D14")
def test_a_segment_lives_by_commands_alone(operator: Operator, tmp_path: Path) -> None:
    operator.run("migrate")
    for kind in KINDS:
        operator.bring(kind, ROOT / "samples" / f"{kind}.csv")
    operator.run("users", "grant", ME, "ops", "--unit", "hq")
    assert operator.run("segment", "list").rows == []
    said = ("--title", "到期", "--reason", "四季度", "--by", ME)
    saved = operator.run(
        "segment", "save", "due", *said, "--template", "deposit-due", "--set", "days=60"
    ).one
    assert (saved["version"], "60 天内到期" in saved["sentence"]) == (1, True)
    elders = _rule(tmp_path, {"dim": "age", "op": "ge", "value": 60})
    again = operator.run("segment", "save", "due", *said, "--rule", elders).one
    assert again == {"code": "due", "version": 2, "sentence": "满 60 岁"}
    [row] = operator.run("segment", "list").rows
    assert (row["code"], row["state"], row["version"]) == ("due", "draft", 2)
    shown = operator.run("segment", "show", "due").one
    assert [one["number"] for one in shown["versions"]] == [2, 1]
    assert shown["versions"][0]["by"] == f"staff:{ME}"
    counted = operator.run("segment", "count", "due").one["customers"]
    assert counted == operator.run("segment", "count", "--rule", elders).one["customers"] > 0
    told = operator.run("segment", "explain", "6200000001", "due").one
    assert told["member"] is True
    assert "满 60 岁" in told["why"][0]

    def refused(code: str, *words: str | Path) -> None:
        ended = operator.run("segment", *words, code=2)
        assert ended.one["error"]["code"] == code, words
        assert "Traceback" not in ended.people

    refused("E-3291", "show", "nothing")
    refused("E-3291", "count", "nothing")
    refused("E-2420", "count")
    refused("E-3213", "explain", "404", "due")
    refused("E-2420", "count", "--rule", tmp_path / "none.json")
    refused("E-2420", "save", "x", *said)
    refused("E-2420", "save", "x", *said, "--template", "nobody")
    refused("E-2420", "save", "x", *said, "--template", "deposit-due", "--set", "days=soon")
    refused("E-2420", "save", "x", *said, "--template", "deposit-due", "--set", "weeks=3")
    refused("E-2420", "count", "--rule", _rule(tmp_path, {"dim": "zodiac", "op": "is"}))
    refused("E-2420", "count", "--rule", _rule(tmp_path, "{"))
    ill = {"dim": "occupation", "op": "contains", "value": ["糖尿病"]}
    refused("E-2421", "count", "--rule", _rule(tmp_path, ill))
    refused("E-3322", "save", "BAD CODE", *said, "--template", "deposit-due")
    refused("E-3322", "save", "due", *said, "--rule", _rule(tmp_path, shown["conditions"]))
    clerk = ("--title", "到期", "--reason", "四季度", "--by", "003127")
    refused("E-3322", "save", "y", *clerk, "--template", "deposit-due")
    assert len(operator.run("segment", "list").rows) == 1
