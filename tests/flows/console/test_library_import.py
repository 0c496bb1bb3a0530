"""A file of items is brought at the desk: good rows wait for a second person, bad ones are told apart."""

import re
from pathlib import Path

import httpx
import pytest

from content_library import repository
from tests.flows.console.office import Desk, Office
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio
WINTER = Path(__file__).resolve().parents[3] / "samples" / "materials" / "winter.png"
SHEET = (
    "code,title,scene,purpose,template,tiers,timing,valid_until,licence\n"
    "care.frost,霜降,care.general,care,霜降了，早晚添衣。,高端;私行,workday,2027-06-30,\n"
    "Bad Code,坏编号,care.general,care,添衣。,,,,\n"
    'care.blank,空话,care.general,care,"  ",,,,\n'
    "care.date,日期,care.general,care,添衣。,,,年底,\n"
    "care.frost,又一条,care.general,care,添衣。,,,,\n"
    "care.when,时机,care.general,care,添衣。,,midnight,,\n"
)


async def _brought(
    desk: Desk, kind: str, name: str, content: bytes, **files: bytes
) -> httpx.Response:
    return await desk.client.post(
        "/c/library/import",
        data={"csrf_token": desk.csrf, "kind": kind},
        files=[
            ("file", (name, content, "text/plain")),
            *(("files", (f"{one}.png", body, "image/png")) for one, body in files.items()),
        ],
    )


def _rows(html: str) -> dict[int, str]:
    found = re.findall(r"<tr data-row><td class=\"r\">(\d+)</td>(.*?)</tr>", html, re.S)
    return {int(number): words_of(rest) for number, rest in found}


@pytest.mark.mission("F1")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_a_sheet_lands_row_by_row_and_says_of_each_what_is_wrong(
    desk_office: Office, encoding: str
) -> None:
    wang = await desk_office.sit("wangshan")
    assert "导入话术" in await wang.page("/c/library/import")
    html = (await _brought(wang, "scripts", "话术.csv", SHEET.encode(encoding))).text
    rows = _rows(html)
    assert sorted(rows) == [2, 3, 4, 5, 6, 7]
    assert rows[2].startswith("care.frost 已提交")
    for number, why in (
        (3, "编号应为小写字母"), (4, "没有正文"), (5, "有效期写不清"), (6, "与第 2 行重复"),
        (7, "没有“midnight”这个时机"),
    ):  # fmt: skip
        assert why in rows[number], rows[number]
        assert "拒绝" in rows[number]
    async with desk_office.database.reading() as session:
        [kept] = await repository.waiting(session)
    script = kept.script
    assert (script.code, script.tiers, script.timing) == (
        "care.frost", frozenset({"高端", "私行"}), frozenset({"workday"}),
    )  # fmt: skip
    again = _rows((await _brought(wang, "scripts", "话术.csv", SHEET.encode(encoding))).text)
    assert "没有变化" in again[2]


async def test_a_file_that_is_none_lands_nothing_and_says_why(desk_office: Office) -> None:
    wang = await desk_office.sit("wangshan")
    for name, content in (
        ("a.toml", b"x = ["), ("a.csv", b"code,title\nx"), ("a.csv", b"\xff\xfe\x00"),
        ("a.toml", b'article = ["x"]'), ("a.csv", b"code,code\n1,2\n"), ("a.csv", b""),
    ):  # fmt: skip
        answer = await _brought(wang, "articles", name, content)
        assert (answer.status_code, "E-4201" in answer.text) == (422, True), (name, content)
    he = await desk_office.sit("hejing")
    assert (await he.get("/c/library/import")).status_code == 403


async def test_more_rows_than_the_desk_takes_are_sent_to_the_command(desk_office: Office) -> None:
    wang = await desk_office.sit("wangshan")
    head = "code,title,scene,purpose,template\n"
    rows = [f"Bad {number},坏编号,care.general,care,添衣。\n" for number in range(201)]
    answer = await _brought(wang, "scripts", "a.csv", "".join((head, *rows)).encode())
    assert (answer.status_code, "E-3505" in answer.text) == (422, True)
    assert "gengyun import scripts" in answer.text
    answer = await _brought(wang, "scripts", "a.csv", "".join((head, *rows[:200])).encode())
    assert (answer.status_code, len(_rows(answer.text))) == (200, 200)


async def test_more_files_than_a_form_takes_are_refused_and_the_sheet_is_read_first(
    desk_office: Office,
) -> None:
    wang = await desk_office.sit("wangshan")
    poster = (
        "code,title,kind,source_file,words\nposter.frost,霜降海报,poster,frost.png,天冷了 早晚添衣\n"
    ).encode()
    many = {f"p{number}": b"x" for number in range(50)} | {"frost": WINTER.read_bytes()}
    large = {f"p{number}": bytes(17 * 1024**2) for number in range(4)}
    for files in (many, large):
        answer = await _brought(wang, "materials", "m.csv", poster, **files)
        assert (answer.status_code, "E-3506" in answer.text) == (422, True)
        assert "gengyun import materials" in answer.text
    broken = await _brought(wang, "materials", "m.toml", b"x = [", **many)
    assert "E-4201" in broken.text
    assert "E-3506" not in broken.text
    words = await _brought(wang, "scripts", "话术.csv", SHEET.encode(), **many)  # none of its own
    assert "已提交" in _rows(words.text)[2]
    many.pop("p0")
    kept = await _brought(wang, "materials", "m.csv", poster, **many)
    assert "已提交" in _rows(kept.text)[2]


async def test_materials_come_with_their_files_and_cards_lead_to_the_bank(
    desk_office: Office,
) -> None:
    wang = await desk_office.sit("wangshan")
    head = "code,title,kind,source_file,words,url\n"
    sheet = head + (
        "poster.frost,霜降海报,poster,frost.png,天冷了 早晚添衣,\n"
        "poster.gone,没带来,poster,gone.png,天冷了,\n"
        "clip.frost,短片,video,frost.png,天冷了,\n"
        "link.evil,外面的网址,link,,看看,https://evil.example/a\n"
        "link.own,本行的网址,link,,看看,https://desk/o/a\n"
    )
    picture = WINTER.read_bytes()
    answer = await _brought(wang, "materials", "m.csv", sheet.encode(), frost=picture)
    rows = _rows(answer.text)
    assert "已提交" in rows[2]
    assert "E-4213" in rows[3]
    assert "短片" not in rows[4]
    assert "E-4212" in rows[4]
    assert "E-4218" in rows[5]
    assert "evil.example" in rows[5]
    assert "已提交" in rows[6]
    form = {"code": "link.typed", "title": "手写的", "kind": "link", "act": "submit", "words": "看"}
    refused = await wang.post("/c/materials/new", {**form, "url": "https://evil.example/a"})
    assert (refused.status_code, "E-4218" in refused.text) == (422, True)
