"""A mapping file says where each field comes from; whatever it says wrongly is refused."""

from datetime import date
from pathlib import Path

import pytest

from kit.errors import InputRefused
from kit.tabular import Limits
from kit.tabular.mapping_file import read_mapping
from tests.unit.tabular.given import PEOPLE, mapped, read, written

TSV = '[file]\nformat = "tsv"\nheader = false\ncolumns = ["id", "who", "sum", "day"]\n'


def test_a_foreign_file_is_read_by_its_mapping(tmp_path: Path) -> None:
    mapping = mapped(
        tmp_path,
        TSV
        + """
[columns]
no = { expression = 'concat("B", pad(id, 4))' }
name = { from = "who", values = { J = "青年卡", "*" = "普卡" } }
amount_fen = { expression = "yuan_to_fen(sum)" }
on = { from = "day", dates = ["%d.%m.%Y"] }
attributes.kind = { constant = "card" }
attributes.next = { expression = 'add_months(date(day, "%d.%m.%Y"), 36)' }
""",
    )
    batch, opened = read(
        written(tmp_path, "7\tJ\t8095.20\t03.04.2018\n8\tG\t\t\n", "x.tsv"), mapping
    )
    assert batch.columns == {
        "no": ["B0007", "B0008"],
        "name": ["青年卡", "普卡"],
        "amount_fen": [809_520, None],
        "on": [date(2018, 4, 3), None],
        "attributes.kind": ["card", "card"],
        "attributes.next": ["2021-04-03", None],
    }
    assert opened.targets == tuple(batch.columns)


def test_a_side_table_beside_the_file_is_joined(tmp_path: Path) -> None:
    written(tmp_path, "1\tA\tD\n2\tB\tO\n2\tC\tD\n", "disp.tsv")
    mapping = mapped(
        tmp_path,
        TSV
        + """
[columns]
no = { expression = 'lookup("owner", id)' }
[lookup.owner]
path = "disp.tsv"
format = "tsv"
header = false
columns = ["account", "client", "kind"]
key = "account"
value = "client"
where = { kind = "O" }
""",
    )
    batch, _ = read(written(tmp_path, "2\t\t\t\n1\t\t\t\n", "x.tsv"), mapping)
    assert batch.keys == ["B"]
    assert [(one.code, one.line) for one in batch.rejects] == [("E-2215", 2)]


SIDE = '[columns]\nno = { expression = \'lookup("s", no, "v")\' }\n[lookup.s]\n'


@pytest.mark.parametrize(
    ("side", "content", "code", "words"),
    [
        ('path = "side.csv"\nkey = "k"', "k,v\n1,a\n1,b\n", "E-2115", "键重复"),
        ('path = "side.csv"\nkey = "k"', "k,v\n1\n", "E-2115", "坏行"),
        ('path = "side.csv"\nkey = "k"', "k,w\n1,a\n", "E-2110", "没有这一列"),
        ('path = "side.csv"\nkey = "z"', "k,v\n1,a\n", "E-2110", "z"),
        ('path = "none.csv"\nkey = "k"', "k,v\n1,a\n", "E-2101", "none.csv"),
        ('path = "../side.csv"\nkey = "k"', "k,v\n1,a\n", "E-2120", "同目录"),
        ('path = "/etc/passwd"\nkey = "k"', "k,v\n1,a\n", "E-2120", "同目录"),
        ('path = "side.csv"', "k,v\n1,a\n", "E-2120", "key"),
        ('path = "side.csv"\nkey = "k"\nwhere = { k = 1 }', "k,v\n", "E-2120", "where"),
    ],
)
def test_a_side_table_that_cannot_be_trusted_is_refused(
    tmp_path: Path, side: str, content: str, code: str, words: str
) -> None:
    written(tmp_path, content, "side.csv")
    path = written(tmp_path, "no\n1\n")
    with pytest.raises(InputRefused) as refused:
        read(path, mapped(tmp_path, SIDE + side))
    assert refused.value.code == code
    assert words in refused.value.sentence()


def test_a_side_table_may_not_lie_behind_a_link_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    written(tmp_path, "k,v\n1,a\n", "secret.csv")
    (inside / "side.csv").symlink_to(tmp_path / "secret.csv")
    path = written(inside, "no\n1\n")
    with pytest.raises(InputRefused) as refused:
        read(path, mapped(inside, SIDE + 'path = "side.csv"\nkey = "k"'))
    assert refused.value.code == "E-2115"


def test_a_side_table_too_large_for_memory_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "k,v\n" + "".join(f"{n},a\n" for n in range(50)), "side.csv")
    mapping = mapped(tmp_path, SIDE + 'path = "side.csv"\nkey = "k"')
    path = written(tmp_path, "no\n1\n")
    for limits in (Limits(side_rows=10), Limits(side_bytes=10)):
        with pytest.raises(InputRefused) as refused:
            read(path, mapping, limits)
        assert refused.value.code == "E-2115"


def test_an_undeclared_table_and_a_missing_value_column_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "no\n1\n")
    written(tmp_path, "k,v\n1,a\n", "side.csv")
    undeclared = mapped(tmp_path, "[columns]\nno = { expression = 'lookup(\"t\", no)' }")
    with pytest.raises(InputRefused, match="没有声明"):
        read(path, undeclared)
    valueless = mapped(
        tmp_path,
        "[columns]\nno = { expression = 'lookup(\"s\", no)' }\n"
        '[lookup.s]\npath = "side.csv"\nkey = "k"',
    )
    with pytest.raises(InputRefused, match="哪一列"):
        read(path, valueless)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[columns", "E-2120", "TOML"),
        ("[columns]", "E-2120", "[columns]"),
        ("note = 1", "E-2120", "[columns]"),
        ('colums = 1\n[columns]\nno = "no"', "E-2120", "colums"),
        ('[columns]\nname = "name"', "E-2120", "缺少必需字段 no"),
        ('[columns]\nno = "no"\nphone = "phone"', "E-2120", "没有字段 phone"),
        ('[columns]\nno = "no"\n"客户号" = "no"', "E-2120", "没有字段"),
        ("[columns]\nno = {}", "E-2120", "from、constant、expression"),
        ('[columns]\nno = { from = "a", constant = "b" }', "E-2120", "恰好写"),
        ('[columns]\nno = { fron = "a" }', "E-2120", "fron"),
        ("[columns]\nno = { from = 1 }", "E-2120", "from"),
        ("[columns]\nno = 1", "E-2120", "columns.no"),
        ('[columns]\nno = { from = "a", dates = "x" }', "E-2120", "dates"),
        ('[columns]\nno = { from = "a", values = ["x"] }', "E-2120", "values"),
        ('[columns]\nno = { from = "a", optional = "yes" }', "E-2120", "optional"),
        ('[columns]\nno = { expression = "eval(a)" }', "E-2121", "eval"),
        ('[columns]\nno = "a"\namount_yuan = "b"\namount_fen = "c"', "E-2120", "同一个值"),
        ('[columns]\nno = "a"\namount_yuan = { expression = "yuan_to_fen(b)" }', "E-2120", "单位是元"),
        ('[file]\nformat = "xlsx"\n[columns]\nno = "no"', "E-2120", "format"),
        ('[file]\nencoding = "latin1"\n[columns]\nno = "no"', "E-2120", "encoding"),
        ('[file]\ndelimiter = "::"\n[columns]\nno = "no"', "E-2120", "delimiter"),
        ('[file]\ndelimiter = "\\""\n[columns]\nno = "no"', "E-2120", "delimiter"),
        ('[file]\nheader = false\n[columns]\nno = "no"', "E-2120", "columns"),
        ('[file]\ncolumns = ["a"]\n[columns]\nno = "a"', "E-2120", "表头"),
        ('[file]\nheader = false\ncolumns = ["a", "a"]\n[columns]\nno = "a"', "E-2120", "重名"),
        ('[file]\nnulls = "-"\n[columns]\nno = "no"', "E-2120", "nulls"),
        ('mode = "merge"\n[columns]\nno = "no"', "E-2120", "mode"),
        ("synthetic = 1\n[columns]\nno = \"no\"", "E-2120", "synthetic"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_at_its_place(
    tmp_path: Path, text: str, code: str, words: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        mapped(tmp_path, text)
    assert refused.value.code == code
    assert words in refused.value.sentence()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'kind = "units"\nsource = "x"\n[columns]\nno = "no"', "E-2120"),
        (b'kind = "people"\n[columns]\nno = "no"', "E-2120"),
        (b"\xff\xfe", "E-2120"),
        (b"# " + b"x" * 2_000_000, "E-2120"),
        (b"a = " + b"[" * 5_000, "E-2120"),
        (None, "E-2101"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(
    tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "people.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputRefused) as refused:
        read_mapping(path, PEOPLE)
    assert refused.value.code == code


def test_a_missing_column_guesses_the_misspelt_one(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, '[columns]\nno = "client_id"')
    with pytest.raises(InputRefused, match="clinet_id"):
        read(written(tmp_path, "clinet_id,name\n1,a\n"), mapping)


def test_an_optional_column_may_be_missing_and_others_are_ignored(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, '[columns]\nno = "id"\nname = { from = "who", optional = true }')
    batch, _ = read(written(tmp_path, "id,extra\n1,a\n"), mapping)
    assert batch.columns == {"no": ["1"]}


def test_declared_columns_that_do_not_fit_the_file_are_refused(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, TSV + '[columns]\nno = "id"')
    with pytest.raises(InputRefused) as refused:
        read(written(tmp_path, "1\t2\t3\n4\t5\t6\n", "x.tsv"), mapping)
    assert refused.value.code == "E-2109"


def test_a_supplement_needs_only_the_key(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, 'mode = "supplement"\nsynthetic = true\n[columns]\nno = "no"')
    assert (mapping.supplement, mapping.synthetic) == (True, True)
