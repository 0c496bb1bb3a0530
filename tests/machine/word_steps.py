"""Words are written, changed, decided, taken back and forged."""

from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from content_library import service as library
from content_library.facts import ScriptDraft
from delivery import recalling
from tests.machine.model import Broken, Version, Words
from tests.machine.run import Run

AUTHOR, CHECKER = "staff:wangshan", "staff:hejing"
TEMPLATES: Final = {
    "care": "天气转凉，早晚添件衣服，出门慢一点。",
    "service": "今晚系统升级，手机银行暂停转账，请提前安排。",
    "marketing": "网点本周有家庭理财讲座，欢迎来坐坐。不想再收到，回复“退订”。",
}
NUMERALS: Final = "零一二三四五六七八九"


async def written(run: Run, a: int, b: int, c: int) -> None:
    """Somebody writes a text, mostly hands it in, and mostly another lets it pass."""
    purpose = ("care", "service", "care", "marketing")[a % 4]
    run.number += 1
    version = Version(0, f"news.{run.number}", _words(purpose, run.number), purpose, AUTHOR)
    draft = _draft(version)

    async def begin(session: AsyncSession) -> None:
        version.id = await library.draft(session, draft, by=AUTHOR, at=run.wall())

    if not await run.in_one(begin):
        return
    if not version.id:  # it was kept, and the process died before it could say which it is
        version.id = await _id_of(run, version.code)
    run.model.versions.append(version)
    if b % 8:
        await _hand_in(run, version)
        if b % 8 > 1:
            await _approve(run, version, CHECKER)


async def edited(run: Run, a: int, b: int, c: int) -> None:
    """A text that is not approved is changed; of an approved one a further version is begun."""
    if not run.model.versions:
        return
    version = run.model.versions[a % len(run.model.versions)]
    run.number += 1
    words = _words(version.purpose, run.number)
    if version.state in (Words.DRAFT, Words.SUBMITTED):
        changed = ScriptDraft(**{**_fields(version), "template": words})

        async def change(session: AsyncSession) -> None:
            await library.edit(session, version.id, changed, by=AUTHOR, at=run.wall())

        if await run.in_one(change):
            version.text, version.state = words, Words.DRAFT
    elif version.state is Words.APPROVED:
        further = Version(0, version.code, words, version.purpose, AUTHOR)

        async def begin(session: AsyncSession) -> None:
            further.id = await library.new_version(
                session, _draft(further), by=AUTHOR, at=run.wall()
            )

        if await run.in_one(begin) and further.id:
            run.model.versions.append(further)


async def decided(run: Run, a: int, b: int, c: int) -> None:
    """Drafts are handed in, what was handed in is approved; who wrote it tries that, too."""
    waiting = [one for one in run.model.versions if one.state in (Words.DRAFT, Words.SUBMITTED)]
    if not waiting:
        return
    version = waiting[a % len(waiting)]
    if version.state is Words.DRAFT:
        await _hand_in(run, version)
    elif b % 4 == 0:
        if await _approve(run, version, version.author):
            raise Broken(f"P11: {version.author} approved {version.code}, which is their own")
    else:
        await _approve(run, version, CHECKER)


async def recalled(run: Run, a: int, b: int, c: int) -> None:
    """An approved text is taken back; or somebody changes it behind everybody's back."""
    usable = [one for one in run.model.versions if one.state is Words.APPROVED]
    if not usable:
        return
    version = usable[a % len(usable)]
    if b % 3 == 0:
        async with run.house.meddling() as session:
            await session.execute(
                text("UPDATE script_version SET template = :words WHERE id = :id"),
                {"words": _words(version.purpose, 10_000 + run.number), "id": version.id},
            )
        version.state = Words.FORGED
        return

    async def recall(session: AsyncSession) -> None:
        await recalling.recall(session, version.id, by=CHECKER, reason="措辞调整", at=run.wall())

    if await run.in_one(recall):
        version.state = Words.RETIRED


def _words(purpose: str, number: int) -> str:
    counted = "".join(NUMERALS[int(digit)] for digit in str(number))
    return f"{TEMPLATES[purpose]}第{counted}期。"


def _fields(version: Version) -> dict[str, Any]:
    return {
        "code": version.code,
        "title": version.code,
        "scene": "news",
        "purpose": version.purpose,
        "template": version.text,
        "form": "broadcast",
    }


def _draft(version: Version) -> ScriptDraft:
    return ScriptDraft(**_fields(version))


async def _hand_in(run: Run, version: Version) -> None:
    async def submit(session: AsyncSession) -> None:
        await library.submit(
            session,
            version.id,
            by=version.author,
            reason="日常内容",
            at=run.wall(),
            examiner=run.house.parts.examiner,
        )

    if await run.in_one(submit):
        version.state = Words.SUBMITTED


async def _approve(run: Run, version: Version, by: str) -> bool:
    async def approve(session: AsyncSession) -> None:
        await recalling.approve(session, version.id, by=by, opinion="同意使用", at=run.wall())

    if not await run.in_one(approve):
        return False
    async with run.house.looking() as session:
        query = text("SELECT state FROM script_version WHERE id = :id")
        state = (await session.execute(query, {"id": version.id})).scalar_one()
    if state != "approved":
        return False
    run.model.approve(version)
    return True


async def _id_of(run: Run, code: str) -> int:
    async with run.house.looking() as session:
        query = text("SELECT max(id) FROM script_version WHERE code = :code")
        return int((await session.execute(query, {"code": code})).scalar_one())
