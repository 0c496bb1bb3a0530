"""The customer's own page: one tap holds at once; nobody learns who is a customer."""

import re

import httpx
import pytest
from sqlalchemy import text

from compliance.errors import LinkBroken
from compliance.opt_out_link import Holder, holder_of, token_for
from compliance.repository import recipient_standing
from tests.flows.crm_sync import bank
from tests.flows.linking.visitor import Desk, Visitor
from tests.flows.site import words_of

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]
SEALED = re.compile(r'name="csrf_token" value="([\w-]{40,})"')


async def _with_wechat(visitor: Visitor) -> httpx.Response:
    """The page of choices, after WeChat has said who is there."""
    begun = await visitor.client.get("/o/optout/start")
    target = httpx.URL(begun.headers["location"])
    chosen = {"as_customer": visitor.external_userid}
    back = await visitor.desk.people.get(target.path, params={**target.params, **chosen})
    return await visitor.client.get(str(httpx.URL(back.headers["location"]).raw_path, "ascii"))


def _token(page: str) -> str:
    found = SEALED.search(page)
    assert found
    return found.group(1)


def _plain(page: str) -> str:
    """A page without its sealed tokens."""
    return SEALED.sub("", page)


async def _match(desk: Desk, contact: str, customer_id: int) -> None:
    async with desk.database.transaction() as session:
        await session.execute(
            text("UPDATE contact SET customer_id = :c WHERE external_userid = :e"),
            {"c": customer_id, "e": contact},
        )


async def _suppressed(desk: Desk, customer_id: int) -> frozenset[str]:
    async with desk.database.reading() as session:
        return (await recipient_standing(session, [customer_id]))[customer_id].suppressed


def _link(desk: Desk, holder: Holder) -> str:
    return token_for(desk.site.parts.keys.cipher, holder, desk.time())


@pytest.mark.parametrize("choice", ["marketing", "personalised", "service", "all"])
async def test_one_tap_from_the_link_holds_before_the_page_answers(desk: Desk, choice: str) -> None:
    zhou = desk.customers["zhou"]
    token = _link(desk, Holder("customer", str(zhou)))
    visitor = desk.visitor("wm-1")
    page = await visitor.client.get("/o/optout", params={"t": token})
    assert page.status_code == 200
    assert "<script" not in page.text  # works without any
    assert "客户6210003821" not in page.text
    done = await visitor.client.post("/o/optout", data={"csrf_token": token, "choice": choice})
    assert done.status_code == 200
    assert "已生效" in words_of(done.text)
    async with desk.database.reading() as session:
        standing = (await recipient_standing(session, [zhou]))[zhou]
    wanted = {"service": set()}.get(choice, {choice})
    assert standing.suppressed == wanted
    if choice == "service":
        assert "service" in standing.refusals


async def test_a_customer_and_a_stranger_read_the_same(desk: Desk) -> None:
    """A matched contact, an unmatched one, somebody unknown to WeCom, a link to nobody."""
    await _match(desk, "wm-1", desk.customers["zhou"])
    pages: list[tuple[str, str]] = []
    for external in ("wm-1", "wm-2"):
        visitor = desk.visitor(external)
        choose = await _with_wechat(visitor)
        done = await visitor.client.post(
            "/o/optout", data={"csrf_token": _token(choose.text), "choice": "marketing"}
        )
        pages.append((_plain(choose.text), _plain(done.text)))
    nobody = token_for(desk.site.parts.keys.cipher, Holder("nobody", "", proved=True), desk.time())
    visitor = desk.visitor("wm-9")
    choose = await visitor.client.get("/o/optout", params={"t": nobody})
    done = await visitor.client.post(
        "/o/optout", data={"csrf_token": nobody, "choice": "marketing"}
    )
    pages.append((_plain(choose.text), _plain(done.text)))
    assert pages[0] == pages[1] == pages[2]


def test_tokens_of_different_people_look_alike(cipher: object) -> None:
    made = {
        len(token_for(cipher, one, bank.AT))  # type: ignore[arg-type]
        for one in (
            Holder("customer", "1"),
            Holder("contact", "wm" + "x" * 60),
            Holder("nobody", ""),
        )
    }
    assert len(made) == 1


async def test_who_is_not_matched_yet_stays_opted_out_after_the_match(desk: Desk) -> None:
    visitor = desk.visitor("wm-2")
    choose = await _with_wechat(visitor)
    await visitor.client.post(
        "/o/optout", data={"csrf_token": _token(choose.text), "choice": "all"}
    )
    async with desk.database.reading() as session:
        found = await session.execute(text("SELECT external_userid, scope FROM contact_silence"))
        assert [tuple(row) for row in found] == [("wm-2", "all")]


@pytest.mark.parametrize("spoil", ["cut", "changed", "empty", "old", "other"])
async def test_a_spoilt_link_changes_nothing_and_says_nothing(desk: Desk, spoil: str) -> None:
    zhou = desk.customers["zhou"]
    token = _link(desk, Holder("customer", str(zhou)))
    if spoil == "old":
        await desk.advance(days=400)
    given = {
        "cut": token[:-9],
        "changed": token[:30] + ("A" if token[30] != "A" else "B") + token[31:],
        "empty": "",
        "old": token,
        "other": "不是一个链接",
    }[spoil]
    client = desk.visitor("wm-1").client
    answer = await client.post("/o/optout", data={"csrf_token": given, "choice": "all"})
    assert answer.status_code == 422
    assert "E-7507" in answer.text
    assert "客户" not in words_of(answer.text).replace("客服", "")
    assert await _suppressed(desk, zhou) == frozenset()
    with pytest.raises(LinkBroken):
        holder_of(desk.site.parts.keys.cipher, given, desk.time())


async def test_hearing_again_needs_wechats_word_minutes_old(desk: Desk) -> None:
    zhou = desk.customers["zhou"]
    await _match(desk, "wm-1", zhou)
    visitor = desk.visitor("wm-1")
    link = _link(desk, Holder("customer", str(zhou)))
    await visitor.client.post("/o/optout", data={"csrf_token": link, "choice": "all"})
    forwarded = await visitor.client.post(
        "/o/optout/again", data={"csrf_token": link, "choice": "marketing"}
    )
    assert forwarded.status_code == 409
    assert await _suppressed(desk, zhou) == {"all"}
    proved = _token((await _with_wechat(visitor)).text)
    await desk.advance(minutes=16)
    late = await visitor.client.post(
        "/o/optout/again", data={"csrf_token": proved, "choice": "marketing"}
    )
    assert late.status_code == 409
    proved = _token((await _with_wechat(visitor)).text)
    heard = await visitor.client.post(
        "/o/optout/again", data={"csrf_token": proved, "choice": "marketing"}
    )
    assert "已恢复" in words_of(heard.text)
    assert await _suppressed(desk, zhou) == frozenset()
    async with desk.database.reading() as session:
        standing = (await recipient_standing(session, [zhou]))[zhou]
    assert standing.consents == {"marketing"}


async def test_a_choice_that_does_not_exist_is_refused_plainly(desk: Desk) -> None:
    token = _link(desk, Holder("nobody", ""))
    answer = await desk.visitor("wm-1").client.post(
        "/o/optout", data={"csrf_token": token, "choice": "'; drop table--"}
    )
    assert answer.status_code == 422
    assert "drop table" not in answer.text
