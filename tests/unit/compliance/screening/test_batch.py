"""One bad line never stops the others."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.screening import Screener
from compliance.screening.batch import LONGEST_TEXT, screen_lines


def _line(**fields: object) -> str:
    return json.dumps({"id": "1", "text": "您好", "speaker": "manager", "product": None} | fields)


def test_a_line_gets_a_verdict_with_its_own_id(screener: Screener) -> None:
    [good] = screen_lines([_line(id="M-7", text="这期是保本的")], screener)
    assert good["id"] == "M-7"
    assert good["verdict"] == "block"
    assert good["hits"][0]["span"] == [2, 6]
    assert good["rewrite"]
    json.dumps(good)


def test_each_mistake_is_named_and_the_rest_goes_on(screener: Screener) -> None:
    lines = [
        "not json", "[1]", json.dumps({"id": "a"}), _line(id="b", text=3), _line(id="c", speaker="boss"),
        _line(id="d", speaker=["manager"]), _line(id="e", product=[]), _line(id="f", text="长" * (LONGEST_TEXT + 1)),
        "", _line(id="good"),
    ]  # fmt: skip
    answers = list(screen_lines(lines, screener))
    codes = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert codes == ["E-2611", "E-2611", "E-2612", "E-2613", "E-2615", "E-2615", "E-2616", "E-2614"]
    assert [answer["id"] for answer in answers] == [1, 2, "a", "b", "c", "d", "e", "f", "good"]
    assert answers[-1]["verdict"] == "pass"
    assert "第5行" in answers[4]["error"]["message"]


def test_a_product_we_do_not_know_is_no_reason_to_refuse(screener: Screener) -> None:
    [answer] = screen_lines([_line(product="trust")], screener)
    assert answer["verdict"] == "pass"


def test_half_a_surrogate_pair_is_only_a_strange_character(screener: Screener) -> None:
    [answer] = screen_lines(['{"id": 1, "text": "保\\ud800本", "speaker": "manager"}'], screener)
    assert "error" not in answer


@given(st.lists(st.text(max_size=40), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_rubbish_yields_one_answer_a_line(screener: Screener, lines: list[str]) -> None:
    answers = list(screen_lines(lines, screener))
    assert len(answers) == sum(bool(line.strip()) for line in lines)
    assert all(("verdict" in answer) != ("error" in answer) for answer in answers)
