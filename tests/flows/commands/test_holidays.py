"""The bank's calendar from a file: 放假 and 调休 land whole, or the line at fault is named."""

from pathlib import Path

import pytest

from tests.flows.commands.conftest import Operator

GOOD = (
    "日期,类别,名称,来源\n2027-02-06,放假,春节,国办发明电〔2026〕x 号\n"
    "2027-02-20,调休上班,春节调休,国办发明电〔2026〕x 号\n\n2027-02-07,holiday,春节,同上\n"
)


@pytest.fixture
def bank(operator: Operator) -> Operator:
    operator.run("migrate")
    return operator


def test_a_notice_is_imported_and_a_line_at_fault_is_named_and_nothing_lands(
    bank: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "holidays.csv"
    file.write_text(GOOD, "utf-8-sig")
    assert bank.run("import", "holidays", file).one == {"days": 3}
    for content, words in (
        (GOOD.replace("2027-02-20", "2027-2-30"), ("日期写不清", "2027-2-30", "第 3 行")),
        (GOOD.replace("调休上班", "换休"), ("类别不认识", "换休", "第 3 行")),
        (GOOD.replace(",同上", ","), ("没有写来源", "第 5 行")),
        (GOOD.replace("来源", "备注"), ("缺列：source", "第 1 行")),
        ("", ("缺列", "空文件")),
        (GOOD.encode("utf-16"), ("读不了",)),
    ):
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        said = bank.run("import", "holidays", file, code=2)
        text = said.people + "".join(map(str, said.rows))
        assert "E-4102" in text
        for word in words:
            assert word in text, (word, text)
