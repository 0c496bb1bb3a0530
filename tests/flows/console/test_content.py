"""A script is written by one person, judged beside its change and checks, decided by another."""

import re

import pytest

from tests.flows.console.office import Desk, Office

pytestmark = pytest.mark.anyio
FORM = {
    "code": "care.autumn", "title": "换季关怀", "scene": "care.general", "purpose": "care",
    "form": "single", "template": "{{customer_title}}，这两天降温，早晚出门记得添件衣服。", "act": "submit",
    "reason": "换季",
}  # fmt: skip


async def _submitted(office: Office, **more: str) -> tuple[Desk, str]:
    """王珊 submits; returns her desk and the review page of her version."""
    wang = await office.sit("wangshan")
    code = {**FORM, **more}["code"]
    path = "/c/library/new" if not more.get("again") else f"/c/library/{code}/new"
    more.pop("again", None)
    answer = await wang.post(path, {**FORM, **more})
    assert answer.status_code == 303, answer.text
    queue = await wang.page("/c/review")
    found = re.findall(r'href="(/c/review/\d+)"', queue)
    return wang, found[-1]


def _hash(html: str) -> str:
    found = re.search(r'name="template_hash" value="([0-9a-f]{64})"', html)
    assert found is not None
    return found[1]


async def test_the_writer_may_not_decide_and_a_forged_decision_is_refused(
    desk_office: Office,
) -> None:
    wang, path = await _submitted(desk_office)
    own = await wang.page(path)
    assert "要由另一个人审" in own
    assert 'name="decision"' not in own
    forged = {"decision": "approve", "opinion": "我自己同意"}
    assert (await wang.post(f"{path}/decide", forged)).status_code == 403
    he = await desk_office.sit("hejing")
    page = await he.page(path)
    assert "客户称呼" in page
    assert 'class="chk' in page
    without = {"decision": "approve", "opinion": "", "template_hash": _hash(page)}
    assert (await he.post(f"{path}/decide", without)).status_code == 422
    stale = {"decision": "approve", "opinion": "口径一致", "template_hash": "0" * 64}
    assert (await he.post(f"{path}/decide", stale)).status_code == 409
    good = {"decision": "approve", "opinion": "口径一致", "template_hash": _hash(page)}
    assert (await he.post(f"{path}/decide", good)).status_code == 303
    assert "换季关怀" in await he.page("/c/library")
    assert '我已审 <span class="num">1</span>' in await he.page("/c/review?mine=done")


async def test_a_new_version_shows_its_change_and_replaces_the_old(desk_office: Office) -> None:
    _, path = await _submitted(desk_office)
    he = await desk_office.sit("hejing")
    page = await he.page(path)
    yes = {"decision": "approve", "opinion": "口径一致", "template_hash": _hash(page)}
    await he.post(f"{path}/decide", yes)
    changed = FORM["template"].replace("添件衣服", "多穿一点")
    _, path = await _submitted(desk_office, template=changed, again="1")
    page = await he.page(path)
    assert "<del>" in page
    assert "<ins>" in page
    back = {"decision": "return", "opinion": "再斟酌一下"}
    assert (await he.post(f"{path}/decide", back)).status_code == 303
    script = await he.page("/c/library/care.autumn?version=2&against=1")
    assert "第 2 版" in script
    assert "草稿" in script
    assert "再斟酌一下" in script
    retired = await he.post("/c/library/care.autumn/retire", {"reason": "换新口径"})
    assert retired.status_code == 303
    assert "还没有话术" in await he.page("/c/library")
    assert "换季关怀" in await he.page("/c/library?state=retired")


@pytest.mark.mission("I6")
async def test_words_that_may_not_be_said_are_found_while_writing(desk_office: Office) -> None:
    wang = await desk_office.sit("wangshan")
    said = {**FORM, "template": "这款产品保本保息，绝对不会亏。"}
    checks = await wang.post("/c/library/check", said)
    assert "chk-block" in checks.text
    refused = await wang.post("/c/library/new", {**FORM, "code": "大写 X"})
    assert refused.status_code == 422
    assert "编号应为小写字母" in refused.text
    assert FORM["template"] in refused.text
    _, path = await _submitted(
        desk_office, template="这款产品保本保息，绝对不会亏。", code="bad.one"
    )
    he = await desk_office.sit("hejing")
    page = await he.page(path)
    assert "disabled" in page.split('value="approve"')[1].split(">")[0]
    yes = {"decision": "approve", "opinion": "同意", "template_hash": _hash(page)}
    assert (await he.post(f"{path}/decide", yes)).status_code == 409


async def test_a_decision_needs_a_fresh_proof(desk_office: Office) -> None:
    _, path = await _submitted(desk_office)
    he = await desk_office.sit("hejing")
    desk_office.clock.advance(minutes=6)
    answer = await he.client.post(
        f"{path}/decide",
        data={"csrf_token": he.csrf, "decision": "reject", "opinion": "不合适"},
        headers={"referer": f"http://desk{path}"},
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/c/sign-in-again/wecom?next={path}"
