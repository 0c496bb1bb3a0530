"""No words reach a customer but those a second person has approved, exactly as they stand."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from content_library import repository, service
from content_library.errors import (
    ChangedSinceSubmission,
    OpinionNeeded,
    OwnWork,
    ScriptRefused,
    ScriptUnknown,
    WordsBlocked,
    WrongState,
)
from content_library.facts import Finding, ScriptDraft, State
from kit.db import Database
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify

pytestmark = [pytest.mark.anyio]

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
AUTHOR, APPROVER = "staff:zhangfan", "staff:hejing"
WORDS = ScriptDraft(
    code="maturity.deposit.t7",
    title="定期到期提醒",
    scene="maturity.deposit.t7",
    purpose="service",
    template="{{customer_title}}您好，您的{{product_name}}将于{{matures_on}}到期。",
)


class Says:
    """An examiner that always says the same."""

    def __init__(self, *remarks: Finding) -> None:
        self.remarks = remarks

    def __call__(
        self, text: str, *, purpose: str, product_kind: str | None, personalised: bool = False
    ) -> tuple[Finding, ...]:
        return self.remarks


CLEAN = Says(Finding("合规用语", "ok", "没有命中规则"))


async def _submitted(
    session: AsyncSession, words: ScriptDraft = WORDS, examiner: Says = CLEAN
) -> int:
    version_id = await service.draft(session, words, by=AUTHOR, at=AT)
    await service.submit(
        session, version_id, by=AUTHOR, reason="统一口径", at=AT, examiner=examiner
    )
    return version_id


async def _approved(session: AsyncSession, words: ScriptDraft = WORDS) -> int:
    version_id = await _submitted(session, words)
    await service.approve(session, version_id, by=APPROVER, opinion="同意发布", at=AT)
    return version_id


async def test_a_script_is_usable_from_its_approval_and_not_before(database: Database) -> None:
    async with database.transaction() as session:
        version_id = await _submitted(session)
        assert await repository.approved(session, WORDS.scene, AT) == []
        await service.approve(session, version_id, by=APPROVER, opinion="同意发布", at=AT)
        [script] = await repository.approved(session, WORDS.scene, AT)
    assert (script.version_id, script.version, script.state) == (version_id, 1, "approved")
    assert script.approved_hash == script.template_hash
    assert script.personal_fields
    assert script.fields == ("customer_title", "product_name", "matures_on")


@pytest.mark.parametrize("by", [AUTHOR, "staff:submitter"])
async def test_nobody_approves_what_they_wrote_or_submitted(database: Database, by: str) -> None:
    async with database.transaction() as session:
        version_id = await service.draft(session, WORDS, by=AUTHOR, at=AT)
        await service.submit(
            session, version_id, by="staff:submitter", reason="x", at=AT, examiner=CLEAN
        )
        for decide in (service.approve, service.reject, service.send_back):
            with pytest.raises(OwnWork):
                await decide(session, version_id, by=by, opinion="我看可以", at=AT)
        assert (await repository.version(session, version_id)).script.state == State.SUBMITTED


@pytest.mark.parametrize("opinion", ["", " ", "\n", "好"])
async def test_a_decision_needs_an_opinion(database: Database, opinion: str) -> None:
    async with database.transaction() as session:
        version_id = await _submitted(session)
        with pytest.raises(OpinionNeeded):
            await service.approve(session, version_id, by=APPROVER, opinion=opinion, at=AT)


async def test_an_edit_after_submission_voids_it(database: Database) -> None:
    async with database.transaction() as session:
        version_id = await _submitted(session)
        read = (await repository.version(session, version_id)).script.template_hash
        await service.edit(
            session, version_id, replace(WORDS, template="换了一句话。"), by=AUTHOR, at=AT
        )
        with pytest.raises(WrongState):
            await service.approve(session, version_id, by=APPROVER, opinion="同意发布", at=AT)
        await service.submit(session, version_id, by=AUTHOR, reason="改字", at=AT, examiner=CLEAN)
        with pytest.raises(ChangedSinceSubmission):
            await service.approve(
                session, version_id, by=APPROVER, opinion="同意发布", at=AT, template_hash=read
            )


@pytest.mark.parametrize(
    "change",
    [
        "template = '您的存款保本高收益'",
        "purpose = 'care'",
        "valid_until = '2099-01-01'",
        "product_code = 'X1'",
    ],
)
async def test_a_row_changed_behind_the_approval_no_longer_matches(
    database: Database, change: str
) -> None:
    async with database.transaction() as session:
        version_id = await _approved(session)
        await session.execute(text(f"UPDATE script_version SET {change}"))  # noqa: S608
        session.expire_all()
    async with database.reading() as session:
        script = (await repository.by_version(session, [version_id]))[version_id]
    assert script.approved_hash is not None
    assert script.template_hash != script.approved_hash


async def test_what_the_checks_block_nobody_can_approve(database: Database) -> None:
    blocked = Says(Finding("合规用语", "block", "承诺保本", "R-YLD-01", 0, 2))
    async with database.transaction() as session:
        version_id = await _submitted(session, examiner=blocked)
        with pytest.raises(WordsBlocked):
            await service.approve(session, version_id, by=APPROVER, opinion="我负责", at=AT)


async def test_the_approver_accepts_the_review_rules_by_name(database: Database) -> None:
    doubtful = Says(Finding("合规用语", "warn", "请复核", "R-ADV-01", 0, 2))
    async with database.transaction() as session:
        version_id = await _submitted(session, examiner=doubtful)
        await service.approve(session, version_id, by=APPROVER, opinion="已核对出处", at=AT)
        [script] = await repository.approved(session, WORDS.scene, AT)
    assert script.accepted_rules == {"R-ADV-01"}


async def test_a_new_version_replaces_the_old_one_when_it_is_approved(database: Database) -> None:
    async with database.transaction() as session:
        first = await _approved(session)
        better = replace(WORDS, template=WORDS.template + "到期前可来网点办理。")
        second = await service.new_version(session, better, by=AUTHOR, at=AT)
        await service.submit(session, second, by=AUTHOR, reason="补充", at=AT, examiner=CLEAN)
        [script] = await repository.approved(session, WORDS.scene, AT)
        assert script.version_id == first
        await service.approve(session, second, by=APPROVER, opinion="同意发布", at=AT)
        [script] = await repository.approved(session, WORDS.scene, AT)
        assert (script.version_id, script.version) == (second, 2)
        old = (await repository.by_version(session, [first]))[first]
        assert old.state == State.RETIRED
        newest, oldest = await repository.versions(session, WORDS.code)
    assert (newest.script.version, oldest.script.version) == (2, 1)
    assert oldest.retire_reason == "由第 2 版替代"


async def test_a_recall_holds_at_once(database: Database) -> None:
    async with database.transaction() as session:
        version_id = await _approved(session)
        await service.retire(session, version_id, by=AUTHOR, reason="口径有变", at=AT)
        assert await repository.approved(session, WORDS.scene, AT) == []
        script = (await repository.by_version(session, [version_id]))[version_id]
        assert script.state == State.RETIRED
        with pytest.raises(WrongState):
            await service.retire(session, version_id, by=AUTHOR, reason="口径有变", at=AT)


async def test_validity_is_counted_in_bank_days_with_both_ends(database: Database) -> None:
    dated = replace(WORDS, valid_from=date(2026, 11, 23), valid_until=date(2026, 11, 24))
    async with database.transaction() as session:
        await _approved(session, dated)
        midnight = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # 11-23 00:00 at the bank
        usable = [
            bool(await repository.approved(session, WORDS.scene, moment))
            for moment in (
                midnight - timedelta(seconds=1),
                midnight,
                midnight + timedelta(days=2, seconds=-1),
                midnight + timedelta(days=2),
            )
        ]
    assert usable == [False, True, True, False]


async def test_the_approver_may_shorten_the_validity_and_signs_it(database: Database) -> None:
    async with database.transaction() as session:
        version_id = await _submitted(session)
        await service.approve(
            session, version_id, by=APPROVER, opinion="年底到期", at=AT,
            valid_until=date(2026, 12, 31),
        )  # fmt: skip
        [script] = await repository.approved(session, WORDS.scene, AT)
    assert script.valid_until == date(2026, 12, 31)
    assert script.approved_hash == script.template_hash


Step = Callable[[AsyncSession, int], Awaitable[None]]


async def _reject(session: AsyncSession, version_id: int) -> None:
    await service.reject(session, version_id, by=APPROVER, opinion="不符合口径", at=AT)


async def _send_back(session: AsyncSession, version_id: int) -> None:
    await service.send_back(session, version_id, by=APPROVER, opinion="请补充日期", at=AT)


@pytest.mark.parametrize(
    ("step", "state", "editable"),
    [(_reject, State.REJECTED, False), (_send_back, State.DRAFT, True)],
)
async def test_a_refused_version_ends_and_a_returned_one_may_be_changed(
    database: Database, step: Step, state: State, editable: bool
) -> None:
    async with database.transaction() as session:
        version_id = await _submitted(session)
        await step(session, version_id)
        fact = await repository.version(session, version_id)
        assert fact.script.state == state
        assert fact.findings
        if editable:
            await service.edit(session, version_id, WORDS, by=AUTHOR, at=AT)
        else:
            with pytest.raises(WrongState):
                await service.edit(session, version_id, WORDS, by=AUTHOR, at=AT)


async def test_every_step_is_kept_and_chained(database: Database) -> None:
    async with database.transaction() as session:
        version_id = await _approved(session)
        await service.retire(session, version_id, by=APPROVER, reason="口径有变", at=AT)
    async with database.reading() as session:
        fact = await repository.version(session, version_id)
        entries = await page(session, Wanted(object=f"script:{WORDS.code}/1"))
        assert (await verify(session)).sound
    acts = ["script.drafted", "script.submitted", "script.approved", "script.retired"]
    assert [step.act for step in fact.steps] == acts
    assert [entry.act for entry in reversed(entries)] == acts
    approval = entries[1]
    assert approval.actor == APPROVER
    assert approval.payload["template_hash"] == fact.script.approved_hash


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"template": "{{customer_name}}您好"}, "没有“customer_name”"),
        ({"template": "您有{{amount}}到期"}, "只供员工看"),
        ({"form": "broadcast"}, "客户个人信息"),
        ({"form": "moment", "template": "好" * 91}, "90"),
        ({"template": "{{ Customer }}"}, "小写英文名"),
        ({"template": "{{customer_title"}, "小写英文名"),
        ({"template": "好" * 1334}, "4000"),
        ({"template": " \n"}, "没有正文"),
        ({"template": "您好\u202e了"}, "控制字符"),
        ({"purpose": "sale"}, "用途"),
        ({"product_kind": "stock"}, "产品类别"),
        ({"product_kind": None, "product_code": "X"}, "产品类别"),
        ({"code": "../x"}, "编号"),
        ({"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)}, "有效期"),
    ],
)
async def test_words_that_cannot_be_kept_are_refused_with_the_reason(
    database: Database, change: dict[str, object], reason: str
) -> None:
    async with database.transaction() as session:
        with pytest.raises(ScriptRefused) as refusal:
            await service.draft(session, replace(WORDS, **change), by=AUTHOR, at=AT)  # type: ignore[arg-type]
    assert reason in refusal.value.what


async def test_a_code_is_taken_once_and_an_unknown_one_has_no_versions(database: Database) -> None:
    async with database.transaction() as session:
        await service.draft(session, WORDS, by=AUTHOR, at=AT)
        with pytest.raises(WrongState):
            await service.draft(session, WORDS, by=AUTHOR, at=AT)
        with pytest.raises(ScriptUnknown):
            await service.new_version(session, replace(WORDS, code="no.such"), by=AUTHOR, at=AT)
        with pytest.raises(ScriptUnknown):
            await repository.version(session, 10**9)


async def test_what_was_asked_for_comes_first_and_what_is_for_others_never(
    database: Database,
) -> None:
    async with database.transaction() as session:
        for code, persona in (("c.any", None), ("b.mum", "宝妈"), ("a.old", "老年")):
            words = replace(WORDS, code=code, scene="persona", persona=persona, purpose="care")
            await _approved(session, words)
        codes = [
            [script.code for script in await repository.approved(session, *asked)]
            for asked in (
                ("persona", AT, "宝妈"),
                ("persona.宝妈", AT),
                ("persona", AT),
            )
        ]
    assert codes == [["b.mum", "c.any"], ["b.mum", "c.any"], ["c.any", "a.old", "b.mum"]]


async def test_the_queue_and_the_shelf_show_what_there_is(database: Database) -> None:
    async with database.transaction() as session:
        await _approved(session)
        await _submitted(session, replace(WORDS, code="x.later"))
        assert [one.script.code for one in await repository.waiting(session)] == ["x.later"]
        shelf = await repository.library(session, states=[State.APPROVED])
        assert [one.script.code for one in shelf] == [WORDS.code]
        assert (await repository.counts(session))[State.SUBMITTED] == 1
        assert await repository.library(session, after="x.later") == []
