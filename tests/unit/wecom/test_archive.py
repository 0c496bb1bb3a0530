"""Archived records and files: the vectors that the official library opened, and every bad one."""

import base64
import contextlib
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.wecom.archive.cipher import box, protobuf, sdk_file_id, seal_media, seal_record
from wecom.answers import Answer
from wecom.archive import protobuf as reader
from wecom.archive.errors import (
    ArchiveError,
    FileIdUnreadable,
    MediaUndecryptable,
    RecordUndecryptable,
    UnknownKeyVersion,
)
from wecom.archive.media import FileId, MediaOpener
from wecom.archive.records import (
    Record,
    load_private_key,
    open_random_key,
    open_record,
    open_sealed,
)
from wecom.archive.source import encrypt_sign, records_in
from wecom.errors import AnswerUnreadable

DATA = Path(__file__).parents[2] / "data" / "archive_vectors"


def read(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def vector_key() -> rsa.RSAPrivateKey:
    numbers = read("test_key_v1_numbers.json")
    found = {
        name: numbers[name] if isinstance(numbers[name], int) else int(numbers[name], 16)
        for name in ("n", "e", "d", "p", "q", "dmp1", "dmq1", "iqmp")
    }
    public = rsa.RSAPublicNumbers(found["e"], found["n"])
    return rsa.RSAPrivateNumbers(
        found["p"], found["q"], found["d"], found["dmp1"], found["dmq1"], found["iqmp"], public
    ).private_key()


KEY = vector_key()
KEYS = {1: KEY}
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RECORDS = records_in("vectors", read("getchatdata.response.json"))
EXPECTED = read("expected_plaintext.json")


@pytest.mark.parametrize("place", range(4))
def test_what_the_official_library_opened_we_open(place: int) -> None:
    record, expected = RECORDS[place], EXPECTED[place]
    assert record.seq == expected["seq"]
    assert open_random_key(record, KEYS).decode() == expected["encrypt_key_after_rsa"]
    assert json.loads(open_record(record, KEYS)) == expected["plaintext"]


def test_the_vectors_are_all_here() -> None:
    assert len(RECORDS) == len(EXPECTED) == 4


@given(st.binary(max_size=5000))
@settings(max_examples=40, deadline=None)
def test_a_message_of_any_bytes_and_any_layout_comes_back(plain: bytes) -> None:
    sealed = seal_record(plain, KEY.public_key())
    record = Record(1, "m", 1, sealed.encrypt_random_key, sealed.encrypt_chat_msg)
    assert open_record(record, KEYS) == plain


def test_a_record_of_an_unknown_key_names_the_version_and_what_there_is() -> None:
    record = replace(RECORDS[0], key_version=7)
    with pytest.raises(UnknownKeyVersion) as caught:
        open_record(record, {1: KEY, 3: OTHER})
    assert (caught.value.version, caught.value.known) == (7, (1, 3))
    assert "版本号为 7" in caught.value.person
    assert "1、3" in caught.value.person


def cause_of(record: Record, keys: dict[int, rsa.RSAPrivateKey]) -> str:
    with pytest.raises(RecordUndecryptable) as caught:
        open_record(record, keys)
    return caught.value.cause


def test_a_private_key_that_does_not_fit_is_told_apart_from_a_spoilt_record() -> None:
    assert {cause_of(record, {1: OTHER}) for record in RECORDS} == {"private_key"}


@pytest.mark.parametrize("size", [0, 1, 12, 13, 44])
def test_a_sealed_text_that_would_abort_the_library_is_refused(size: int) -> None:
    assert cause_of(replace(RECORDS[0], sealed=RECORDS[0].sealed[:size]), KEYS) == "layout"


SPOILT = {
    "RSA text empty": ({"random_key": ""}, "private_key"),
    "RSA text cut": ({"random_key": RECORDS[0].random_key[:40]}, "private_key"),
    "RSA text not base64": ({"random_key": "!" + RECORDS[0].random_key[1:]}, "private_key"),
    "another record's RSA text": ({"random_key": RECORDS[1].random_key}, "key_info"),
    "K0 spoilt": (
        {"sealed": RECORDS[0].sealed[:13] + "A" * 32 + RECORDS[0].sealed[45:]},
        "key_info",
    ),
    "body cut": ({"sealed": RECORDS[0].sealed[:-200]}, "body"),
    "body gone": ({"sealed": RECORDS[0].sealed[:60]}, "layout"),
    "sealed not ASCII": ({"sealed": RECORDS[0].sealed[:-1] + "中"}, "layout"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_record_says_which_step_refused_it(case: str) -> None:
    changes, cause = SPOILT[case]
    assert cause_of(replace(RECORDS[0], **changes), KEYS) == cause  # type: ignore[arg-type]


K0 = b"0123456789abcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("info", "cause"),
    [
        ([(1, b"k" * 32), (2, 0), (3, 0), (4, 0)], "layout"),  # s_len 0: the library's 10005
        ([(1, b"k" * 32), (2, 0), (3, 0), (4, 5000)], "layout"),
        ([(1, b"k" * 32), (2, 5000), (3, 0), (4, 1)], "layout"),
        ([(1, b"k" * 32), (2, 0), (3, 5000), (4, 1)], "layout"),
        ([(1, b"k" * 32), (2, 2**64 - 1), (3, 0), (4, 1)], "key_info"),  # -1 as int32
        ([(2, 0), (3, 0), (4, 1)], "key_info"),
        ([(1, 5), (2, 0), (3, 0), (4, 1)], "key_info"),
        ([(1, b"k" * 32), (2, b"0"), (3, 0), (4, 1)], "key_info"),
        ([(1, b"z" * 32), (2, 0), (3, 0), (4, 1)], "body"),  # wrong K1: the library's 10006
    ],
)
def test_a_key_info_with_odd_fields_is_refused(
    info: list[tuple[int, int | bytes]], cause: str
) -> None:
    body = box(b"{}", b"k" * 32)
    sealed = "f" * 13 + K0.decode() + body[:1] + "f" + body[1:]
    with pytest.raises(RecordUndecryptable) as caught:
        open_sealed(box(protobuf(info), K0).encode(), sealed)
    assert caught.value.cause == cause
    good = box(protobuf([(1, b"k" * 32), (2, 0), (3, 0), (4, 1)]), K0).encode()
    assert open_sealed(good, sealed) == b"{}", "the smallest layout opens"


@given(st.binary(max_size=200), st.text(max_size=200))
def test_random_texts_are_the_one_error_or_bytes(encrypt_key: bytes, sealed: str) -> None:
    with pytest.raises(RecordUndecryptable):
        open_sealed(encrypt_key, sealed)


def test_a_record_without_its_number_stops_the_page() -> None:
    with pytest.raises(AnswerUnreadable):
        records_in("p", {"chatdata": [{"msgid": "m", "publickey_ver": 1}]})
    with pytest.raises(AnswerUnreadable):
        records_in("p", {"chatdata": {"seq": 1}})
    assert records_in("p", {}) == ()


def test_a_number_over_53_bits_keeps_its_value() -> None:
    fields = {"seq": 2**63 + 1, "publickey_ver": "2", "msgid": "m"}
    record = Record.read(Answer("p", fields))
    assert (record.seq, record.key_version) == (2**63 + 1, 2)


MEDIA = read("media.json")
PLAIN = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2300 + b"tail"  # media.json: plain_recipe


def aes_ecb(plain: bytes, key: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - WeCom's choice
    return encryptor.update(plain) + encryptor.finalize()


def test_the_picture_of_the_vectors_opens_piece_by_piece() -> None:
    assert hashlib.md5(PLAIN).hexdigest() == MEDIA["plain_md5"]  # noqa: S324
    file = FileId.read(MEDIA["sdkfileid"])
    assert (file.fileid, file.authkey) == (MEDIA["fileid"], MEDIA["authkey"])
    assert file.key.hex() == MEDIA["aeskey_hex"]
    pad = 16 - len(PLAIN) % 16
    sealed = aes_ecb(PLAIN + bytes((pad,)) * pad, file.key)
    assert hashlib.md5(sealed).hexdigest() == MEDIA["encrypted_md5"]  # noqa: S324
    assert sealed[:64].hex() == MEDIA["encrypted_first_64_hex"]
    opener = MediaOpener(file.key)
    pieces = [sealed[place : place + 524_288] for place in range(0, len(sealed), 524_288)]
    opened = [
        opener.open(piece, last=number == len(pieces)) for number, piece in enumerate(pieces, 1)
    ]
    assert len(opened) == 2
    assert b"".join(opened) == PLAIN


@given(st.binary(max_size=300), st.integers(1, 9))
def test_any_file_in_pieces_of_any_size_comes_back(content: bytes, blocks: int) -> None:
    key = bytes(range(16))
    sealed = seal_media(content, key.hex())
    opener, step = MediaOpener(key), 16 * blocks
    starts = range(0, len(sealed), step)
    opened = b"".join(
        opener.open(sealed[start : start + step], last=start == starts[-1]) for start in starts
    )
    assert opened == content


def test_a_file_that_its_key_does_not_open_is_refused() -> None:
    with pytest.raises(MediaUndecryptable):
        MediaOpener(b"k" * 16).open(b"x" * 17, last=False)
    with pytest.raises(MediaUndecryptable):
        MediaOpener(b"k" * 16).open(aes_ecb(b"\0" * 16, b"k" * 16), last=True)
    with pytest.raises(MediaUndecryptable):
        MediaOpener(b"k" * 16).open(b"", last=True)


@pytest.mark.parametrize(
    "sdkfileid",
    [
        "",
        "@@@",
        MEDIA["sdkfileid"][:-9],
        base64.b64encode(b"\x0a\xff").decode(),
        sdk_file_id("f", "a", "zz" * 16),
        sdk_file_id("f", "a", "00" * 15),
        base64.b64encode(protobuf([(1, b"f"), (3, b"00" * 16)])).decode(),
        base64.b64encode(protobuf([(1, b"\xff"), (2, b"a"), (3, b"00" * 16)])).decode(),
        "中文",
    ],
)
def test_an_sdkfileid_of_another_shape_is_refused(sdkfileid: str) -> None:
    with pytest.raises(FileIdUnreadable):
        FileId.read(sdkfileid)


@given(st.binary(max_size=100))
def test_random_protobuf_is_fields_or_a_value_error(data: bytes) -> None:
    fields: reader.Message = {}
    with contextlib.suppress(ValueError):  # the only error it may raise
        fields = reader.read(data)
    assert all(isinstance(value, (int, bytes)) for value in fields.values())


def test_the_sign_beside_a_token_is_the_librarys() -> None:
    assert encrypt_sign("TOK-" + "x" * 40) == "644178273"


def pem(key: Any, password: bytes | None = None) -> bytes:
    lock = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    out: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
    )
    return out


def test_private_keys_are_read_and_wrong_ones_are_explained() -> None:
    assert load_private_key(pem(KEY)).private_numbers() == KEY.private_numbers()
    assert load_private_key(pem(KEY, b"pw"), b"pw").key_size == 2048
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    for text, password in [
        (b"", None),
        (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", None),
        (pem(KEY, b"pw"), None),
        (pem(KEY, b"pw"), b"other"),
        (pem(ec.generate_private_key(ec.SECP256R1())), None),
        (pem(short), None),
    ]:
        with pytest.raises(ValueError, match="会话存档私钥"):
            load_private_key(text, password)


def test_no_key_and_no_message_is_shown() -> None:
    shown = repr(RECORDS[0]) + repr(FileId.read(MEDIA["sdkfileid"]))
    assert RECORDS[0].sealed[:20] not in shown
    assert RECORDS[0].random_key[:20] not in shown
    assert MEDIA["authkey"] not in shown


def test_every_archive_error_has_a_code_and_a_sentence() -> None:
    kinds = ArchiveError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds) == 4
    assert all(kind.sentence.endswith("。") for kind in kinds)
