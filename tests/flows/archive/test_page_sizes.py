"""Whatever size the pages have, the archive holds the same rows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from archive.activity import sheet
from archive.ingest import pull
from archive.models import MessageKey
from kit.db import Database
from tests.conftest import CIPHER
from tests.flows.archive.talks import (
    AT,
    CHEN,
    ROOM,
    ZHOU,
    Shelf,
    keys,
    record,
    said,
)
from tests.flows.archive.test_ingest import HOUR, _stored

pytestmark = pytest.mark.anyio


def _groups_and_pairs() -> list[dict[str, Any]]:
    return [
        said(
            f"第 {n} 句",
            by=("LiMin", ZHOU, CHEN)[n % 3],
            to=("wudan", "LiMin")[n % 2],
            room=ROOM if n % 4 == 0 else "",
            minute=n,
            msgid=f"m{n}",
        )
        for n in range(18)
    ]


RECORDS = [record(seq, message) for seq, message in enumerate(_groups_and_pairs(), 1)]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    hidden=st.sets(st.integers(2, 17), max_size=4),
)
def test_pulling_in_any_page_sizes_stores_the_same_rows(
    sizes: list[int], hidden: set[int], sqlite_template: Path, tmp_path: Path
) -> None:
    asyncio.run(_pulled_in_sizes(sizes, hidden, sqlite_template, tmp_path))


async def _pulled_in_sizes(
    sizes: list[int], hidden: set[int], template: Path, directory: Path
) -> None:
    outcomes = []
    for number, chosen in enumerate((sizes, [1000])):
        path = directory / f"{number}.db"
        path.write_bytes(template.read_bytes())  # noqa: ASYNC240
        database = Database(f"sqlite:///{path}", CIPHER)
        there = Shelf(RECORDS)
        there.hidden = set(hidden)
        hours = 1
        for size in chosen:
            await pull(database, there, keys(), at=AT + hours * HOUR, page_size=size, max_pages=2)
            hours += 1
        for _ in range(2):
            await pull(database, there, keys(), at=AT + hours * HOUR)
            hours += 1
        async with database.reading() as session:
            balance = await sheet(session)
            table = select(col(MessageKey.msgid), col(MessageKey.seq)).order_by(col(MessageKey.seq))
            named = [tuple(row) for row in await session.execute(table)]
        assert (balance.unexplained, balance.open_holes) == (0, 0)
        assert balance.absent == len(hidden)
        outcomes.append((await _stored(database), named))
        await database.close()
    assert outcomes[0] == outcomes[1]
    assert [seq for seq, *_ in outcomes[0][0]] == [n for n in range(1, 19) if n not in hidden]
