"""A digest says whether a row brings anything new, and tells nothing to who steals it."""

from datetime import date
from typing import Any

from crm_sync.imports.digests import row_digests
from kit.crypto import FieldCipher


def cipher(index_key: bytes = b"i" * 32) -> FieldCipher:
    return FieldCipher(keys={1: b"k" * 32}, current=1, index_key=index_key)


ROW: dict[str, list[Any]] = {"name": ["周桂兰"], "born_on": [date(1960, 2, 29)], "aum": [350]}


def test_equal_rows_have_equal_digests_whatever_the_order_of_columns() -> None:
    again = dict(reversed(list(ROW.items())))
    assert row_digests(cipher(), "s", ROW) == row_digests(cipher(), "s", again)


def test_value_column_source_and_key_each_make_another_digest() -> None:
    others = [
        row_digests(cipher(), "s", ROW | {"aum": [351]}),
        row_digests(cipher(), "s", ROW | {"tier": [None]}),
        row_digests(cipher(), "t", ROW),
        row_digests(cipher(b"j" * 32), "s", ROW),
    ]
    digests = [digest for one in others for digest in one] + row_digests(cipher(), "s", ROW)
    assert len(set(digests)) == 5
