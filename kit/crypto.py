"""Encrypts columns that must not be readable in a dump, and hashes what is looked up.

A sealed value is ``algorithm(1) ‖ key version(2) ‖ nonce(12) ‖ ciphertext ‖ tag(16)``. Its
associated data binds table, column, row and key version, so a value moved to another row or
column no longer opens (ASVS 11.3.3). ``row`` is the row's stable natural key.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.base import Cipher
from cryptography.hazmat.primitives.ciphers.modes import GCM

from kit.errors import ConfigurationRefused, IntegrityBroken

AES_256_GCM: Final = 1
SM4_GCM: Final = 2
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


class SealBroken(IntegrityBroken):
    """A sealed value does not open: changed, moved to another row, or under another key."""

    code = "E-6001"


class KeyUnknown(IntegrityBroken):
    """A sealed value names a key version that is not configured."""

    code = "E-6002"


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4-GCM with the interface of AESGCM, for banks that must use commercial ciphers."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(algorithms.SM4(self._key), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        decryptor = Cipher(algorithms.SM4(self._key), GCM(nonce, tag=data[-TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-TAG_BYTES]) + decryptor.finalize()


def _aead(algorithm: int, key: bytes) -> _Aead:
    return AESGCM(key) if algorithm == AES_256_GCM else _Sm4Gcm(key[:16])


@dataclass(frozen=True)
class FieldCipher:
    """Seals and opens columns with versioned keys, and makes keyed hashes for look-ups.

    ``keys`` maps a version (1..65535) to 32 bytes; ``current`` seals, all open. ``index_key``
    makes the keyed hashes; it never changes, or every look-up column must be rebuilt.
    """

    keys: Mapping[int, bytes] = field(repr=False)
    current: int
    index_key: bytes = field(repr=False)
    algorithm: int = AES_256_GCM
    _ready: dict[tuple[int, int], _Aead] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ConfigurationRefused(
                "GENGYUN_CRYPTO__FIELD_KEYS 里没有当前版本的密钥", saw=str(self.current)
            )
        for version, key in self.keys.items():
            if len(key) != 32 or not 0 < version < 65_536:
                raise ConfigurationRefused(
                    "GENGYUN_CRYPTO__FIELD_KEYS 的每把密钥应为 32 字节、版本 1 到 65535",
                    saw=f"版本 {version}，{len(key)} 字节",
                    do="用 gengyun keys new 生成",
                )
        if len(self.index_key) != 32:
            raise ConfigurationRefused(
                "GENGYUN_CRYPTO__INDEX_KEY 应为 32 字节", saw=f"{len(self.index_key)} 字节"
            )

    def seal(self, column: str, row: str, value: str | bytes) -> bytes:
        """Encrypt ``value`` for ``column`` (``table.column``) of the row with key ``row``."""
        data = value.encode() if isinstance(value, str) else value
        nonce = secrets.token_bytes(NONCE_BYTES)
        head = bytes([self.algorithm]) + self.current.to_bytes(2)
        sealed = self._cipher(self.algorithm, self.current).encrypt(
            nonce, data, _bound(column, row, self.current)
        )
        return head + nonce + sealed

    def seal_all(
        self, column: str, rows: Sequence[str], values: Sequence[str | None]
    ) -> list[bytes | None]:
        """``seal`` for many rows at once; None stays None. A call a value costs more than AES."""
        version = self.current
        head = bytes([self.algorithm]) + version.to_bytes(2)
        encrypt = self._cipher(self.algorithm, version).encrypt
        before, after = f"{column}\x1f".encode(), f"\x1f{version}".encode()
        random = secrets.token_bytes(NONCE_BYTES * len(values))
        sealed: list[bytes | None] = []
        for at, (row, value) in enumerate(zip(rows, values, strict=True)):
            if value is None:
                sealed.append(None)
                continue
            nonce = random[at * NONCE_BYTES : (at + 1) * NONCE_BYTES]
            body = encrypt(nonce, value.encode(), before + row.encode() + after)
            sealed.append(head + nonce + body)
        return sealed

    def open_bytes(self, column: str, row: str, sealed: bytes) -> bytes:
        """Decrypt what ``seal`` made for the same column and row.

        Raises SealBroken when the value was changed or moved, KeyUnknown when its key version
        is not configured.
        """
        if len(sealed) < 3 + NONCE_BYTES + TAG_BYTES:
            raise SealBroken("密文太短", column=column, row=row)
        algorithm, version = sealed[0], int.from_bytes(sealed[1:3])
        if version not in self.keys or algorithm not in (AES_256_GCM, SM4_GCM):
            raise KeyUnknown("没有这个版本的密钥", saw=str(version), column=column, row=row)
        nonce, body = sealed[3 : 3 + NONCE_BYTES], sealed[3 + NONCE_BYTES :]
        try:
            return self._cipher(algorithm, version).decrypt(
                nonce, body, _bound(column, row, version)
            )
        except InvalidTag:
            raise SealBroken("密文打不开：被改过，或被挪到了别处", column=column, row=row) from None

    def open(self, column: str, row: str, sealed: bytes) -> str:
        """Decrypt text; see ``open_bytes``."""
        return self.open_bytes(column, row, sealed).decode()

    def open_or_none(self, column: str, row: str, sealed: bytes | None) -> str | None:
        """Decrypt text where there is some."""
        return None if sealed is None else self.open(column, row, sealed)

    def blind(self, purpose: str, value: str) -> str:
        """A keyed hash (32 hex digits) by which an encrypted value can be looked up."""
        message = f"{purpose}\x1f{value}".encode()
        return hmac.digest(self.index_key, message, "sha256").hex()[:32]

    def blind_all(self, purpose: str, values: Sequence[str | None]) -> list[str | None]:
        """``blind`` for many values at once; None stays None.

        The same HMAC (RFC 2104) by hand, because keying it anew costs twice the hashing.
        """
        key = self.index_key.ljust(64, b"\0")
        inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        inner.update(f"{purpose}\x1f".encode())
        begun, outer = inner.copy, hashlib.sha256(bytes(byte ^ 0x5C for byte in key)).copy
        found: list[str | None] = []
        for value in values:
            if value is None:
                found.append(None)
                continue
            one, two = begun(), outer()
            one.update(value.encode())
            two.update(one.digest())
            found.append(two.hexdigest()[:32])
        return found

    def grams(self, text: str) -> list[int]:
        """Keyed hashes (signed 64 bit) of every two-character window of ``text``, distinct.

        Two-character Chinese words are found by them while a stolen index reads nothing. A
        single character is hashed alone.
        """
        windows: Iterable[str] = (
            {text[at : at + 2] for at in range(len(text) - 1)} if len(text) > 1 else {text}
        )
        return sorted(self._gram(window) for window in windows if window)

    def _gram(self, window: str) -> int:
        digest = hashlib.blake2b(
            window.encode("utf-8", "surrogatepass"),
            digest_size=8,
            key=self.index_key,
            person=b"gram",
        )
        return int.from_bytes(digest.digest(), signed=True)

    def _cipher(self, algorithm: int, version: int) -> _Aead:
        found = self._ready.get((algorithm, version))
        if found is None:
            found = self._ready[algorithm, version] = _aead(algorithm, self.keys[version])
        return found


def _bound(column: str, row: str, version: int) -> bytes:
    return f"{column}\x1f{row}\x1f{version}".encode()
