"""What speaks of products needs three people: maker, first checker, second checker."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import approval_policy
from content_library import repository, service
from content_library.errors import ChangedSinceSubmission, OwnWork, WrongState
from content_library.facts import Finding, ScriptDraft, State
from content_library.item_rules import TITLED
from content_library.rules import fingerprint
from kit.db import Database

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
MAKER, FIRST, SECOND = "staff:zhangfan", "staff:luomin", "staff:hejing"
WORDS = ScriptDraft(
    code="wealth.open",
    title="开放日",
    scene="product.open",
    purpose="marketing",
    template="{{customer_title}}您好，产品开放。",
    product_kind="wealth",
)


def _clean(text: str, **_: object) -> tuple[Finding, ...]:
    return ()


async def test_a_product_is_usable_after_two_levels_by_three_people(database: Database) -> None:
    async with database.transaction() as session:
        version_id = await service.draft(session, WORDS, by=MAKER, at=AT)
        await service.submit(session, version_id, by=MAKER, reason="", at=AT, examiner=_clean)

        async def approve(by: str, **more: object) -> bool:
            return await service.approve(
                session, version_id, by=by, opinion="口径一致", at=AT, **more  # type: ignore[arg-type]
            )  # fmt: skip

        with pytest.raises(OwnWork):
            await approve(MAKER)
        assert await approve(FIRST, valid_until=date(2026, 12, 31)) is False
        assert await repository.approved(session, WORDS.scene, AT) == []
        fact = await repository.version(session, version_id)
        assert (fact.script.state, fact.checked_by) == (State.SUBMITTED, FIRST)
        with pytest.raises(OwnWork):
            await approve(FIRST)
        assert await approve(SECOND) is True
        [script] = await repository.approved(session, WORDS.scene, AT)
        assert script.approved_hash == script.template_hash
        assert script.valid_until == date(2026, 12, 31)
        fact = await repository.version(session, version_id)
    assert [one.act for one in fact.steps][-2:] == ["script.checked", "script.approved"]


async def test_an_edit_between_the_levels_voids_the_first(database: Database) -> None:
    async with database.transaction() as session:
        version_id = await service.draft(session, WORDS, by=MAKER, at=AT)
        await service.submit(session, version_id, by=MAKER, reason="", at=AT, examiner=_clean)
        await service.approve(session, version_id, by=FIRST, opinion="口径一致", at=AT)
        changed = replace(WORDS, template="{{customer_title}}您好，产品明天开放。")
        await service.edit(session, version_id, changed, by=MAKER, at=AT)
        with pytest.raises(WrongState):
            await service.approve(session, version_id, by=SECOND, opinion="口径一致", at=AT)
        await service.submit(session, version_id, by=MAKER, reason="", at=AT, examiner=_clean)
        assert not await service.approve(
            session, version_id, by=SECOND, opinion="口径一致", at=AT
        ), "the first level begins again"
        found = await repository.row(session, version_id)
        found.template = "{{customer_title}}您好，产品后天开放。"  # behind everybody's back
        await session.flush()
        with pytest.raises(ChangedSinceSubmission):
            await service.approve(session, version_id, by=FIRST, opinion="口径一致", at=AT)


def test_what_needs_two_levels_is_policy_but_marketing_of_products_always_does() -> None:
    policy = approval_policy.load()
    assert policy.needs_two(library="product", product_kind=None, purpose="care")
    assert policy.needs_two(library="script", product_kind="fund", purpose="marketing")
    assert not policy.needs_two(library="script", product_kind=None, purpose="marketing")
    values = policy.model_dump()
    values["two_levels"]["purposes"] = ["service"]
    with pytest.raises(ValueError, match="两级"):
        approval_policy.ApprovalPolicy.model_validate(values)


_TEXT = st.text(min_size=1, max_size=30)
_CHANGES: dict[str, st.SearchStrategy[object]] = {
    "code": _TEXT, "title": _TEXT, "scene": _TEXT, "purpose": _TEXT, "template": _TEXT,
    "form": _TEXT, "persona": st.none() | _TEXT, "product_kind": st.none() | _TEXT,
    "product_code": st.none() | _TEXT, "tiers": st.frozensets(_TEXT, max_size=3),
    "personas": st.frozensets(_TEXT, max_size=3), "licence": st.none() | _TEXT,
    "valid_from": st.none() | st.dates(), "valid_until": st.none() | st.dates(),
    "library": st.sampled_from(["script", "article", "media", "product"]),
    "timing": st.frozensets(_TEXT, max_size=3), "detail": st.dictionaries(_TEXT, _TEXT, max_size=3),
}  # fmt: skip


def test_every_field_is_among_those_that_are_changed() -> None:
    assert set(_CHANGES) == {one.name for one in fields(ScriptDraft)}


@given(data=st.data(), name=st.sampled_from(sorted(_CHANGES)))
def test_any_edit_voids_an_approval(data: st.DataObject, name: str) -> None:
    """Whatever is changed, the fingerprint that was signed no longer matches."""
    value = data.draw(_CHANGES[name])
    changed = replace(WORDS, **{name: value})  # type: ignore[arg-type]
    same = value == getattr(WORDS, name)
    unseen = name == "title" and WORDS.library not in TITLED  # shown to colleagues alone
    assert (fingerprint(changed) == fingerprint(WORDS)) is (same or unseen)
