"""The callback envelope: the official vector, every way to spoil one, and no oracle."""

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from wecom import crypto
from wecom.crypto import CallbackCipher, EnvelopeRefused, encrypted_part, read_query

DATA = Path(__file__).parents[2] / "data" / "wecom_events"
VECTOR = json.loads((DATA / "90968_post_vector.json").read_text())
BODY = (DATA / "90968_post_body.xml").read_bytes()
PLAIN = (DATA / "90968_post_vector.plain.xml").read_bytes()
PARAMS = {name: VECTOR[name] for name in ("msg_signature", "timestamp", "nonce")}
KEY = base64.b64decode(VECTOR["encoding_aes_key"] + "=")
CORP = VECTOR["corpid"].encode()

CIPHER = CallbackCipher(VECTOR["token"], VECTOR["encoding_aes_key"], VECTOR["corpid"])


def raw_encrypt(plain: bytes) -> str:
    """Encrypt exactly these bytes: no head, no padding of our own."""
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(KEY[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def signed(encrypted: str, timestamp: str = "1700000000", nonce: str = "n1") -> dict[str, str]:
    return {
        "msg_signature": CIPHER.signature(timestamp, nonce, encrypted),
        "timestamp": timestamp,
        "nonce": nonce,
    }


def wrapped(encrypted: str) -> bytes:
    return f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(EnvelopeRefused) as caught:
        act()
    assert type(caught.value) is EnvelopeRefused
    assert str(caught.value) == "callback envelope refused"
    assert caught.value.__cause__ is None


def test_the_worked_example_of_the_official_page_opens() -> None:
    assert CIPHER.open(PARAMS, BODY) == PLAIN.rstrip(b"\n")
    assert CIPHER.signature(PARAMS["timestamp"], PARAMS["nonce"], VECTOR["encrypt"]) == (
        "477715d11cdb4164915debcba66cb864d751f3e6"
    )


def test_the_echo_of_the_url_check_comes_back_bare() -> None:
    echo = CIPHER.encrypt(b"1616140317555161061")
    assert CIPHER.verify_url({**signed(echo), "echostr": echo}) == b"1616140317555161061"


@given(st.binary(max_size=3000))
def test_sealing_then_opening_is_the_identity(text: bytes) -> None:
    reply = CIPHER.seal(text, "1700000000", "n-1_A")
    encrypted = encrypted_part(reply)
    assert CIPHER.signature("1700000000", "n-1_A", encrypted).encode() in reply
    assert CIPHER.open(signed(encrypted, nonce="n-1_A"), reply) == text


@given(st.data())
def test_any_flipped_bit_of_the_cipher_text_is_refused_the_same_way(data: st.DataObject) -> None:
    sealed = bytearray(base64.b64decode(VECTOR["encrypt"]))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    refused(lambda: CIPHER.open(PARAMS, wrapped(base64.b64encode(sealed).decode())))


@given(st.binary(min_size=0, max_size=400))
def test_garbage_under_a_good_signature_is_refused_the_same_way(sealed: bytes) -> None:
    """Whoever holds the token still learns nothing about the key."""
    encrypted = base64.b64encode(sealed).decode()
    refused(lambda: CIPHER.open(signed(encrypted), wrapped(encrypted)))


@given(st.binary(max_size=300))
def test_bodies_of_random_bytes_are_refused(body: bytes) -> None:
    refused(lambda: CIPHER.open(PARAMS, body))


@given(st.sampled_from(["msg_signature", "timestamp", "nonce"]), st.text(max_size=50))
def test_any_other_parameter_is_refused(name: str, value: str) -> None:
    if value != PARAMS[name]:
        refused(lambda: CIPHER.open({**PARAMS, name: value}, BODY))


HEAD = b"r" * 16


def padded(body: bytes, pad: int | None = None) -> bytes:
    size = 32 - len(body) % 32 if pad is None else pad
    return body + bytes((size,)) * size


BAD_PLAIN = {
    "padding byte 0": HEAD + struct.pack(">I", 1) + b"x" + CORP[:11] + b"\0" * 32,
    "padding byte 33": padded(HEAD + struct.pack(">I", 1) + b"x" + CORP, 32)[:-1] + b"\x21",
    "padding byte 255": (HEAD + struct.pack(">I", 1) + b"x" + CORP).ljust(64, b"\xff"),
    "padding bytes differ": padded(HEAD + struct.pack(">I", 4) + b"abcd" + CORP)[:-2] + b"\x00\x06",
    "length runs past the end": padded(HEAD + struct.pack(">I", 9999) + b"x" + CORP),
    "length runs into the padding": padded(HEAD + struct.pack(">I", 20) + b"x" + CORP),
    "length as a negative number": padded(HEAD + struct.pack(">i", -1) + b"x" + CORP),
    "too short for its head": padded(b"abc"),
    "another corp": padded(HEAD + struct.pack(">I", 1) + b"x" + b"ww0000000000000000"),
    "no receive id": padded(HEAD + struct.pack(">I", 1) + b"x"),
    "receive id with a tail": padded(HEAD + struct.pack(">I", 1) + b"x" + CORP + b"x"),
    "receive id in capitals": padded(HEAD + struct.pack(">I", 1) + b"x" + CORP.upper()),
}


@pytest.mark.parametrize("case", BAD_PLAIN)
def test_a_bad_plain_text_under_a_good_signature_is_refused(case: str) -> None:
    plain = BAD_PLAIN[case]
    encrypted = raw_encrypt(plain + b"\0" * (-len(plain) % 16))
    refused(lambda: CIPHER.open(signed(encrypted), wrapped(encrypted)))


GOOD = VECTOR["encrypt"]

BAD_BASE64 = {
    "empty": "",
    "one character": "A",
    "padding only": "==",
    "three signs of padding": GOOD[:-2] + "===",
    "padding in the middle": GOOD[:20] + "=" + GOOD[20:],
    "no padding": GOOD.rstrip("="),
    "url-safe letters": GOOD.replace("+", "-").replace("/", "_"),
    "a blank": GOOD[:40] + " " + GOOD[40:],
    "a line break": GOOD[:40] + "\n" + GOOD[40:],
    "a bang": "!" + GOOD,
    "15 bytes": base64.b64encode(b"x" * 15).decode(),
    "16 bytes, half a block of WeCom": base64.b64encode(b"x" * 16).decode(),
    "48 bytes": base64.b64encode(b"x" * 48).decode(),
    "full-width letters": "Ａ" + GOOD[1:],
}


@pytest.mark.parametrize("case", BAD_BASE64)
def test_a_bad_encoding_under_a_good_signature_is_refused(case: str) -> None:
    encrypted = BAD_BASE64[case]
    refused(lambda: CIPHER.open(signed(encrypted), wrapped(encrypted)))
    refused(lambda: CIPHER.verify_url({**signed(encrypted), "echostr": encrypted}))


BAD_PARAMETERS = {
    "no signature": {"msg_signature": ""},
    "signature in capitals": {"msg_signature": PARAMS["msg_signature"].upper()},
    "signature cut": {"msg_signature": PARAMS["msg_signature"][:-1]},
    "signature with a line break": {"msg_signature": PARAMS["msg_signature"] + "\n"},
    "signature not ASCII": {"msg_signature": "４" + PARAMS["msg_signature"][1:]},
    "timestamp empty": {"timestamp": ""},
    "timestamp with a blank": {"timestamp": " 1409659813"[:10]},
    "timestamp of 11 digits": {"timestamp": "01409659813"},
    "timestamp of 9 digits": {"timestamp": "140965981"},
    "timestamp in E notation": {"timestamp": "1409659e13"},
    "timestamp in other digits": {"timestamp": "１４０９６５９８１３"},
    "timestamp with a line break": {"timestamp": "1409659813\n"},
    "nonce empty": {"nonce": ""},
    "nonce with a blank": {"nonce": "1372 623149"},
    "nonce of 129 characters": {"nonce": "1" * 129},
    "digit moved from timestamp to nonce": {"timestamp": "409659813", "nonce": "11372623149"},
    "digit moved from nonce to timestamp": {"timestamp": "14096598131", "nonce": "372623149"},
}


@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_bad_parameters_are_refused(case: str) -> None:
    refused(lambda: CIPHER.open({**PARAMS, **BAD_PARAMETERS[case]}, BODY))


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
def test_a_missing_parameter_is_refused(name: str) -> None:
    refused(lambda: CIPHER.open({k: v for k, v in PARAMS.items() if k != name}, BODY))


def test_a_moved_digit_keeps_the_signature_and_is_refused_all_the_same() -> None:
    """The scheme joins sorted parts without a delimiter: only the ten digits tell them apart."""
    kept = CIPHER.signature("1700000000", "0999", GOOD)
    assert CIPHER.signature("700000000", "09991", GOOD) == kept
    moved = {"msg_signature": kept, "timestamp": "700000000", "nonce": "09991"}
    assert CIPHER.open({**moved, "timestamp": "1700000000", "nonce": "0999"}, BODY)
    refused(lambda: CIPHER.open(moved, BODY))


E = b"<Encrypt><![CDATA[" + GOOD.encode() + b"]]></Encrypt>"

BAD_BODIES = {
    "empty": b"",
    "one byte": b"<",
    "json": json.dumps({"encrypt": GOOD}).encode(),
    "no Encrypt": b"<xml><ToUserName>a</ToUserName></xml>",
    "two Encrypts": b"<xml>" + E + E + b"</xml>",
    "a second, bare Encrypt": b"<xml>" + E + b"<Encrypt>AAAA</Encrypt></xml>",
    "nested Encrypt": b"<xml><Encrypt>" + E + b"</Encrypt></xml>",
    "Encrypt below another": b"<xml><a>" + E + b"</a></xml>",
    "Encrypt inside CDATA": b"<xml><a><![CDATA[" + E + b"]]></a></xml>",
    "Encrypt in a comment": b"<xml><!--" + E + b"--></xml>",
    "document type": b"<!DOCTYPE xml><xml>" + E + b"</xml>",
    "entities": b'<!DOCTYPE x [<!ENTITY a "b">]><xml>' + E + b"</xml>",
    "external entity": b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml>' + E + b"</xml>",
    "another root": b"<html>" + E + b"</html>",
    "attributes on Encrypt": b"<xml>" + E.replace(b"<Encrypt>", b'<Encrypt a="b">') + b"</xml>",
    "text after the root": b"<xml>" + E + b"</xml>x",
    "two roots": b"<xml>" + E + b"</xml><xml></xml>",
    "not closed": b"<xml>" + E,
    "UTF-16": (b"<xml>" + E + b"</xml>").decode().encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf<xml>" + E + b"</xml>",
    "a NUL": b"<xml>\0" + E + b"</xml>",
    "closed by another name": b"<xml><a>x</b>" + E + b"</xml>",
    "processing instruction": b"<xml><?php x ?>" + E + b"</xml>",
    "over the size": b"<xml>" + E + b" " * crypto.MAX_BODY + b"</xml>",
    "deep": b"<xml>" + b"<a>" * 60_000 + E + b"</xml>",
    "many": b"<xml>" + b"<a></a>" * 30_000 + E + b"<b></xml>",
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_a_body_of_another_shape_is_refused(case: str) -> None:
    refused(lambda: CIPHER.open(PARAMS, BAD_BODIES[case]))


@pytest.mark.parametrize(
    "body",
    [
        b"<xml>" + E + b"</xml>",
        b'<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n ' + E + b"\n</xml>\n",
        b"<xml><ToUserName>a</ToUserName><AgentID></AgentID>" + E + b"</xml>",
        b"<xml><AgentID/>" + E + b"<EncryptType>x</EncryptType></xml>",
        b"<xml><Encrypt>" + GOOD.encode() + b"</Encrypt></xml>",
    ],
)
def test_the_shapes_that_wecom_sends_are_read(body: bytes) -> None:
    assert CIPHER.open(PARAMS, body) == PLAIN.rstrip(b"\n")


def test_a_doubled_query_parameter_is_refused() -> None:
    assert read_query(b"msg_signature=a&timestamp=1&nonce=%2B2&echostr=&x=1&x=2") == {
        "msg_signature": "a",
        "timestamp": "1",
        "nonce": "+2",
        "echostr": "",
        "x": "2",
    }
    refused(lambda: read_query("nonce=1&nonce=1"))
    refused(lambda: read_query(b"nonce=%ff"))
    refused(lambda: read_query("a=1&" * 40))


@pytest.mark.parametrize(
    ("token", "key", "said"),
    [
        ("", VECTOR["encoding_aes_key"], "Token"),
        ("has blank", VECTOR["encoding_aes_key"], "Token"),
        ("x" * 33, VECTOR["encoding_aes_key"], "Token"),
        ("good", VECTOR["encoding_aes_key"][:-1], "42 位"),
        ("good", VECTOR["encoding_aes_key"] + "=", "44 位"),
        ("good", "+" * 43, "EncodingAESKey"),
    ],
)
def test_a_wrong_setting_says_where_the_right_one_stands(token: str, key: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        CallbackCipher(token, key, "ww1")
    assert "管理后台" in str(caught.value)
    assert len(key) < 40 or key not in str(caught.value)


@pytest.mark.parametrize(("timestamp", "nonce"), [("1", "n"), ("1700000000", "]]><x>")])
def test_a_reply_cannot_be_made_with_what_would_break_its_xml(timestamp: str, nonce: str) -> None:
    with pytest.raises(ValueError, match="timestamp"):
        CIPHER.seal(b"x", timestamp, nonce)


def test_neither_token_nor_key_is_shown() -> None:
    assert VECTOR["token"] not in repr(CIPHER)
    assert VECTOR["encoding_aes_key"] not in repr(CIPHER)
