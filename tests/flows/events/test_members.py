"""Who leaves WeCom is signed out at once, and somebody is told to hand the customers over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.handlers import Office, handle_with
from kit.db import Database
from kit.web import sessions
from kit.web.sessions import Limits, SessionOver
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import desk
from tests.flows.wecom_world import wecom_world
from wecom.events import parse

pytestmark = pytest.mark.anyio

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "wecom_events"
AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
LIMITS = Limits(
    idle=timedelta(minutes=30), absolute=timedelta(hours=12), fresh=timedelta(minutes=5)
)


async def _signed_in(database: Database, staff_id: str) -> str:
    async with database.transaction() as session:
        return await sessions.begin(
            session, staff_id=staff_id, surface="h5", means="wecom", at=AT, limits=LIMITS
        )


async def _find(database: Database, token: str) -> str:
    async with database.reading() as session:
        found = await sessions.find(session, token, surface="h5", at=AT, limits=LIMITS)
    return found.staff_id


async def _told(database: Database, change: str) -> None:
    """WeCom says that something became of 张三's account."""
    xml = (SAMPLES / f"90970_change_contact.{change}.xml").read_bytes()
    async with wecom_world() as world:
        handle = handle_with(Office(database, world.client, desk()))
        assert await handle(parse(xml), "digest", AT)


async def _bank(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "zhangsan")
        await bank.staff(session, "limin")


async def test_a_member_who_was_deleted_is_signed_out_and_others_are_not(
    database: Database,
) -> None:
    await _bank(database)
    gone, stays = await _signed_in(database, "zhangsan"), await _signed_in(database, "limin")
    await _told(database, "delete_user")
    with pytest.raises(SessionOver):
        await _find(database, gone)
    assert await _find(database, stays) == "limin"
    async with database.reading() as session:
        query = text("SELECT kind FROM work_item WHERE key = 'leaver:zhangsan'")
        assert (await session.execute(query)).scalar_one() == "staff_left"


async def test_a_member_who_merely_changed_stays_signed_in(database: Database) -> None:
    await _bank(database)
    token = await _signed_in(database, "zhangsan")
    await _told(database, "update_user.full")
    assert await _find(database, token) == "zhangsan"
    async with database.reading() as session:
        query = text("SELECT count(*) FROM work_item WHERE kind = 'staff_left'")
        assert (await session.execute(query)).scalar_one() == 0
