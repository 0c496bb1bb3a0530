"""CSV and TSV as banks send them, and as they must not be sent."""

import hashlib
from pathlib import Path

import pytest

from kit.errors import InputRefused
from kit.tabular import Limits
from tests.unit.tabular.given import mapped, read, written

GOOD = "no,name,amount_yuan,on\n0001,周桂兰,200000.00,2026-11-23\n0002,陈建国,,\n"
ROWS = {
    "no": ["0001", "0002"],
    "name": ["周桂兰", "陈建国"],
    "amount_fen": [20_000_000, None],
}


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("gb18030"),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.replace(",", "\t").encode(),
        GOOD.replace(",", ";").encode(),
        GOOD.replace(",", "|").encode(),
        GOOD.replace("\n", "\n\n").encode(),
        GOOD.rstrip().encode(),
        GOOD.replace("no,name,amount_yuan,on", "客户号,姓名,金额（元）,日期").encode(),
        GOOD.replace("no,name,amount_yuan,on", " no ,name , amount_yuan,on").encode(),
        GOOD.replace("周桂兰", '"周桂兰"').encode(),
        GOOD.replace("\n", ",#x\n").replace("on,#x", "on,#原因").encode(),
    ],
    ids=[
        "utf8",
        "bom",
        "gb18030",
        "crlf",
        "cr",
        "tab",
        "semicolon",
        "bar",
        "blank-lines",
        "no-end",
        "chinese-header",
        "spaces",
        "quoted",
        "marks",
    ],
)
def test_the_same_rows_come_out_of_every_honest_form(tmp_path: Path, content: bytes) -> None:
    batch, opened = read(written(tmp_path, content))
    assert {name: batch.columns[name] for name in ROWS} == ROWS
    assert batch.keys == ["0001", "0002"]
    assert (opened.rows, batch.rejects) == (2, [])


def test_gb18030_beyond_gbk_is_read(tmp_path: Path) -> None:
    batch, opened = read(written(tmp_path, "no,name\n1,𠮷䶮\n".encode("gb18030")))
    assert (batch.columns["name"], opened.encoding) == (["𠮷䶮"], "gb18030")


def test_quotes_commas_and_doubled_quotes_stay_in_their_cell(tmp_path: Path) -> None:
    batch, _ = read(written(tmp_path, 'no,name\n1,"a, ""b"""\n'))
    assert batch.columns["name"] == ['a, "b"']


MANY = "".join(f"{number},甲,1.00,2026-01-01\n" for number in range(3, 3_000))


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "E-2103", "空的"),
        (b"\n\n \r\n", "E-2103", "没有内容"),
        (b"\0" * 64, "E-2103", "NUL"),
        (b"\xef\xbb\xbf", "E-2103", "没有内容"),
        ("no,name\n", "E-2103", "只有表头"),
        ("no,name\n\n\n", "E-2103", "只有表头"),
        (b"PK\x03\x04" + b"x" * 30, "E-2104", "zip"),
        (b"\x1f\x8b\x08" + b"x" * 30, "E-2104", "gzip"),
        (b"BZh91AY", "E-2104", "bzip2"),
        (b"\xfd7zXZ\x00...", "E-2104", "xz"),
        (b"7z\xbc\xaf\x27\x1c..", "E-2104", "7z"),
        (b"Rar!\x1a\x07\x00", "E-2104", "rar"),
        (b"\x28\xb5\x2f\xfd...", "E-2104", "zstd"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..", "E-2104", ".xls"),
        (b"%PDF-1.7 ...", "E-2104", "PDF"),
        (GOOD.encode("utf-16"), "E-2105", "UTF-16"),
        (b"no,name\n1,\xff\xfe\xff\n", "E-2105", "第 2 行"),
        (GOOD.encode() + b"3,\xd6\xdc\xff\xff,,\n", "E-2105", "既不是"),
        (GOOD.encode() + b"3,a\0b,,\n", "E-2106", "第 4 行"),
        (GOOD.encode("utf-16-le"), "E-2106", "NUL"),
        (GOOD + '3,"甲,1,\n' + MANY, "E-2107", "第 4 行"),
        (GOOD + '3,"甲"乙,1,\n', "E-2107", "第 4 行"),
        (GOOD + '3,"甲,1,\n' + MANY[:9_000] + '4,乙",1,\n', "E-2107", "第 4 行"),
        (GOOD + f'3,"{"甲" * 140_000}",1,\n', "E-2108", "第 4 行"),
        (GOOD + f"3,{'a' * 140_000},1,\n", "E-2108", "第 4 行"),
        ("no,name,no\n1,a,2\n", "E-2109", "重名"),
        ("no,name,\n1,a,\n", "E-2109", "第 3 列没有名字"),
        ("no,nmae\n1,a\n", "E-2109", "是不是 name"),
        ("no,amount_yuan,amount_fen\n1,1,100\n", "E-2109", "同一个值"),
        ("number,name\n1,a\n", "E-2110", "没有“no”"),
        ("no;name\n1;a\n".replace(";", ":"), "E-2110", "no:name"),
        ("<html><body>404</body></html>\n<p>x</p>\n", "E-2110", "没有“no”"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_as_a_whole(
    tmp_path: Path, content: str | bytes, code: str, words: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        read(written(tmp_path, content))
    assert refused.value.code == code
    assert words in refused.value.sentence()
    assert refused.value.exit_code == 2


def test_bytes_of_another_encoding_far_into_the_file_are_refused_with_their_line(
    tmp_path: Path,
) -> None:
    lines = "".join(f"{number},甲\n" for number in range(200_000))
    content = b"no,name\n" + lines.encode() + "200000,周桂兰\n".encode("gb18030")
    with pytest.raises(InputRefused) as refused:
        read(written(tmp_path, content))
    assert refused.value.code == "E-2105"
    assert "第 200002 行" in refused.value.sentence()


def test_the_declared_encoding_is_believed(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, '[file]\nencoding = "utf-8"\n[columns]\nno = "no"\nname = "name"')
    with pytest.raises(InputRefused, match="第 2 行"):
        read(written(tmp_path, "no,name\n1,周桂兰\n".encode("gb18030")), mapping)


def test_ragged_lines_are_refused_one_by_one(tmp_path: Path) -> None:
    batch, opened = read(written(tmp_path, GOOD + "0003,甲,1\n0004,乙,1.00,2026-01-01,5\n"))
    assert [(one.line, one.code, one.key) for one in batch.rejects] == [
        (4, "E-2213", None),
        (5, "E-2213", None),
    ]
    assert (len(batch), opened.rows) == (2, 4)


def test_a_line_with_several_mistakes_names_them_all(tmp_path: Path) -> None:
    batch, _ = read(written(tmp_path, "no,name,amount_yuan,on\n0001,=x,-1,昨天\n"))
    (reject,) = batch.rejects
    assert (reject.line, reject.code, reject.column, reject.key) == (2, "E-2203", "name", "0001")
    assert all(name in reject.reason for name in ("name", "amount_yuan", "on"))
    assert reject.cells == ("0001", "=x", "-1", "昨天")


def test_lines_are_counted_through_cells_with_line_feeds(tmp_path: Path) -> None:
    content = 'no,name,attributes.note\n1,"a",x\n2,b,"y\ny\ny"\n3,=c,z\n'
    batch, opened = read(written(tmp_path, content))
    assert [(one.line, one.column) for one in batch.rejects] == [
        (3, "attributes.note"),
        (6, "name"),
    ]
    assert opened.multiline == 1


def test_a_file_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    for limits in (Limits(file_bytes=20), Limits(rows=1), Limits(columns=2)):
        with pytest.raises(InputRefused) as refused:
            read(path, limits=limits)
        assert refused.value.code == "E-2102"


def test_a_file_of_nothing_but_bad_lines_stops_early(tmp_path: Path) -> None:
    content = "no,name\n" + "客 户,甲\n" * 5_000
    with pytest.raises(InputRefused) as refused:
        read(written(tmp_path, content), limits=Limits(rejects=100))
    assert refused.value.code == "E-2116"
    assert "第 501 行" in refused.value.sentence()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputRefused) as refused:
            read(path)
        assert refused.value.code == "E-2101"


def test_a_file_is_closed_after_a_refusal_too(tmp_path: Path) -> None:
    path = written(tmp_path, "no,name,no\n1,a,2\n")
    with pytest.raises(InputRefused):
        read(path)
    path.unlink()
    assert not path.exists()


def test_batches_come_in_the_asked_size_and_the_digest_is_of_the_whole(tmp_path: Path) -> None:
    content = "no,name\n" + "".join(f"{number},甲\n" for number in range(2_500))
    path = written(tmp_path, content)
    one, opened = read(path, limits=Limits(chunk_rows=100, batch_rows=1_000))
    assert one.keys == [str(number) for number in range(2_500)]
    assert list(one.lines) == list(range(2, 2_502))
    assert opened.sha256() == hashlib.sha256(content.encode()).hexdigest()
    assert opened.bytes_read == opened.size
