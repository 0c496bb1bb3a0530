"""素材: what a file is, is read from its bytes; its id in WeCom is never used once it ends."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from config import library_policy
from content_library import service, uploads
from content_library.addresses import Addresses
from content_library.errors import FileRefused, MaterialNotReady, MaterialRefused, ScriptRefused
from content_library.facts import Finding, Form, Library, ScriptDraft
from content_library.material_files import keep, known
from content_library.rules import checked
from delivery import attached
from delivery.dispatcher import NobodyLeft, NotNow
from delivery.facts import BROADCAST
from delivery.phrasing import routes
from delivery.repository.outbox import Claim
from kit import clock
from kit.db import Database
from tests.flows.wecom_world import AGENT, World, wecom_world
from wecom import media
from wecom.errors import WecomError
from wecom.media import LIFETIME

pytestmark = [pytest.mark.anyio]

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
POLICY = library_policy.load()


def _zip(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image"),
        (b"\xff\xd8\xff\xe0" + b"0" * 64, "image"),
        (b"\x00\x00\x00\x18ftypmp42" + b"0" * 64, "video"),
        (b"%PDF-1.7 " + b"0" * 64, "file"),
        (_zip("[Content_Types].xml", "word/document.xml"), "file"),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, kind: str) -> None:
    assert known(content).kind == kind


@pytest.mark.parametrize(
    "content",
    [
        b"MZ" + b"0" * 64,
        b"<svg onload=alert(1)>",
        b"GIF89a" + b"0" * 64,
        b"\x89PNG\r\n\x1a\n" + b"0" * (10 * 1024**2),
        _zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        _zip("a.exe"),
        b"",
    ],
)
def test_what_runs_what_is_too_large_and_what_nobody_knows_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused):
        known(content)


def _draft(digest: str, **changes: Any) -> ScriptDraft:
    detail = {"kind": "poster", "file": digest, **changes.pop("detail", {})}
    values: dict[str, Any] = {
        "code": "poster.safety",
        "title": "防诈海报",
        "scene": "media.poster",
        "purpose": "care",
        "template": "陌生来电要转账，先挂断。",
        "form": Form.ATTACHMENT,
        "library": Library.MEDIA,
        "detail": detail,
    }
    return ScriptDraft(**{**values, **changes})


def test_a_picture_whose_words_nobody_wrote_down_cannot_be_for_many() -> None:
    with pytest.raises(ScriptRefused, match="只能用于单聊"):
        checked(_draft("a" * 64, template=""))
    checked(_draft("a" * 64, template="", detail={"wordless": True}))
    checked(_draft("a" * 64, template="", detail={"forms": ["single"]}))


class Reads:
    """An examiner that remembers what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str, **_: object) -> tuple[Finding, ...]:
        self.texts.append(text)
        return ()


async def _approved(session: AsyncSession, draft: ScriptDraft, at: datetime) -> int:
    reads = Reads()
    version_id = await service.draft(session, draft, by="staff:a", at=at)
    await service.submit(session, version_id, by="staff:a", reason="", at=at, examiner=reads)
    await service.approve(session, version_id, by="staff:b", opinion="同意使用", at=at)
    assert draft.template in reads.texts[0]
    return version_id


@pytest.mark.mission("F1")
async def test_an_id_is_used_to_the_margin_of_its_three_days_and_renewed_before(
    database: Database,
) -> None:
    async with wecom_world() as world:
        uploaded_at = clock.now()
        async with database.transaction() as session:
            file = await keep(session, PNG, by="staff:a", at=uploaded_at)
            version_id = await _approved(session, _draft(file.digest), uploaded_at)
            with pytest.raises(MaterialNotReady):
                await _hung(session, uploaded_at)
        first = await uploads.renew(database, world.client, uploaded_at, POLICY)
        assert (first.uploaded, first.failed) == (2, ())  # for messages, and for moments
        async with database.transaction() as session:
            [ready] = await _hung(session, uploaded_at)
            alive = (await uploads.standing(session, file.digest))[0]
            assert alive.created_at is not None
            born = alive.created_at
            assert alive.expires_at == born + LIFETIME
            at_71_49 = born + timedelta(hours=71, minutes=49)
            at_71_59 = born + timedelta(hours=71, minutes=59)
            at_72_02 = born + timedelta(hours=72, minutes=2)
            [last] = await _hung(session, at_71_49)
            assert last.media_id == ready.media_id
            for late in (at_71_59, at_72_02):  # inside the margin of ten minutes, and after it
                with pytest.raises(MaterialNotReady):
                    await _hung(session, late)
        await world.advance(71 * 3600 + 59 * 60)
        assert (await media.download(world.client, ready.media_id)).content == PNG
        await world.advance(3 * 60)
        with pytest.raises(WecomError):  # 72 h 02: WeCom itself knows the id no more
            await media.download(world.client, ready.media_id)
        await world.advance(-3 * 60)
        assert (await uploads.renew(database, world.client, born, POLICY)).uploaded == 0
        renewed = await uploads.renew(database, world.client, at_71_59, POLICY)
        assert renewed.uploaded == 2
        async with database.transaction() as session:
            [fresh] = await _hung(session, at_72_02)
            assert fresh.media_id != ready.media_id
        assert attached.attachments([fresh])[0].as_json() == {
            "msgtype": "image", "image": {"media_id": fresh.media_id},
        }  # fmt: skip
        with pytest.raises(NotNow):  # a broadcast waits for the next upload, with no ended id
            await _broadcast(database, world, clock.now() + timedelta(hours=300))
        async with database.transaction() as session:
            await service.retire(session, version_id, by="staff:b", reason="换新", at=at_72_02)
            with pytest.raises(MaterialRefused):
                await _hung(session, at_72_02)
        with pytest.raises(NobodyLeft):  # recalled: what was queued with it is cancelled
            await _broadcast(database, world, at_72_02)


async def _broadcast(database: Database, world: World, at: datetime) -> None:
    """The call of a broadcast that carries the poster, at that moment."""
    made = routes(world.client, database, agent_id=AGENT, clock=lambda: at)
    payload = {
        "broadcast_id": 1, "purpose": "care", "text": "天冷了", "userid": "limin",
        "materials": ["poster.safety"],
    }  # fmt: skip
    claim = Claim(1, at, "k", BROADCAST, "hq", "limin", payload, at + timedelta(days=1), 0)
    await made[BROADCAST].send(claim)


async def _hung(session: AsyncSession, at: datetime) -> tuple[attached.Hung, ...]:
    return await attached.hung(
        session,
        ["poster.safety"],
        channel="broadcast",
        at=at,
        policy=POLICY,
        allowed=Addresses(frozenset()),
    )


async def test_uploads_that_keep_failing_are_counted_and_told(database: Database) -> None:
    at = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    async with wecom_world() as world:
        async with database.transaction() as session:
            file = await keep(session, PNG, by="staff:a", at=at)
            await _approved(session, _draft(file.digest, detail={"forms": ["single"]}), at)
        await world.fault(kind="code", code=48002, path="media/upload", count=3)
        told = [(await uploads.renew(database, world.client, at, POLICY)).failed for _ in range(3)]
        assert [len(one) for one in told] == [0, 0, 1]
        assert (told[2][0].failures, told[2][0].code) == (3, "poster.safety")
        assert (await uploads.renew(database, world.client, at, POLICY)).uploaded == 1
        async with database.reading() as session:
            [alive] = await uploads.standing(session, file.digest)
        assert (alive.failures, alive.problem) == (0, "")
