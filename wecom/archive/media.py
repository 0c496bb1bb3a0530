"""Files of the archive: what an sdkfileid holds, and AES-128-ECB opened piece by piece."""

import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wecom.archive import protobuf
from wecom.archive.errors import FileIdUnreadable, MediaUndecryptable
from wecom.archive.records import unpadded

CHUNK: Final = 512 * 1024
"""What one request fetches; a multiple of the cipher's block."""

_HEX_KEY: Final = re.compile(rb"[0-9a-fA-F]{32}")
_BLOCK: Final = 16


@dataclass(frozen=True, slots=True)
class FileId:
    """An sdkfileid, read: where the file lies and the key that opens it."""

    fileid: str
    authkey: str = field(repr=False)
    key: bytes = field(repr=False)

    @classmethod
    def read(cls, sdkfileid: str) -> "FileId":
        try:
            fields = protobuf.read(binascii.a2b_base64(sdkfileid, strict_mode=True))
            hex_key = protobuf.data(fields, 3)
            if not _HEX_KEY.fullmatch(hex_key):
                raise ValueError("the key is not 32 hexadecimal digits")
            return cls(
                fileid=protobuf.data(fields, 1).decode(),
                authkey=protobuf.data(fields, 2).decode(),
                key=binascii.unhexlify(hex_key),
            )
        except ValueError as error:
            raise FileIdUnreadable(f"sdkfileid cannot be read: {error}") from None


class MediaOpener:
    """Opens one file's pieces in order; the padding is cut from the last."""

    def __init__(self, key: bytes) -> None:
        # ECB is WeCom's choice; the key is one file's own.
        self._decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305

    def open(self, piece: bytes, *, last: bool) -> bytes:
        """Return the plain bytes of a piece whose size is a multiple of 16."""
        if len(piece) % _BLOCK:
            raise MediaUndecryptable(f"a piece of {len(piece)} bytes is not whole blocks")
        plain = self._decryptor.update(piece)
        if not last:
            return plain
        try:
            return unpadded(plain)
        except ValueError:
            raise MediaUndecryptable("the file does not end in its padding") from None
