"""Each kind of group has its week: one post a group a day, none on a day off, scripts in turn."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from community.facts import Seat
from community.rhythm import post_of, posts_of, state_of
from compliance.calendar import BankCalendar
from config import community_policy, persona_policy
from config.community_policy import CommunityPolicy, Rhythm

POLICY = community_policy.load()
WORKS = BankCalendar().is_working
SHIPPED = {
    one["code"]: one
    for one in tomllib.loads(
        (Path(__file__).parents[3] / "samples" / "scripts" / "community.toml").read_text("utf-8")
    )["script"]
}


def seat(persona: str = "", interest: str = "", *, registered: bool = True) -> Seat:
    return Seat(f"wr-{persona}{interest}", "limin", "0101", persona, interest, registered)


def code(of: Seat, day: date) -> str:
    post = post_of(POLICY, of, day, WORKS)
    return post.script_code if post else ""


def test_every_post_has_its_script_for_groups_and_for_its_people() -> None:
    known = {one.name for one in persona_policy.load().persona}
    for rhythm in POLICY.rhythm:
        for post in rhythm.post:
            for name in post.scripts:
                script = SHIPPED[name]
                assert (script["form"], script.get("product_kind")) == ("group", None)
                assert script["purpose"] in ("care", "service")
                assert "persona" not in script or script["persona"] in rhythm.of
                assert "event_" not in script["template"]  # nobody types anything
        assert set(rhythm.of) & known or not rhythm.of


def test_every_persona_has_a_week_of_its_own() -> None:
    for persona in persona_policy.load().persona:
        rhythm = POLICY.rhythm_of(persona.name, "")
        assert rhythm is not None
        assert persona.name in rhythm.of


def test_the_day_before_and_after_have_no_post_and_scripts_take_turns() -> None:
    elders, monday = seat("老年"), date(2026, 11, 23)
    assert code(elders, monday - timedelta(days=1)) == ""
    assert code(elders, monday + timedelta(days=1)) == ""
    assert {code(elders, monday), code(elders, monday + timedelta(days=7))} == {
        "group.elder",
        "group.elder.phone",
    }
    assert code(elders, monday) == code(elders, monday + timedelta(days=14))


def test_what_comes_every_other_thursday_comes_on_the_second_and_the_fourth() -> None:
    elders = seat("老年")
    thursdays = [date(2026, 12, 3) + timedelta(days=7 * week) for week in range(5)]
    assert [code(elders, day) != "" for day in thursdays] == [False, True, False, True, False]


def test_a_holiday_has_no_post_a_moved_working_day_has_and_a_sunday_may() -> None:
    assert code(seat("读书"), date(2026, 9, 30)) != ""  # the day before the holiday, a Wednesday
    assert code(seat("读书"), date(2026, 10, 7)) == ""  # 国庆, a Wednesday
    assert code(seat("健身"), date(2026, 11, 15)) == "group.fitness.rest"  # third Sunday
    assert code(seat("健身"), date(2026, 11, 8)) == ""  # second Sunday
    sunday = Rhythm.model_validate(
        {
            "title": "周日",
            "post": [{"weekday": "周日", "at": "09:00", "scripts": ["s"], "why": "周"}],
        }
    )
    policy = CommunityPolicy(rhythm=(sunday,))
    assert post_of(policy, seat(), date(2026, 9, 20), WORKS) is not None  # worked for 国庆
    assert post_of(policy, seat(), date(2026, 9, 27), WORKS) is None


def test_the_kind_is_the_persona_then_the_interest_then_any_and_nobody_unregistered() -> None:
    friday = date(2026, 11, 27)
    assert code(seat("长跑", "读书"), friday) == "group.running.weekend"
    assert code(seat("", "跑步"), friday) == "group.running.weekend"
    assert code(seat("长跑", registered=False), friday) == ""
    assert code(seat("", "钓鱼"), date(2026, 12, 7)) == "group.rules"  # the first Monday
    assert code(seat("", "钓鱼"), date(2026, 12, 14)) == ""


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_no_group_posts_twice_a_day_whatever_the_day(day: date) -> None:
    seats = [seat(kind) for one in POLICY.rhythm for kind in one.of or ("",)]
    found = posts_of(POLICY, seats, day, WORKS)
    assert len({one.chat_id for one in found}) == len(found)
    assert found == sorted(found, key=lambda one: (one.at, one.chat_id))


def test_a_post_is_waiting_until_its_day_has_passed_and_posted_by_its_own_script_alone() -> None:
    monday = date(2026, 11, 23)
    [post] = posts_of(POLICY, [seat("商贸")], monday, WORKS)
    assert state_of(post, {}, monday, monday) == "waiting"
    assert state_of(post, {}, monday + timedelta(days=1), monday) == "missed"
    assert state_of(post, {post.chat_id: {"group.rules"}}, monday, monday) == "waiting"
    assert state_of(post, {post.chat_id: {post.script_code}}, monday, monday) == "posted"


@pytest.mark.parametrize(
    "rhythms",
    [
        [{"title": "甲", "of": ["老年"]}, {"title": "乙", "of": ["老年"]}],
        [{"title": "甲"}, {"title": "乙"}],
    ],
)
def test_a_kind_of_group_has_one_week(rhythms: list[dict[str, object]]) -> None:
    post = {"weekday": "周一", "at": "09:00", "scripts": ["s"], "why": "周"}
    with pytest.raises(ValidationError):
        CommunityPolicy.model_validate({"rhythm": [{**one, "post": [post]} for one in rhythms]})
