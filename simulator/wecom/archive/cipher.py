"""What Tencent's archive library decrypts (api.md 13.1), produced here.

box(plain, key)   base64 of iv (16) and AES-256-CBC of PKCS7-16, key zero-filled to 32
ENCRYPT_KEY       box of protobuf {1: k1, 2: pre_len, 3: end_len, 4: s_len} under K0
encrypt_chat_msg  13 filler, K0 (32), pre_len filler, BODY[:s], s filler, BODY[s:], end filler
"""

import base64
import secrets
import string
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

LETTERS = string.ascii_letters + string.digits + "+/"
HEAD, KEY_SIZE, BLOCK = 13, 32, 16
LONGEST_FILL = 40


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """The two fields of a record on the wire."""

    encrypt_random_key: str
    encrypt_chat_msg: str


def seal_record(plain: bytes, public_key: RSAPublicKey) -> SealedRecord:
    """Encrypt one message for the holder of the private key, in a random layout."""
    outer, inner = _filler(KEY_SIZE), _filler(KEY_SIZE)
    before, behind = secrets.randbelow(LONGEST_FILL), secrets.randbelow(LONGEST_FILL)
    body = box(plain, inner.encode())
    split = 1 + secrets.randbelow(min(LONGEST_FILL, len(body) // 2) - 1)
    text = (
        _filler(HEAD)
        + outer
        + _filler(before)
        + body[:split]
        + _filler(split)
        + body[split:]
        + _filler(behind)
    )
    info = protobuf([(1, inner.encode()), (2, before), (3, behind), (4, split)])
    key = box(info, outer.encode())
    sealed = public_key.encrypt(key.encode(), PKCS1v15())
    return SealedRecord(base64.b64encode(sealed).decode(), text)


def box(plain: bytes, key: bytes) -> str:
    """base64( iv ‖ AES-256-CBC( PKCS7-16(plain) ) )."""
    iv = secrets.token_bytes(BLOCK)
    cipher = Cipher(algorithms.AES(key[:KEY_SIZE].ljust(KEY_SIZE, b"\0")), modes.CBC(iv))
    encryptor = cipher.encryptor()
    sealed = encryptor.update(_padded(plain)) + encryptor.finalize()
    return base64.b64encode(iv + sealed).decode()


def seal_media(content: bytes, hex_key: str) -> bytes:
    """AES-128-ECB with PKCS7 over the whole file: what the library expects of media."""
    key = bytes.fromhex(hex_key)
    # ECB is the archive's own format; nothing but this wire uses it.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(_padded(content)) + encryptor.finalize()


def sdk_file_id(fileid: str, authkey: str, hex_key: str) -> str:
    """The sdkfileid of a message: base64 of protobuf {1: fileid, 2: authkey, 3: key}."""
    fields: list[tuple[int, int | bytes]] = [
        (1, fileid.encode()),
        (2, authkey.encode()),
        (3, hex_key.encode()),
    ]
    return base64.b64encode(protobuf(fields)).decode()


def protobuf(fields: list[tuple[int, int | bytes]]) -> bytes:
    """The few lines of protobuf that the archive needs: varints and byte strings."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += _varint(number << 3) + _varint(value)
        else:
            out += _varint(number << 3 | 2) + _varint(len(value)) + value
    return out


def encrypt_sign(token: str) -> str:
    """The BKDR hash of the token that the library sends along (api.md 13.2)."""
    value = 0
    for byte in token.encode():
        value = (value * 1313 + byte) & 0xFFFF_FFFF_FFFF_FFFF
    return str((value ^ (value >> 32)) & 0xFFFF_FFFF)


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def _padded(plain: bytes) -> bytes:
    size = BLOCK - len(plain) % BLOCK
    return plain + bytes([size]) * size


def _filler(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))
