"""What somebody who is not the customer can find out or break by the link page: nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import httpx
import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from crm_sync.models import Binding, LinkCode
from simulator.wecom.state.phones import SECRET
from tests.flows.linking.visitor import NOBODYS_PHONE, ZHOU_NAME, ZHOU_PHONE, Desk, Visitor

pytestmark = pytest.mark.anyio
TOKENS = re.compile(r"[0-9a-f]{64}")


def face(answer: httpx.Response) -> tuple[int, str, str, list[str]]:
    """All that a stranger sees of an answer, the token of the form apart."""
    headers = sorted(
        f"{name}={'' if name == 'set-cookie' else value}"
        for name, value in answer.headers.items()
        if name not in ("date", "content-length")
    )
    return answer.status_code, TOKENS.sub("", answer.text), str(answer.cookies), headers


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    heard: list[str] = []

    def listen(*told: object) -> None:
        heard.append(str(told[2]).split("\n")[0])

    engine = desk.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", listen)


async def _walk(desk: Desk, phone: str, name: str) -> tuple[list[object], list[list[str]]]:
    """Everything a visitor sees who has this number but not the phone."""
    visitor = desk.visitor("wm-1")
    faces: list[object] = [face(await visitor.arrive())]
    counts: list[list[str]] = []
    for step in ("ask", "code", "wrong", "wrong", "ask", "wrong"):
        with statements(desk) as heard:
            if step == "ask":
                answer = await visitor.ask(phone, name)
            elif step == "code":
                answer = await visitor.client.get("/o/link/code")
            else:
                answer = await visitor.prove("000000")
        faces.append(face(answer))
        counts.append(list(heard))
    return faces, counts


async def test_a_number_that_is_known_and_one_that_is_not_look_and_cost_the_same(
    desk: Desk,
) -> None:
    known, spent_on_known = await _walk(desk, ZHOU_PHONE, ZHOU_NAME)
    await desk.advance(hours=1)  # the identity's own limits are no part of the comparison
    wrong_name, _ = await _walk(desk, ZHOU_PHONE, "周桂兰")
    await desk.advance(hours=1)
    unknown, spent_on_unknown = await _walk(desk, NOBODYS_PHONE, ZHOU_NAME)
    await desk.advance(hours=1)
    shared, _ = await _walk(desk, "13700000001", "张三")
    assert known == unknown == wrong_name == shared
    assert spent_on_known == spent_on_unknown
    assert await desk.codes(NOBODYS_PHONE) == []
    assert len(await desk.codes(ZHOU_PHONE)) == 4


async def test_every_way_in_which_a_code_is_not_right_reads_the_same(desk: Desk) -> None:
    async def asked(external: str = "wm-1") -> Visitor:
        visitor = desk.visitor(external)
        await visitor.arrive()
        assert (await visitor.ask()).status_code == 303
        return visitor

    async def right() -> str:
        return str((await desk.codes())[0]["code"])

    wrong = face(await (await asked()).prove("12345x"))
    replaced = await asked()
    old = await right()
    await replaced.ask()
    assert face(await replaced.prove(old)) == wrong
    late = await asked()
    await desk.advance(minutes=6)
    assert face(await late.prove(await right())) == wrong
    worn = await asked("wm-2")
    for _ in range(5):
        await worn.prove("99999x")
    assert face(await worn.prove(await right())) == wrong
    none = desk.visitor("wm-2")
    await none.arrive()
    assert face(await none.prove("123456")) == wrong
    other = desk.visitor("wm-2")  # somebody else's code, read over a shoulder
    await other.arrive()
    assert face(await other.prove(await right())) == wrong
    async with desk.database.reading() as session:
        assert (await session.execute(select(func.count()).select_from(Binding))).scalar_one() == 0


async def test_a_code_is_good_once(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    await visitor.arrive()
    await visitor.ask()
    code = (await desk.codes())[0]["code"]
    shown = await visitor.client.get("/o/link/code")
    token = re.search(r'csrf_token" value="([0-9a-f]{64})"', shown.text)
    assert token is not None
    form = {"csrf_token": token.group(1), "code": code}
    assert (await visitor.client.post("/o/link/code", data=form)).status_code == 303
    again = await visitor.client.post("/o/link/code", data=form)
    assert again.status_code == 401  # the visit is over
    assert "重新开始" in again.text


async def test_guesses_that_race_are_all_counted(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    await visitor.arrive()
    await visitor.ask()
    shown = await visitor.client.get("/o/link/code")
    token = re.search(r'csrf_token" value="([0-9a-f]{64})"', shown.text)
    assert token is not None
    seen: list[int] = []

    async def guess(number: int) -> None:
        answer = await visitor.client.post(
            "/o/link/code", data={"csrf_token": token.group(1), "code": f"{number:06}x"}
        )
        seen.append(answer.status_code)

    async with anyio.create_task_group() as group:
        for number in range(12):
            group.start_soon(guess, number)
    assert seen == [422] * 12
    async with desk.database.reading() as session:
        assert (await session.execute(select(col(LinkCode.guesses)))).scalar_one() == 5
    code = (await desk.codes())[0]["code"]
    assert (await visitor.prove(code)).status_code == 422


async def test_asking_is_limited_by_identity_by_phone_and_by_address(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    await visitor.arrive()
    numbers = [f"1391111000{n}" for n in range(6)]
    answers = [(await visitor.ask(one)).status_code for one in numbers]
    assert answers == [303] * 5 + [429]  # one identity, six numbers
    await desk.advance(hours=1)
    # One number, one identity after the other, each from its own network.
    by_phone = []
    for n in range(6):
        other = desk.visitor(f"wm-{n + 10}", address=f"198.51.100.{n}")
        await other.arrive()
        by_phone.append((await other.ask(ZHOU_PHONE)).status_code)
    assert by_phone == [303] * 5 + [429]
    by_phone_unknown = []
    await desk.advance(hours=1)
    for n in range(6):
        other = desk.visitor(f"wm-{n + 20}", address=f"198.51.100.{n}")
        await other.arrive()
        by_phone_unknown.append((await other.ask(NOBODYS_PHONE)).status_code)
    assert by_phone_unknown == by_phone
    limited = await visitor.client.get("/o/link")
    assert limited.status_code == 200


async def test_guessing_is_limited_over_all_codes_of_an_identity(desk: Desk) -> None:
    seen = []
    visitor = desk.visitor("wm-1")
    for _ in range(4):
        await visitor.arrive()
        assert (await visitor.ask()).status_code == 303
        seen += [(await visitor.prove("00000x")).status_code for _ in range(5)]
    assert seen == [422] * 15 + [429] * 5
    code = (await desk.codes())[0]["code"]
    blocked = await visitor.prove(code)
    assert blocked.status_code == 429
    assert "太频繁" in blocked.text


async def test_a_form_that_is_not_ours_changes_nothing(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    await visitor.arrive()
    data = {"name": ZHOU_NAME, "phone": ZHOU_PHONE, "agree": "yes"}
    bare = await visitor.client.post("/o/link/who", data=data)
    assert (bare.status_code, "请从本行的页面提交" in bare.text) == (403, True)
    strange = await visitor.post("/o/link/who", data, origin="https://evil.example")
    assert strange.status_code == 403
    other = desk.visitor("wm-2")
    await other.arrive()
    shown = await other.client.get("/o/link/who")
    token = re.search(r'csrf_token" value="([0-9a-f]{64})"', shown.text)
    assert token is not None
    lent = await visitor.client.post("/o/link/who", data={"csrf_token": token.group(1), **data})
    assert lent.status_code == 403
    assert await desk.codes() == []


async def test_the_state_belongs_to_one_browser_and_is_good_once(desk: Desk) -> None:
    visitor, thief = desk.visitor("wm-1"), desk.visitor("wm-1")
    back = await visitor.oauth()
    stolen = await thief.client.get(back)
    assert stolen.status_code == 401
    assert "gengyun-link" not in stolen.cookies
    back = await visitor.oauth()
    assert (await visitor.client.get(back)).status_code == 303
    again = await visitor.client.get(back)
    assert (again.status_code, "没有确认到微信身份" in again.text) == (401, True)
    late = await visitor.oauth()
    await desk.advance(minutes=6)
    assert (await visitor.client.get(late)).status_code == 401


async def test_a_visit_ends_with_its_time(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    await visitor.arrive()
    await desk.advance(minutes=16)
    assert (await visitor.client.get("/o/link/who")).status_code == 401
    assert (await desk.visitor("wm-1").client.get("/o/link/code")).status_code == 401
    assert (await desk.visitor("wm-1").client.get("/o/link/done")).status_code == 401


async def test_staff_and_strangers_are_told_where_to_go(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    staff = await visitor.client.get(await visitor.oauth(**{"as": "limin"}))
    assert "给客户用的" in staff.text
    stranger = await visitor.client.get(await visitor.oauth(as_customer="stranger"))
    assert "添加您的客户经理" in stranger.text


async def test_the_pages_carry_no_script_and_a_strict_policy(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    for answer in (await visitor.client.get("/o/link"), await visitor.arrive()):
        assert "<script" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
    [cookie] = [one for one in visitor.client.cookies.jar if one.name == "gengyun-link"]
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"


async def test_large_letters_stay_large_in_this_browser(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    led = await visitor.client.get("/o/link/size?size=xl&back=https://evil.example")
    assert led.headers["location"] == "/o/link"
    assert 'data-size="xl"' in (await visitor.client.get("/o/link")).text


async def test_where_the_gateway_fails_the_visitor_reads_the_same_and_asks_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    await desk.sim("codes", {"fail": 1})
    visitor = desk.visitor("wm-1")
    await visitor.arrive()
    asked = await visitor.ask()
    assert (asked.status_code, asked.headers["location"]) == (303, "/o/link/code")
    assert await desk.codes() == []
    said = capsys.readouterr()
    assert ZHOU_PHONE not in said.out + said.err
    await visitor.ask()
    assert (await visitor.prove((await desk.codes())[0]["code"])).status_code == 303


async def test_the_gateway_believes_only_what_is_signed_and_fresh(desk: Desk) -> None:
    body = b'{"phone":"1","code":"2","minutes":3}'
    for headers in ({}, {"x-gengyun-timestamp": "1", "x-gengyun-signature": SECRET}):
        answer = await desk.people.post("/sms/send", content=body, headers=headers)
        assert answer.status_code == 401
