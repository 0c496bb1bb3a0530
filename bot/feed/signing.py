"""The signature of a batch: HMAC-SHA256 over system, time, number, path and body.

``gengyun-feed-v1``, system, timestamp, batch number, ``POST`` and path, each ended by a line
feed, then the body as it was sent. None of the parts can hold a line feed, so no two envelopes
have the same bytes.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.feed.errors import SignatureRefused

VERSION: Final = "gengyun-feed-v1"
HEADERS: Final = {
    "system": "x-gengyun-system",
    "key": "x-gengyun-key",
    "timestamp": "x-gengyun-timestamp",
    "batch_id": "x-gengyun-batch",
    "signature": "x-gengyun-signature",
}
_SHAPES: Final = {
    "system": re.compile(r"[a-z][a-z0-9]{0,30}", re.ASCII),
    "key": re.compile(r"\d{1,5}", re.ASCII),
    "timestamp": re.compile(r"\d{10}", re.ASCII),
    "batch_id": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII),
    "signature": re.compile(r"[0-9a-f]{64}", re.ASCII),
}
_NOBODY: Final = b"\0" * 32

Keys = Mapping[str, Mapping[int, bytes]]
"""The keys of each system by version; while keys rotate, two of them are good."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a batch."""

    system: str
    key: int
    timestamp: int
    batch_id: str
    signature: str


def signed(system: str, timestamp: int, batch_id: str, path: str, body: bytes) -> bytes:
    """The bytes that are signed."""
    head = "".join(f"{part}\n" for part in (VERSION, system, timestamp, batch_id, "POST", path))
    return head.encode() + body


def signature(key: bytes, message: bytes) -> str:
    """The signature as it stands in the header."""
    return hmac.digest(key, message, hashlib.sha256).hex()


def opened(
    headers: Mapping[str, str], path: str, body: bytes, *, keys: Keys, at: datetime, clock: int
) -> Envelope:
    """The envelope of a request. Raises SignatureRefused, always in the same words.

    ``clock`` bounds how many seconds the sender's time may differ from ``at``.
    """
    parts = {name: headers.get(header, "") for name, header in HEADERS.items()}
    if not all(shape.fullmatch(parts[name]) for name, shape in _SHAPES.items()):
        raise _refused()
    envelope = Envelope(
        parts["system"], int(parts["key"]), int(parts["timestamp"]), parts["batch_id"],
        parts["signature"],
    )  # fmt: skip
    key = keys.get(envelope.system, {}).get(envelope.key)
    message = signed(envelope.system, envelope.timestamp, envelope.batch_id, path, body)
    good = hmac.compare_digest(signature(key or _NOBODY, message), envelope.signature)
    if key is None or not good or abs(at.timestamp() - envelope.timestamp) > clock:
        raise _refused()
    return envelope


def _refused() -> SignatureRefused:
    return SignatureRefused(
        "签名不对，或时间、系统、密钥版本不对",
        where="docs/feed.md",
        do="核对系统名、密钥版本、本机时钟和签名的写法；请求没有留下任何东西",
    )
