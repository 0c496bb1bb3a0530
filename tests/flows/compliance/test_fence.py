"""WeCom's own fence: certain words in step with the rulebook, other people's rules untouched."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from compliance.fence import keeping, words
from compliance.fence.keeping import Kept
from compliance.screening import Screener
from config import intercept_policy
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.delivery.office import screener
from tests.flows.wecom_world import World, wecom_world
from wecom import intercept
from wecom.intercept import BLOCK, WARN, Rule, Scope

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
ALL = Scope(departments=(1,))
PROMISES = Rule("耕耘·收益承诺1", ("保本保息", "稳赚不赔"), BLOCK, ALL)
BOASTS = Rule("耕耘·绝对化1", ("全国第一",), WARN, ALL)
THEIRS = Rule("合规部自建", ("内部",), BLOCK, ALL)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with wecom_world() as made:
        yield made


async def _keep(database: Database, world: World, *rules: Rule, apply: bool = True) -> Kept:
    return await keeping.keep(
        database,
        world.client,
        rules,
        prefix="耕耘",
        apply=apply,
        by="system:test",
        clock=lambda: AT,
    )


async def _there(world: World) -> dict[str, tuple[tuple[str, ...], int | None]]:
    return {one.name: (one.words, one.action) for one in await keeping.look(world.client)}


async def _states(database: Database) -> dict[str, tuple[str, str]]:
    async with database.reading() as session:
        return {one.name: (one.state, one.last_step) for one in await keeping.lines(session)}


def test_the_words_are_those_that_the_rulebook_blocks_alone() -> None:
    policy = intercept_policy.load()
    engine: Screener = screener()
    known = words.certain(engine, words.concept_words(), policy.least_chars)
    rules = words.wanted(known, policy)
    assert 1 <= len(rules) <= 100
    listed = [word for rule in rules for word in rule.words]
    assert len(listed) == len(set(listed)) > 50
    for word in listed:
        assert engine.screen(word, speaker="manager").verdict == "block", word
        assert not any(other != word and other in word for rule in rules if word in rule.words for other in rule.words)  # fmt: skip
    assert "保本" not in listed  # 不保本 must be sayable


async def test_a_dry_run_tells_what_differs_and_changes_nothing(
    database: Database, world: World
) -> None:
    kept = await _keep(database, world, PROMISES, apply=False)
    assert [(one.kind, one.name) for one in kept.planned] == [("add", PROMISES.name)]
    assert await _there(world) == {}
    assert await _states(database) == {PROMISES.name: ("missing", "")}


async def test_rules_are_added_changed_and_deleted_and_those_of_others_are_left_alone(
    database: Database, world: World
) -> None:
    await intercept.add(world.client, THEIRS)
    first = await _keep(database, world, PROMISES, BOASTS)
    assert (len(first.done), first.others) == (2, 1)
    assert (await _keep(database, world, PROMISES, BOASTS)).planned == []
    wider = Rule(PROMISES.name, ("保本保息", "包赚不赔"), WARN, Scope(("limin",)))
    second = await _keep(database, world, wider)
    assert [one.kind for one in second.done] == ["delete", "update"]
    assert "适用范围不同" in second.planned[1].why
    assert await _there(world) == {
        THEIRS.name: (THEIRS.words, BLOCK),
        wider.name: (wider.words, WARN),
    }
    [one] = [one for one in await keeping.look(world.client) if one.name == wider.name]
    assert one.scope == Scope(("limin",))
    assert await _states(database) == {wider.name: ("in_step", "update")}
    async with database.reading() as session:
        acts = [one.act for one in await page(session, Wanted(kind="setup"))]
    assert sorted(acts) == ["fence.add", "fence.add", "fence.delete", "fence.update"]


async def test_an_addition_without_an_answer_is_found_by_its_name_and_not_made_twice(
    database: Database, world: World
) -> None:
    await world.fault(kind="drop", path="externalcontact/add_intercept_rule", when="after", count=1)
    kept = await _keep(database, world, PROMISES)
    assert (len(kept.done), kept.unknown) == (1, [])
    assert len(await world.called("add_intercept_rule")) == 1
    assert await _states(database) == {PROMISES.name: ("in_step", "add")}


async def test_what_never_arrived_stays_unknown_until_the_list_is_read_again(
    database: Database, world: World
) -> None:
    await world.fault(
        kind="drop", path="externalcontact/add_intercept_rule", when="before", count=1
    )
    kept = await _keep(database, world, PROMISES)
    assert [one.name for one in kept.unknown] == [PROMISES.name]
    assert await _states(database) == {PROMISES.name: ("unknown", "add")}
    assert len(await world.called("add_intercept_rule")) == 1
    assert len((await _keep(database, world, PROMISES)).done) == 1


async def test_what_wecom_refuses_is_told_and_the_rest_goes_on(database: Database) -> None:
    async with wecom_world(intercept_rule_cap=1) as world:
        kept = await _keep(database, world, PROMISES, BOASTS)
        assert len(kept.done) == 1
        [(step, said)] = kept.refused
        assert step.name == BOASTS.name
        assert said
        assert (await _states(database))[BOASTS.name][0] == "refused"
