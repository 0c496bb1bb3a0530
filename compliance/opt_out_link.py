"""The customer's own link: says to us who it is for, and to everybody else nothing at all.

A token is encrypted and padded to one length, so that two of them differ in nothing that can be
seen, not even whether they name a customer, a WeCom contact or nobody.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import orjson

from compliance.errors import LinkBroken
from kit.crypto import FieldCipher, KeyUnknown, SealBroken

COLUMN: Final = "opt_out.link"
LENGTH: Final = 160
LINK_LASTS: Final = timedelta(days=365)
PROOF_LASTS: Final = timedelta(minutes=15)

Kind = Literal["customer", "contact", "nobody"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a token. ``proved``: WeChat said so, within the last minutes."""

    kind: Kind
    id: str
    proved: bool = False


def token_for(cipher: FieldCipher, holder: Holder, at: datetime) -> str:
    """An opaque token for a link or a form."""
    said = orjson.dumps(
        {"k": holder.kind, "i": holder.id, "p": holder.proved, "t": int(at.timestamp())}
    )
    sealed = cipher.seal(COLUMN, "", said.ljust(LENGTH))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def holder_of(cipher: FieldCipher, token: str, at: datetime) -> Holder:
    """Who a token is for. Raises LinkBroken, always with the same words."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        said = orjson.loads(cipher.open_bytes(COLUMN, "", sealed))
    except (binascii.Error, ValueError, SealBroken, KeyUnknown):
        raise broken() from None
    made = datetime.fromtimestamp(said["t"], UTC)
    if not timedelta() <= at - made + timedelta(minutes=1) < LINK_LASTS:
        raise broken()
    return Holder(said["k"], said["i"], bool(said["p"]) and at - made < PROOF_LASTS)


def broken() -> LinkBroken:
    """The one refusal of every token that cannot be used."""
    return LinkBroken("链接不完整，或已经失效", do="从最近一条消息里重新打开，或直接回复“退订”")
