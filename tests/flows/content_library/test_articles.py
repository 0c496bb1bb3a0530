"""资讯: an article lives by the same steps as a script, and its page shows only what was approved."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from content_library import repository, service
from content_library.articles import published
from content_library.errors import OwnWork, ScriptRefused
from content_library.facts import Block, Finding, Library, ScriptDraft, State
from content_library.item_files import article_draft
from kit.db import Database

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F1")]

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ROW: dict[str, object] = {
    "code": "article.safety.calls",
    "title": "接到“客服退款”电话怎么办",
    "topic": "safety",
    "summary": "三步认出假客服，银行不会索要验证码。",
    "publisher": "青禾银行消费者权益保护部",
    "source": "青禾银行",
    "published_on": "2026-11-20",
    "timing": "workday",
    "valid_until": "2026-12-31",
    "body": "# 先挂断\n\n银行不会索要验证码。\n- 挂断电话\n> 不转账\n![示意图](poster.safety)",
}


class Clean:
    def __call__(
        self, text: str, *, purpose: str, product_kind: str | None, personalised: bool = False
    ) -> tuple[Finding, ...]:
        self.read = text
        return ()


async def _approved(database: Database, words: ScriptDraft, reader: Clean) -> int:
    async with database.transaction() as session:
        version_id = await service.draft(session, words, by="staff:a", at=AT)
        await service.submit(session, version_id, by="staff:a", reason="", at=AT, examiner=reader)
        with pytest.raises(OwnWork):
            await service.approve(session, version_id, by="staff:a", opinion="同意", at=AT)
        await service.approve(session, version_id, by="staff:b", opinion="同意", at=AT)
    return version_id


async def test_an_article_is_read_from_its_approval_to_its_last_day(database: Database) -> None:
    words, reader = article_draft(ROW), Clean()
    async with database.transaction() as session:
        assert await published(session, words.code, AT) is None
    version_id = await _approved(database, words, reader)
    assert "接到“客服退款”" in reader.read
    assert "三步认出假客服" in reader.read
    assert "示意图" in reader.read
    async with database.transaction() as session:
        found = await published(session, words.code, AT)
        assert found is not None
        assert (found.version_id, found.version, found.publisher) == (
            version_id, 1, "青禾银行消费者权益保护部",
        )  # fmt: skip
        assert found.blocks[0] == Block("heading", "先挂断")
        assert [one.kind for one in found.blocks] == [
            "heading", "text", "item", "quote", "picture",
        ]  # fmt: skip
        assert found.blocks[-1].material == "poster.safety"
        assert await published(session, words.code, AT + timedelta(days=39)) is not None
        assert await published(session, words.code, AT + timedelta(days=40)) is None
        assert await repository.approved_by_code(session, [words.code], AT) == {}
        assert await repository.library(session, states=(State.APPROVED,)) == []
        [listed] = await repository.library(session, library=Library.ARTICLE)
        assert listed.script.title == words.title


async def test_a_new_title_or_summary_is_a_new_version_and_a_changed_row_is_not_shown(
    database: Database,
) -> None:
    words, reader = article_draft(ROW), Clean()
    await _approved(database, words, reader)
    async with database.transaction() as session:
        renamed = replace(words, title="换个题目")
        second = await service.new_version(session, renamed, by="staff:a", at=AT)
        both = await repository.by_version(session, [second - 1, second])
        assert both[second - 1].template_hash != both[second].template_hash
        found = await published(session, words.code, AT)
        assert found is not None
        assert found.title == words.title
        await session.execute(text("UPDATE script_version SET title = '改过' WHERE version = 1"))
        session.expire_all()
        assert await published(session, words.code, AT) is None


def test_pasted_html_keeps_its_words_and_nothing_that_runs() -> None:
    words = article_draft(
        {
            **ROW,
            "body": '<h2 onclick="x()">先挂断</h2><script>steal()</script><style>p{}</style>'
            '<p>不转账&lt;b&gt;<a href="javascript:x()">看这里</a></p><ul><li>第一步</li></ul>',
        }
    )
    assert words.template == "# 先挂断\n不转账<b>看这里\n- 第一步"


def test_an_article_without_source_or_with_a_field_is_refused_with_every_reason() -> None:
    with pytest.raises(ScriptRefused) as refused:
        article_draft({**ROW, "source": "", "topic": "x", "body": "{{amount}}", "timing": "夜里"})
    assert all(part in refused.value.what for part in ("来源", "栏目", "变量", "时机")), (
        refused.value.what
    )
