"""Tags of others are read and never asked to change; at the cap the last is made, one more refused."""

import ast
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from config import persona_policy
from crm_sync.errors import TagCapReached
from crm_sync.models import PersonaMembership, WecomTag
from crm_sync.sync.full import full_sync
from crm_sync.tag_writer import write_tags
from crm_sync.tags import ensure_tags, plan_tags, plan_tags_for
from kit.db import Database
from tests.flows.crm_sync.bank import AT
from tests.flows.crm_sync.test_tags import filled, pairs, tags_in_wecom, world_of
from wecom import tags
from wecom.errors import WecomError

pytestmark = pytest.mark.anyio
POLICY = persona_policy.load()
LATER = AT + timedelta(minutes=30)


class Told:
    """A caller that keeps what was asked of WeCom."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def call(
        self, path: str, body: Mapping[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        self.asked.append((path, body or {}))
        answer: dict[str, Any] = await self.inner.call(path, body, **more)
        return answer


async def test_tags_of_the_console_are_read_and_never_asked_to_change(database: Database) -> None:
    [first, *_] = await pairs(database)
    async with world_of() as world:
        await filled(world)
        told = Told(world.client)
        await full_sync(database, told, AT, policy=POLICY)
        ids = await ensure_tags(database, told, POLICY, AT, cap=3_000)
        await plan_tags(database, AT)
        await world.act("tag", userid="li", external_userid="wm-1", remove_tag=["t-gold"])
        while (await write_tags(database, told, AT)).claimed:
            pass
        async with database.transaction() as session:
            await session.execute(
                PersonaMembership.__table__.delete().where(  # type: ignore[attr-defined]
                    col(PersonaMembership.customer_id) == first
                )
            )
            await plan_tags_for(session, [first], LATER)
        while (await write_tags(database, told, LATER)).claimed:
            pass
        await full_sync(database, told, LATER, policy=POLICY)
        assert await tags_in_wecom(world, "wm-0") == {"li": {"金卡"}, "wang": {"金卡"}}
        for changed in (
            tags.edit(world.client, "t-gold", name="白金"),
            tags.delete(world.client, tag_ids=["t-gold"]),
        ):
            with pytest.raises(WecomError):  # what the console made is not ours to change
                await changed
    paths = {path for path, _ in told.asked}
    assert "externalcontact/mark_tag" in paths
    assert not paths & {"externalcontact/edit_corp_tag", "externalcontact/del_corp_tag"}
    marked = {
        one
        for path, body in told.asked
        if path.endswith("mark_tag")
        for one in (*body.get("add_tag", ()), *body.get("remove_tag", ()))
    }
    assert marked <= set(ids.values())


def test_no_line_of_the_program_edits_a_tag_and_only_a_moments_own_is_deleted() -> None:
    root = Path(tags.__file__).parents[1]
    packages = [one for one in root.iterdir() if (one / "__init__.py").is_file()]
    files = [file for one in packages if one.name not in ("tests", "simulator", "bench")
             for file in one.rglob("*.py")]  # fmt: skip
    calls = {
        (file.name, node.attr)
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "tags"
        and node.attr in ("edit", "delete", "mark", "list_all")
    }
    assert {name for _, name in calls} == {"mark", "list_all", "delete"}
    assert [file for file, name in calls if name == "delete"] == ["shown_tags.py"]


@pytest.mark.parametrize("cap", [3_000, 10_000])
async def test_at_the_cap_the_last_tag_is_made_and_one_more_is_refused_with_nothing_lost(
    database: Database, cap: int
) -> None:
    wanted = len(POLICY.persona)
    async with world_of(tag_cap=cap) as world:
        room = cap - wanted
        await world.post(
            "tags",
            [
                {"name": f"组{place}", "tags": [
                    {"id": f"t-{place}-{one}", "name": f"标签{place}-{one}"}
                    for one in range(min(1_000, room - place * 1_000))
                ]}
                for place in range(-(-room // 1_000))
            ],
        )  # fmt: skip
        await world.post("tags", [{"name": "多一个", "tags": [{"id": "t-more", "name": "多"}]}])
        with pytest.raises(TagCapReached) as refused:
            await ensure_tags(database, world.client, POLICY, AT, cap=cap)
        assert f"现有 {room + 1} 个，还要建 {wanted} 个，上限 {cap} 个" == refused.value.saw
        assert refused.value.code == "E-3321"
        async with database.reading() as session:
            ours = select(func.count()).where(col(WecomTag.ours).is_(True))
            assert (await session.execute(ours)).scalar_one() == 0
        await world.act("delete_tag", id="t-more")
        made = await ensure_tags(database, world.client, POLICY, AT, cap=cap)
        assert len(made) == wanted
        groups = await tags.list_all(world.client)
        assert sum(len(group.tags) for group in groups) == cap
        assert len(await ensure_tags(database, world.client, POLICY, LATER, cap=cap)) == wanted
