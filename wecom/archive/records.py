"""Opens archived records with the bank's private keys, as Tencent's library does.

A record is sealed in three steps: RSA (PKCS#1 v1.5) holds a text; that text is a box which K0, 32
characters inside ``encrypt_chat_msg`` itself, opens to lengths and K1; and K1 opens the message.
A box is base64 of iv(16) ‖ AES-256-CBC. What is told here was found by experiment on the official
library (SDK v3.0) and is checked against it; Tencent documents only the library.
"""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wecom.answers import Answer
from wecom.archive import protobuf
from wecom.archive.errors import RecordUndecryptable, UnknownKeyVersion
from wecom.errors import AnswerUnreadable

_PADDING: Final = PKCS1v15()
_FILLER: Final = 13
_K0_END: Final = 45
_INT32: Final = 2**31


@dataclass(frozen=True, slots=True)
class Record:
    """One sealed record. ``seq`` rises with holes; keep the largest as the cursor."""

    seq: int
    msgid: str
    key_version: int
    random_key: str = field(repr=False)
    """RSA, base64 (encrypt_random_key)."""
    sealed: str = field(repr=False)
    """encrypt_chat_msg."""

    @classmethod
    def read(cls, answer: Answer) -> "Record":
        seq, version = answer.integer("seq"), answer.integer("publickey_ver")
        if seq is None or version is None:
            raise AnswerUnreadable(answer.path, "a record has no seq or no publickey_ver")
        return cls(
            seq=seq,
            msgid=answer.text("msgid"),
            key_version=version,
            random_key=answer.text("encrypt_random_key"),
            sealed=answer.text("encrypt_chat_msg"),
        )


def load_private_key(pem: bytes, password: bytes | None = None) -> RSAPrivateKey:
    """Return a private key; load it once and keep it, since loading takes tens of milliseconds."""
    try:
        key: Any = load_pem_private_key(pem, password)
    except (ValueError, TypeError) as error:
        raise ValueError(
            "会话存档私钥无法读取：应为 PEM 格式的 RSA 私钥（以 -----BEGIN 开头），如有口令须一并提供"
        ) from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        raise ValueError("会话存档私钥应为 2048 位以上的 RSA 私钥，与管理后台设置的公钥配对")
    return key


def open_record(record: Record, private_keys: Mapping[int, RSAPrivateKey]) -> bytes:
    """Return the message as WeCom's JSON bytes.

    Raises :class:`UnknownKeyVersion` and :class:`RecordUndecryptable`. Nearly all of its time is
    RSA, which leaves the GIL: threads help.
    """
    return open_sealed(open_random_key(record, private_keys), record.sealed)


def open_random_key(record: Record, private_keys: Mapping[int, RSAPrivateKey]) -> bytes:
    """Return ENCRYPT_KEY: what the record's RSA text holds, and what the library is given."""
    key = private_keys.get(record.key_version)
    if key is None:
        raise UnknownKeyVersion(record.key_version, private_keys)
    try:
        return key.decrypt(binascii.a2b_base64(record.random_key, strict_mode=True), _PADDING)
    except ValueError as error:
        raise RecordUndecryptable("private_key", str(error) or "RSA refused it") from None


def open_sealed(encrypt_key: bytes, sealed: str) -> bytes:
    """Return the plain bytes behind ENCRYPT_KEY and encrypt_chat_msg."""
    try:
        chat = sealed.encode("ascii")
    except UnicodeEncodeError:
        raise RecordUndecryptable("layout", "the sealed text is not ASCII") from None
    if len(chat) < _K0_END:
        raise RecordUndecryptable("layout", f"the sealed text has {len(chat)} characters")
    k1, pre, end, middle = _key_info(encrypt_key, chat[_FILLER:_K0_END])
    rest = chat[_K0_END + pre :]
    if not middle > 0 or 2 * middle >= len(rest) - end:
        raise RecordUndecryptable("layout", "the lengths do not fit the sealed text")
    body = rest[:middle] + rest[2 * middle : len(rest) - end]
    try:
        return _unbox(body, k1)
    except ValueError as error:
        raise RecordUndecryptable("body", str(error)) from None


def _key_info(encrypt_key: bytes, k0: bytes) -> tuple[bytes, int, int, int]:
    try:
        fields = protobuf.read(_unbox(encrypt_key, k0))
        k1 = protobuf.data(fields, 1)
        pre, end, middle = (protobuf.number(fields, place) for place in (2, 3, 4))
    except ValueError as error:
        # RSA does not say that a key is wrong (it answers random bytes), so that this may be it.
        cause = "key_info" if _is_box(encrypt_key) else "private_key"
        raise RecordUndecryptable(cause, str(error)) from None
    if max(pre, end, middle) >= _INT32:
        raise RecordUndecryptable("key_info", "a length is negative or too large")
    return k1, pre, end, middle


def _is_box(text: bytes) -> bool:
    try:
        size = len(binascii.a2b_base64(text, strict_mode=True))
    except ValueError:
        return False
    return size >= 32 and size % 16 == 0


def _unbox(text: bytes, key: bytes) -> bytes:
    """Open base64( iv16 ‖ AES-256-CBC ) with the first 32 bytes of key, filled with zeros."""
    raw = binascii.a2b_base64(text, strict_mode=True)
    if len(raw) < 32 or len(raw) % 16:
        raise ValueError(f"a box of {len(raw)} bytes")
    cipher = Cipher(algorithms.AES(key[:32].ljust(32, b"\0")), modes.CBC(raw[:16]))
    decryptor = cipher.decryptor()
    plain = decryptor.update(raw[16:]) + decryptor.finalize()
    return unpadded(plain)


def unpadded(plain: bytes) -> bytes:
    """Cut PKCS#7 of 16; ValueError where it is not that."""
    pad = plain[-1] if plain else 0
    if not 1 <= pad <= 16 or plain[-pad:] != bytes((pad,)) * pad:
        raise ValueError("padding")
    return plain[:-pad]
