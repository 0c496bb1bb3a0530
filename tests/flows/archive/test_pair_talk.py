"""Who has spoken with whom is known from the archive; what was said is not looked at."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from archive import pair_talk
from archive.models import ArchivedMessage
from archive.parties import talk_of
from kit.db import Database

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
ZHOU = "wm" + "Z" * 30


def _row(seq: int, sender: str, receiver: str, kind: str, **more: object) -> dict[str, object]:
    return {
        "seq": seq, "sent_at": AT + timedelta(minutes=seq), "msgid": f"m{seq}", "page": 1,
        "action": "send", "msgtype": "text", "from_id": sender, "from_kind": kind, "room_id": "",
        "talk": talk_of("", sender, [receiver]), "external": True, "time_given": True,
        "received_at": AT, "salt": b"s", "digest": "d", "body": b"sealed",
    } | more  # fmt: skip


async def test_the_first_word_of_each_side_in_a_talk_of_two(database: Database) -> None:
    rows = [
        _row(1, "limin", ZHOU, "staff"),
        _row(2, "limin", ZHOU, "staff"),
        _row(3, ZHOU, "limin", "customer"),
        _row(4, "limin", "wangfang", "staff", external=False),
        _row(5, ZHOU, "limin", "customer", room_id="wr1", talk="wr1"),
        _row(6, ZHOU, "limin", "customer", action="recall"),
    ]
    async with database.transaction() as session:
        await session.execute(insert(ArchivedMessage), rows)
        first, upto = await pair_talk.spoken(session, 0, 2)
        rest, last = await pair_talk.spoken(session, upto, 100)
        none, still = await pair_talk.spoken(session, last, 100)
    assert (upto, last, still, none) == (2, 6, 6, [])
    assert [(one.userid, one.external_userid) for one in (*first, *rest)] == [("limin", ZHOU)] * 2
    assert (first[0].staff_wrote_at, first[0].customer_wrote_at) == (
        AT + timedelta(minutes=1),
        None,
    )
    assert (rest[0].staff_wrote_at, rest[0].customer_wrote_at) == (None, AT + timedelta(minutes=3))
