"""The salted digest of a message, and the list of them that a page leaves in the ledger.

``digest = SHA-256(salt ‖ canonical JSON of the fields below)``, with the SHA-256 of the raw
JSON in it. The salt keeps short texts from being guessed; when retention destroys it together
with the message, the ledger still verifies and the digest tells nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from kit.ledger.entries import canonical, moment_text

FORMAT: Final = 1
STORED: Final = "archive.stored"
KIND: Final = "chat"
UNIT: Final = "hq"
STREAM: Final = f"{KIND}:{UNIT}"


def message_digest(
    salt: bytes,
    *,
    seq: int,
    msgid: str,
    action: str,
    msgtype: str,
    from_id: str,
    room_id: str,
    sent_at: datetime,
    raw: bytes,
) -> str:
    """The digest of one message, in hex."""
    fields = {
        "v": FORMAT,
        "seq": seq,
        "msgid": msgid,
        "action": action,
        "msgtype": msgtype,
        "from": from_id,
        "room": room_id,
        "sent_at": moment_text(sent_at),
        "body": hashlib.sha256(raw).hexdigest(),
    }
    return hashlib.sha256(salt + canonical(fields)).hexdigest()


def page_payload(messages: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """What the ledger keeps of a page: its messages' numbers and digests, in order."""
    return {"v": FORMAT, "messages": [[seq, digest] for seq, digest in sorted(messages)]}


def page_digests(payload: Mapping[str, Any]) -> dict[int, str]:
    """Number to digest, out of what ``page_payload`` made."""
    return {int(seq): str(digest) for seq, digest in payload.get("messages", ())}
