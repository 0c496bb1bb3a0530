"""Material: kinds, sizes, three days, and ranges."""

import pytest

from tests.contracts.simulator.bench import DAY, Bench

pytestmark = pytest.mark.anyio
MB = 1024 * 1024


async def _code(bench: Bench, path: str, name: str, size: int, **query: object) -> int:
    return int((await bench.upload(path, name, size, **query))["errcode"])


@pytest.mark.parametrize(
    ("kind", "name", "cap"),
    [
        ("image", "a.png", 10 * MB),
        ("voice", "a.amr", 2 * MB),
        ("video", "a.mp4", 10 * MB),
        ("file", "a.pdf", 20 * MB),
    ],
)
async def test_each_kind_has_its_own_size(bench: Bench, kind: str, name: str, cap: int) -> None:
    path = "media/upload"
    assert await _code(bench, path, name, cap, type=kind) == 0
    assert await _code(bench, path, name, cap + 1, type=kind) == 45001
    assert await _code(bench, path, name, 6, type=kind) == 0
    assert await _code(bench, path, name, 5, type=kind) == 40006


async def test_kinds_are_known_by_type_and_by_name(bench: Bench) -> None:
    assert await _code(bench, "media/upload", "a.jpg", 64, type="poem") == 40005
    assert await _code(bench, "media/upload", "a.jpg", 64) == 40005
    assert await _code(bench, "media/upload", "a.gif", 64, type="image") == 40004
    query = {"access_token": await bench.token(), "type": "image"}
    empty = await bench.client.post("/cgi-bin/media/upload", params=query)
    assert empty.json()["errcode"] == 44001
    torn = await bench.client.post(
        "/cgi-bin/media/upload",
        params=query,
        content=b"--x\r\ntorn",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert torn.json()["errcode"] == 44001


async def test_the_older_page_lets_pictures_be_two_megabytes(bench: Bench) -> None:
    await bench.modes(image_cap_bytes=2 * MB)
    assert await _code(bench, "media/upload", "a.jpg", 2 * MB + 1, type="image") == 45001


async def test_lasting_pictures_have_limits_by_day_and_month(bench: Bench) -> None:
    await bench.modes(uploadimg_per_day=2, uploadimg_per_month=3)
    codes = [await _code(bench, "media/uploadimg", "a.jpg", 64) for _ in range(3)]
    assert codes == [0, 0, 45009]
    await bench.pass_time(DAY)
    bench.tokens.clear()
    assert [await _code(bench, "media/uploadimg", "a.jpg", 64) for _ in range(2)] == [0, 45009]
    assert await _code(bench, "media/uploadimg", "a.jpg", 2 * MB + 1) == 45009


async def test_scenes_of_attachments_are_told_apart(bench: Bench) -> None:
    path = "media/upload_attachment"
    assert await _code(bench, path, "a.jpg", 64, media_type="image", attachment_type=2) == 0
    assert await _code(bench, path, "a.mp4", 64, media_type="video", attachment_type=2) == 41072
    assert await _code(bench, path, "a.jpg", 64, media_type="image", attachment_type=3) == 40058
    assert await _code(bench, path, "a.jpg", 64, media_type="voice", attachment_type=1) == 40005
    big = 10 * MB + 1
    assert await _code(bench, path, "a.jpg", big, media_type="image", attachment_type=1) == 45001


async def test_a_file_comes_back_whole_or_in_part_for_three_days(bench: Bench) -> None:
    media = (await bench.upload("media/upload", "合同.pdf", 64, type="file"))["media_id"]
    whole = await bench.respond("media/get", media_id=media)
    assert whole.content == b"x" * 64
    assert "filename*=utf-8''%E5%90%88%E5%90%8C.pdf" in whole.headers["content-disposition"]
    query = {"access_token": await bench.token(), "media_id": media}
    for span, status, size in (("bytes=0-9", 206, 10), ("bytes=60-", 206, 4)):
        part = await bench.client.get("/cgi-bin/media/get", params=query, headers={"range": span})
        assert (part.status_code, len(part.content)) == (status, size)
        assert part.headers["content-range"].endswith("/64")
    for span, code in (("bytes=64-70", 830002), ("lines=1-2", 40146)):
        part = await bench.client.get("/cgi-bin/media/get", params=query, headers={"range": span})
        assert part.json()["errcode"] == code
    await bench.pass_time(3 * DAY)
    bench.tokens.clear()
    assert await bench.code("media/get", media_id=media) == 40145
