"""The words of an item are locked: a request may name a version, never bring words of its own."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from content_library import repository as scripts_of
from content_library.errors import ScriptUnknown, WordsLocked
from content_library.facts import ApprovedScript
from content_library.item_rules import PLAIN

MAY_ASK: Final = frozenset(
    {
        "csrf_token", "contact", "chat", "script_version_id", "todo_id", "template_hash",
        "greeting",
    }
)  # fmt: skip
"""Everything that the page sends; whatever else comes was not made by it."""


def refuse_other_words(asked: Iterable[str]) -> None:
    """WordsLocked where a request brings anything that the page does not send."""
    foreign = sorted(set(asked) - MAY_ASK)
    if foreign:
        raise WordsLocked(
            "正文、产品数据和数字都不能由发送人改",
            saw="、".join(foreign)[:80],
            do="用审核过的原文发送；要改文字请提交新版本",
        )


async def version_of(
    session: AsyncSession, version_id: int | None, template_hash: str
) -> ApprovedScript:
    """The version that is to be sent; WordsLocked where the page showed other words."""
    found = (await scripts_of.by_version(session, [version_id or 0])).get(version_id or 0)
    if found is None:
        raise ScriptUnknown("没有这一版话术", do="回到话术库重新选择", version_id=version_id or 0)
    if template_hash and template_hash != found.template_hash:
        raise WordsLocked(
            "页面上的文字与审核通过的版本不一致", do="刷新页面后再发送", version_id=found.version_id
        )
    return found


def speaks(item: ApprovedScript) -> bool:
    """Whether an item is sent as words; a material goes without."""
    return item.library not in PLAIN
