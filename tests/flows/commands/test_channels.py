"""At the command line: which channel a contact takes and why, and what customers say of channels."""

from pathlib import Path

import pytest

from tests.flows.commands.conftest import Operator


def _file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.mission("C7")
def test_the_rule_picks_the_channel_and_says_why(operator: Operator, tmp_path: Path) -> None:
    operator.bring("units", _file(tmp_path, "units.csv", "unit_id,name", "01,翠湖支行"))
    customers = ["customer_no,name,unit_id,phone", "6200000001,周敏,01,13800000001"]
    operator.bring("customers", _file(tmp_path, "customers.csv", *customers))
    found = operator.run("channel", "choose", "6200000001").one
    assert found["channel"] == "phone"
    assert "没有企业微信好友关系" in found["reason"].replace("和管户经理", "")
    assert found["refused"] == [
        {"channel": "todo", "why": "no_relation"},
        {"channel": "sms", "why": "no_sender"},
    ]
    operator.run("channel", "say", "6200000001", "phone", "refuses", "--source", "柜面")
    found = operator.run("channel", "choose", "6200000001").one
    assert (found["channel"], found["refuses"]) == ("outlet", ["phone"])
    operator.run("channel", "say", "6200000001", "phone", "clear", "--source", "柜面")
    assert operator.run("channel", "choose", "6200000001").one["channel"] == "phone"
    found = operator.run("channel", "choose", "6200000001", "--act", "风险测评").one
    assert found["channel"] == "outlet"
    found = operator.run("channel", "choose", "6200000001", "--general").one
    assert found["channel"] == "nobody"
    for wrong in (
        ("say", "6200000001", "信鸽", "refuses", "--source", "柜面"),
        ("say", "6200000001", "sms", "也许", "--source", "柜面"),
        ("choose", "6200000001", "--purpose", "闲聊"),
    ):
        refused = operator.run("channel", *wrong, code=2)
        assert refused.one["error"]["code"] == "E-2054"
