"""The tokens of content pages: who shared what with whom, sealed, so that an address says nothing.

A token can be neither read nor made by anybody else. One that is passed on is a child: it still
knows whose it was, but whoever opens it is a stranger until WeChat has named them.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from crm_sync.readings.errors import ReadingLinkBroken
from kit.crypto import FieldCipher, KeyUnknown, SealBroken

SHARE: Final = "reading.share"
VISIT: Final = "reading.visit"
READER: Final = "reading.reader"
CARD: Final = "staff_card.link"
LENGTH: Final = 208
CARD_LASTS: Final = timedelta(days=365)
VISIT_LASTS: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Shared:
    """One sharing: ``send`` names what it was sent with, ``generation`` how often passed on."""

    code: str
    version: int
    staff_id: str
    unit_id: str
    customer_id: int
    number: str
    send: str = ""
    generation: int = 0


def shared_now(
    code: str, version: int, staff_id: str, unit_id: str, customer_id: int, *, send: str = ""
) -> Shared:
    """A new sharing with a number of its own; ``send``: at most 24 characters are kept."""
    return Shared(code, version, staff_id, unit_id, customer_id, secrets.token_hex(6), send[:24])


def child_of(shared: Shared) -> Shared:
    """What is passed on: the same for every hand it goes through after the first."""
    return shared if shared.generation else replace(shared, generation=1)


def share_token(cipher: FieldCipher, shared: Shared, at: datetime) -> str:
    """The part of the address behind /o/c/: all of one length, under 400 characters."""
    return sealed(cipher, SHARE, at, [
        shared.code, shared.version, shared.staff_id, shared.unit_id, shared.customer_id,
        shared.number, shared.send, shared.generation,
    ])  # fmt: skip


def shared_of(cipher: FieldCipher, token: str, at: datetime, lasts: timedelta) -> Shared:
    """What a token says. Raises ReadingLinkBroken, always with the same words."""
    return Shared(*opened(cipher, SHARE, token, at, lasts))


def visit_token(cipher: FieldCipher, visit_no: str, customer_id: int, at: datetime) -> str:
    """What the page's script tells beside seconds and depth."""
    return sealed(cipher, VISIT, at, [visit_no, customer_id])


def visit_of(cipher: FieldCipher, token: str, at: datetime) -> tuple[str, int]:
    """Visit number and customer. Raises ReadingLinkBroken."""
    visit_no, customer_id = opened(cipher, VISIT, token, at, VISIT_LASTS)
    return visit_no, customer_id


def reader_token(cipher: FieldCipher, customer_id: int, at: datetime) -> str:
    """For the cookie of a browser whose person WeChat has named as this customer."""
    return sealed(cipher, READER, at, [customer_id])


def reader_of(cipher: FieldCipher, token: str, at: datetime, lasts: timedelta) -> int | None:
    """The customer whom WeChat named in this browser; None for any cookie that cannot be used."""
    try:
        return int(opened(cipher, READER, token, at, lasts)[0])
    except ReadingLinkBroken:
        return None


def card_token(cipher: FieldCipher, staff_id: str, at: datetime) -> str:
    """The part of the address behind /o/card/."""
    return sealed(cipher, CARD, at, [staff_id])


def card_of(cipher: FieldCipher, token: str, at: datetime) -> str:
    """Whose card it is. Raises ReadingLinkBroken."""
    return str(opened(cipher, CARD, token, at, CARD_LASTS)[0])


def sealed(cipher: FieldCipher, column: str, at: datetime, values: list[Any]) -> str:
    """An opaque token of one length, bound to what it is for."""
    said = orjson.dumps([int(at.timestamp()), *values])
    sealed = cipher.seal(column, "", said.ljust(LENGTH))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def opened(
    cipher: FieldCipher, column: str, token: str, at: datetime, lasts: timedelta
) -> list[Any]:
    """What a token says. Raises ReadingLinkBroken."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        made: int
        values: list[Any]
        made, *values = orjson.loads(cipher.open_bytes(column, "", sealed))
    except (binascii.Error, ValueError, SealBroken, KeyUnknown):
        raise broken() from None
    since = at - datetime.fromtimestamp(made, UTC)
    if not timedelta() <= since + timedelta(minutes=1) < lasts:
        raise broken()
    return values


def broken() -> ReadingLinkBroken:
    """The one refusal of every token that cannot be used."""
    return ReadingLinkBroken("链接不完整，或已经失效", do="请客户经理再发一次")
