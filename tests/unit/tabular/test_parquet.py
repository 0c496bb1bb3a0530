"""Parquet gives the same rows as CSV, and a bomb is refused before it unfolds."""

import resource
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kit.errors import InputRefused
from kit.tabular import Limits
from tests.unit.tabular.given import mapped, read, written


def parquet(folder: Path, columns: dict[str, object], **options: object) -> Path:
    path = folder / "people.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_typed_columns_become_the_same_values_as_text(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        {
            "no": pa.array(["0001", "0002", None]),
            "name": pa.array(["周桂兰", None, "x"]).dictionary_encode(),
            "amount_yuan": pa.array([Decimal("200000.00"), None, Decimal("1.50")]),
            "on": pa.array([date(2026, 11, 23), None, date(2026, 1, 1)]),
            "attributes.flag": pa.array([True, False, None]),
            "attributes.count": pa.array([1, 2, None], pa.int32()),
            "attributes.day": pa.array([date(2026, 1, 2), None, None]).cast(pa.timestamp("ns")),
            "attributes.at": pa.array([datetime(2026, 1, 2, 3, tzinfo=UTC), None, None]),
            "attributes.none": pa.nulls(3),
        },
    )
    batch, opened = read(path)
    assert batch.columns["no"] == ["0001", "0002"]
    assert batch.columns["name"] == ["周桂兰", None]
    assert batch.columns["amount_fen"] == [20_000_000, None]
    assert batch.columns["on"] == [date(2026, 11, 23), None]
    assert batch.columns["attributes.flag"] == ["1", "0"]
    assert batch.columns["attributes.count"] == ["1", "2"]
    assert batch.columns["attributes.day"] == ["2026-01-02", None]
    assert batch.columns["attributes.at"] == ["2026-01-02T03:00:00+00:00", None]
    assert batch.columns["attributes.none"] == [None, None]
    assert [(one.line, one.code) for one in batch.rejects] == [(3, "E-2201")]
    assert opened.rows == 3


def test_rows_of_several_groups_and_batches_keep_their_numbers(tmp_path: Path) -> None:
    path = parquet(
        tmp_path, {"no": [str(n) for n in range(2_500)], "name": ["甲"] * 2_500}, row_group_size=700
    )
    batch, _ = read(path, limits=Limits(chunk_rows=300, batch_rows=1_000))
    assert batch.keys == [str(n) for n in range(2_500)]
    assert list(batch.lines) == list(range(1, 2_501))


def test_columns_that_are_not_needed_may_be_of_any_type(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"id": ["1"], "nested": pa.array([[1, 2]])})
    batch, _ = read(path, mapped(tmp_path, '[columns]\nno = "id"'))
    assert batch.keys == ["1"]
    with pytest.raises(InputRefused) as refused:
        read(path, mapped(tmp_path, '[columns]\nno = "nested"'))
    assert refused.value.code == "E-2113"


@pytest.mark.parametrize(
    "content", [b"PAR1", b"PAR1" + b"x" * 100 + b"PAR1", b"PAR1" + b"\xff" * 8 + b"PAR1"]
)
def test_a_broken_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputRefused) as refused:
        read(written(tmp_path, content, "people.parquet"))
    assert refused.value.code == "E-2113"


def test_a_cut_parquet_file_is_refused(tmp_path: Path) -> None:
    whole = parquet(tmp_path, {"no": [str(n) for n in range(5_000)]}).read_bytes()
    with pytest.raises(InputRefused) as refused:
        read(written(tmp_path, whole[: len(whole) // 2], "cut.parquet"))
    assert refused.value.code == "E-2113"


def test_damaged_pages_under_a_good_footer_are_refused(tmp_path: Path) -> None:
    whole = bytearray(
        parquet(tmp_path, {"no": [str(n) for n in range(5_000)]}, compression="snappy").read_bytes()
    )
    for place in range(200, 2_000):
        whole[place] ^= 0x5A
    with pytest.raises(InputRefused) as refused:
        read(written(tmp_path, bytes(whole), "damaged.parquet"))
    assert refused.value.code in ("E-2113", "E-2114")


def test_a_footer_that_promises_too_much_is_refused_before_a_page_is_read(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"no": ["x" * 1_000 + str(n) for n in range(3_000)]})
    for limits in (Limits(parquet_bytes=100_000), Limits(parquet_group_bytes=100_000)):
        with pytest.raises(InputRefused) as refused:
            read(path, limits=limits)
        assert refused.value.code == "E-2114"
    with pytest.raises(InputRefused) as refused:
        read(path, limits=Limits(rows=100))
    assert refused.value.code == "E-2102"


def test_a_dictionary_bomb_is_refused_without_unfolding(tmp_path: Path) -> None:
    """A few kilobytes on disk, ten gigabytes unfolded; the footer says a hundred kilobytes."""
    words = pa.array(["a" * 100_000])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), words)
    path = parquet(tmp_path, {"no": column}, compression="zstd")
    assert path.stat().st_size < 50_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputRefused) as refused:
        read(path, limits=Limits(chunk_rows=10_000))
    assert refused.value.code == "E-2114"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def test_one_cell_larger_than_any_honest_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        read(parquet(tmp_path, {"no": ["1", "x" * 200_000]}))
    assert refused.value.code == "E-2114"


def test_text_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    bad = pa.array([b"\xff\xfe", b"1"]).view(pa.string())
    with pytest.raises(InputRefused) as refused:
        read(parquet(tmp_path, {"no": bad}))
    assert refused.value.code == "E-2113"
