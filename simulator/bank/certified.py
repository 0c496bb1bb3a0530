"""The certificates of the synthetic bank's people: one a licence; few are over or end soon."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from simulator.bank.shape import Member

Cell = str | int | date | None
_ISSUERS: Final = {
    "基金": ("基金从业资格", "中国证券投资基金业协会", "F"),
    "保险": ("保险销售从业资格", "中国保险行业协会", "B"),
    "理财": ("理财销售资格", "中国银行业协会", "L"),
}


def certificates_of(member: Member, today: date) -> Iterator[Sequence[Cell]]:
    """Rows of the certificate file of one member of staff."""
    digits = "".join(sign for sign in member.staff_id if sign.isdigit()) or "0"
    turn = int(digits)
    for place, licence in enumerate(member.licences):
        kind, issuer, letter = _ISSUERS.get(licence, (f"{licence}从业资格", "中国银行业协会", "Q"))
        days = -20 if (turn + place) % 23 == 7 else 12 if (turn + place) % 19 == 3 else 500
        yield [
            member.staff_id, kind, f"{letter}{turn:08d}{place}", issuer, licence,
            today + timedelta(days=days if days < 0 else days + turn % 90),
        ]  # fmt: skip
