"""Seventeen hostile nicknames through sync, work item and page: data everywhere."""

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.binding import BindingOutcome
from crm_sync.contacts import land_contact
from crm_sync.models import Contact
from crm_sync.repository import profiles
from crm_sync.sync.full import full_sync
from delivery.binding_work import work_of
from delivery.worklist import count_work, open_work
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import detail, follow
from tests.flows.wecom_world import wecom_world
from tests.hostile_nicknames import NICKNAMES

pytestmark = pytest.mark.anyio
SHARED = "13912345678"
PAGES = (
    "/c/work",
    "/c/launch/conflicts",
    "/c/launch/unbound",
    "/c/funnel?layer=public",
    "/c/adds?view=list",
    "/c/contacts",
)


class Elements(HTMLParser):
    """The elements of a page and their handlers; a nickname must add none."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script" and not dict(attrs).get("src")
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def _harmless(html: str) -> None:
    found = Elements()
    found.feed(html)
    assert not found.scripts
    assert not found.handlers
    assert "alert(1)</script>" not in html
    assert "\x1b" not in html


async def test_every_hostile_nickname_is_shown_as_data(desk_office: Office) -> None:
    async with desk_office.database.transaction() as session:
        for number in (1, 2):
            await bank.customer(session, f"family-{number}", owner="limin", phone=SHARED)
    customers = [
        {
            "external_userid": f"wm-{number:02}",
            "name": name,
            "followers": [
                {"userid": "limin", "remark": f"{name[:20]}{SHARED}", "createtime": int(AT.timestamp()) - 86_400}
            ],
        }
        for number, name in enumerate(NICKNAMES.values())
    ]  # fmt: skip

    async def tell(session: AsyncSession, outcomes: Sequence[BindingOutcome]) -> None:
        works = [work for one in outcomes if (work := work_of(one)) is not None]
        await open_work(session, works, at=AT)

    async with wecom_world(customers=customers) as world:
        await full_sync(
            desk_office.database,
            world.client,
            AT,
            policy=desk_office.parts.personas,
            parts=("contacts", "binding"),
            tell=tell,
        )
    async with desk_office.database.reading() as session:
        kept = await profiles.names_of(session, [str(one["external_userid"]) for one in customers])
        assert await count_work(session, units=None, kind="binding_conflict") == len(NICKNAMES)
        assert (await session.execute(select(func.count()).select_from(Contact))).scalar_one() > 17
    assert [kept[key] for key in sorted(kept)] == list(NICKNAMES.values())
    desk = await desk_office.sit("wangshan")
    for path in PAGES:
        _harmless(await desk.page(path))
        assert (await desk.get(f"/api/v1{path}")).json()["data"]
    works = re.findall(r'href="(/c/work/binding[^"]+)"', await desk.page("/c/work"))
    assert len(works) == len(NICKNAMES)
    shown = "".join([await desk.page(path) for path in works])
    _harmless(shown)
    assert escape("<********>") in shown  # the script's nickname, masked and escaped
    assert "49" not in re.findall(r"联系人</dt><dd[^>]*>([^<]*)", shown)


async def test_half_a_character_is_landed_too(desk_office: Office) -> None:
    async with desk_office.database.transaction() as session:
        await land_contact(session, detail("wm-half", follow("limin"), name="半\ud83d个"), AT)
        names = await profiles.names_of(session, ["wm-half"])
    assert names["wm-half"].startswith("半")
    desk = await desk_office.sit("wangshan")
    _harmless(await desk.page("/c/launch/unbound"))
