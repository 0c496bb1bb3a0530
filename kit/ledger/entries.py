"""What a ledger entry says, and the bytes that are hashed.

The hash of an entry is SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of the
fields below, which include the hash of the entry before it in its stream and a salted digest
of its payload. The payload stays beside it, encrypted, so that it may one day be destroyed
(retention) while the chain still verifies.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

FORMAT: Final = 1
GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One act to be recorded.

    ``kind`` and ``unit`` choose the stream (one per unit and kind, so that branches do not
    wait for each other); ``actor`` is ``staff:<id>``, ``customer:<id>`` or ``system:<part>``;
    ``act`` is a past tense such as ``send.claimed``; ``object`` is what it was done to, by
    kind and id. ``payload`` may hold personal data: it is encrypted where it rests.
    """

    kind: str
    act: str
    actor: str
    object: str
    unit: str = "hq"
    reason: str = ""
    request_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stream(self) -> str:
        """The chain this entry belongs to."""
        return f"{self.kind}:{self.unit}"


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one byte form of a JSON object that is hashed."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
    ).encode("utf-8", "surrogatepass")


def payload_digest(salt: bytes, payload: bytes) -> str:
    """SHA-256 over salt and payload, in hex; the salt keeps short payloads from being guessed."""
    return hashlib.sha256(salt + payload).hexdigest()


def moment_text(at: datetime) -> str:
    """The form in which a moment is hashed: UTC with microseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry_hash(
    *,
    stream: str,
    seq: int,
    at: datetime,
    actor: str,
    act: str,
    object: str,
    unit: str,
    reason: str,
    request_id: str,
    prev: str,
    payload_digest: str,
) -> str:
    """The hash that chains an entry to the one before it."""
    fields = {
        "v": FORMAT,
        "stream": stream,
        "seq": seq,
        "at": moment_text(at),
        "actor": actor,
        "act": act,
        "object": object,
        "unit": unit,
        "reason": reason,
        "request_id": request_id,
        "prev": prev,
        "payload_digest": payload_digest,
    }
    return hashlib.sha256(canonical(fields)).hexdigest()
