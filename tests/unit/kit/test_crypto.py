"""What is sealed opens only where it was sealed; what is hashed is found and tells nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.crypto import AES_256_GCM, SM4_GCM, FieldCipher, KeyUnknown, SealBroken
from kit.errors import ConfigurationRefused

KEYS = {1: bytes(range(32)), 2: bytes(range(32, 64))}
INDEX = b"i" * 32


def _cipher(current: int = 1, algorithm: int = AES_256_GCM) -> FieldCipher:
    return FieldCipher(keys=KEYS, current=current, index_key=INDEX, algorithm=algorithm)


@given(st.text(max_size=200), st.sampled_from([AES_256_GCM, SM4_GCM]), st.sampled_from([1, 2]))
def test_sealing_then_opening_is_the_identity(text: str, algorithm: int, version: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    sealed = _cipher(version, algorithm).seal("customer.name", "C1", text)
    assert _cipher().open("customer.name", "C1", sealed) == text


@given(st.integers(min_value=3 * 8, max_value=42 * 8))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    sealed = bytearray(_cipher().seal("customer.phone", "C1", "13812345678"))
    sealed[(bit // 8) % len(sealed)] ^= 1 << (bit % 8)
    with pytest.raises((SealBroken, KeyUnknown)):
        _cipher().open("customer.phone", "C1", bytes(sealed))


@pytest.mark.parametrize(("column", "row"), [("customer.phone", "C1"), ("customer.name", "C2")])
def test_a_value_moved_to_another_row_or_column_does_not_open(column: str, row: str) -> None:
    sealed = _cipher().seal("customer.name", "C1", "周桂兰")
    with pytest.raises(SealBroken):
        _cipher().open(column, row, sealed)


def test_an_old_key_still_opens_and_an_unknown_one_says_so() -> None:
    sealed = _cipher(current=2).seal("customer.name", "C1", "周桂兰")
    only_first = FieldCipher(keys={1: KEYS[1]}, current=1, index_key=INDEX)
    with pytest.raises(KeyUnknown):
        only_first.open("customer.name", "C1", sealed)
    assert _cipher(current=1).open("customer.name", "C1", sealed) == "周桂兰"


def test_keys_never_show_in_a_representation() -> None:
    assert "x00" not in repr(_cipher())
    assert "keys" not in repr(_cipher())


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_many_values_are_hashed_as_each_would_be(values: list[str | None]) -> None:
    cipher = _cipher()
    each = [None if value is None else cipher.blind("phone", value) for value in values]
    assert cipher.blind_all("phone", values) == each


def test_blind_hashes_differ_by_purpose_and_key_and_repeat() -> None:
    other = FieldCipher(keys=KEYS, current=1, index_key=b"j" * 32)
    assert _cipher().blind("phone", "138") == _cipher().blind("phone", "138")
    assert (
        len(
            {
                _cipher().blind("phone", "138"),
                _cipher().blind("unionid", "138"),
                other.blind("phone", "138"),
            }
        )
        == 3
    )


@given(st.text(min_size=2, max_size=30), st.data())
def test_every_substring_is_found_by_its_grams(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    stop = data.draw(st.integers(start + 2, len(text)))
    assert set(_cipher().grams(text[start:stop])) <= set(_cipher().grams(text))


@pytest.mark.parametrize(
    ("keys", "current", "index"),
    [
        ({1: b"short"}, 1, INDEX),
        ({1: KEYS[1]}, 2, INDEX),
        ({1: KEYS[1]}, 1, b""),
        ({0: KEYS[1]}, 0, INDEX),
    ],
)
def test_wrong_keys_are_refused_at_start(
    keys: dict[int, bytes], current: int, index: bytes
) -> None:
    with pytest.raises(ConfigurationRefused):
        FieldCipher(keys=keys, current=current, index_key=index)
