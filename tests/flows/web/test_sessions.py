"""A sign-in lasts as long as it may, on one browser, and ends at once when it must."""

from datetime import timedelta

import pytest

from kit import clock
from kit.db import Database
from kit.web import sessions, signin
from kit.web.sessions import ForgedRequest, Limits, NotFresh, SessionOver
from kit.web.signin import PathRefused, SignInRefused

pytestmark = pytest.mark.anyio

AT = clock.now()
LIMITS = Limits(
    idle=timedelta(minutes=30), absolute=timedelta(hours=12), fresh=timedelta(minutes=5)
)


async def _begin(database: Database, surface: str = "console") -> str:
    async with database.transaction() as session:
        return await sessions.begin(
            session, staff_id="hejing", surface=surface, means="wecom", at=AT, limits=LIMITS
        )


async def test_a_sign_in_is_found_until_it_idles_or_ages(database: Database) -> None:
    token = await _begin(database)
    later = AT
    async with database.transaction() as session:
        for _ in range(24):
            later += timedelta(minutes=29)
            found = await sessions.find(session, token, surface="console", at=later, limits=LIMITS)
            await sessions.touch(session, found, later)
    async with database.reading() as session:
        with pytest.raises(SessionOver):  # twelve hours are over
            await sessions.find(
                session, token, surface="console", at=AT + timedelta(hours=12), limits=LIMITS
            )
        with pytest.raises(SessionOver):  # nobody touched it for half an hour
            await sessions.find(
                session, token, surface="console", at=later + timedelta(minutes=30), limits=LIMITS
            )


async def test_another_surface_or_a_guessed_token_is_nobody(database: Database) -> None:
    token = await _begin(database, "h5")
    async with database.reading() as session:
        for given, surface in ((token, "console"), ("guess", "h5"), ("", "h5")):
            with pytest.raises(SessionOver):
                await sessions.find(session, given, surface=surface, at=AT, limits=LIMITS)


async def test_ending_all_sign_ins_acts_at_once(database: Database) -> None:
    token = await _begin(database)
    async with database.transaction() as session:
        assert await sessions.end_all(session, "hejing", AT) == 1
    async with database.reading() as session:
        with pytest.raises(SessionOver):
            await sessions.find(session, token, surface="console", at=AT, limits=LIMITS)


async def test_sensitive_steps_need_a_fresh_proof(database: Database) -> None:
    token = await _begin(database)
    late = AT + timedelta(minutes=6)
    async with database.transaction() as session:
        found = await sessions.find(session, token, surface="console", at=late, limits=LIMITS)
        with pytest.raises(NotFresh):
            sessions.demand_fresh(found, late, LIMITS)
        await sessions.refresh(session, token, staff_id="hejing", at=late)
    async with database.transaction() as session:
        found = await sessions.find(session, token, surface="console", at=late, limits=LIMITS)
        sessions.demand_fresh(found, late, LIMITS)
        with pytest.raises(SessionOver):
            await sessions.refresh(session, token, staff_id="somebody.else", at=late)


async def test_a_state_is_used_once_by_the_browser_that_began(database: Database) -> None:
    async with database.transaction() as session:
        begun = await signin.begin(session, surface="console", next_path="/c/audit?q=1", at=AT)
    wrong = [
        ("unknown", begun.browser, "console", AT),
        (begun.state, "other browser", "console", AT),
        (begun.state, begun.browser, "h5", AT),
        (begun.state, begun.browser, "console", AT + timedelta(minutes=6)),
    ]
    for state, browser, surface, at in wrong:
        async with database.transaction() as session:
            with pytest.raises(SignInRefused):
                await signin.finish(session, state=state, browser=browser, surface=surface, at=at)
    async with database.transaction() as session:
        done = await signin.finish(
            session, state=begun.state, browser=begun.browser, surface="console", at=AT
        )
    assert done.next_path == "/c/audit?q=1"
    async with database.transaction() as session:
        with pytest.raises(SignInRefused):
            await signin.finish(
                session, state=begun.state, browser=begun.browser, surface="console", at=AT
            )


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "",
        "/c/\n/x", "/c//evil", "c/", "/c?next=http://x y", "/" + "a" * 500, "/c/%0d\r", "/c#x",
        " /c", "/c\t", "\\/c",
    ],
)  # fmt: skip
def test_a_sign_in_leads_only_to_our_own_pages(path: str) -> None:
    with pytest.raises(PathRefused):
        signin.own_path(path)


async def test_the_emergency_code_works_once(database: Database) -> None:
    async with database.transaction() as session:
        code = await signin.make_break_glass(
            session, staff_id="gaoyuan", reason="企业微信登录不可用", made_by="root", at=AT
        )
    async with database.transaction() as session:
        assert await signin.use_break_glass(session, code=code, at=AT) == (
            "gaoyuan",
            "企业微信登录不可用",
        )
        with pytest.raises(SignInRefused):
            await signin.use_break_glass(session, code=code, at=AT)


def test_a_changing_request_must_come_from_our_own_page() -> None:
    key, token = b"c" * 32, "session-token"
    good = sessions.csrf_token(key, token)
    sessions.demand_own_page(
        cookie_key=key, token=token, given=good, origin="https://bank", own_origin="https://bank"
    )
    for given, origin in ((good, "https://evil"), ("", None), (good[:-1] + "0", None)):
        with pytest.raises(ForgedRequest):
            sessions.demand_own_page(
                cookie_key=key, token=token, given=given, origin=origin, own_origin="https://bank"
            )
