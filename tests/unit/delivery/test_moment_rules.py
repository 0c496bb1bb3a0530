"""What a moment must be, how members are split into calls, what an approval covers."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.calendar import BankCalendar
from compliance.facts import Purpose
from compliance.policy import GatePolicy
from config import moment_policy
from content_library.facts import ApprovedScript
from delivery.moments.facts import MomentFact, Proposal
from delivery.moments.rules import digest, faults, hours_hold, split
from kit.clock import bank_moment

pytestmark = pytest.mark.mission("F6")
GATE = GatePolicy.load()
CALENDAR = BankCalendar(quiet=GATE.outreach.quiet)
POLICY = moment_policy.load()
DAY = date(2026, 11, 25)
NOW = bank_moment(DAY, time(9))
SCRIPT = ApprovedScript(
    code="moment.mum", version_id=1, version=1, title="晚安", purpose="care", scene="moment.daily",
    persona="宝妈", template="晚安", template_hash="h", valid_from=None, valid_until=None,
    product_kind=None, product_code=None, tiers=frozenset(), personas=frozenset({"宝妈"}),
    licence=None, form="moment", personal_fields=False, fields=(),
)  # fmt: skip
ASKED = Proposal(
    "晚安", "moment.mum", "persona", "宝妈", bank_moment(DAY, time(10)), bank_moment(DAY, time(17))
)
TASK = MomentFact(
    task_id=1, title="晚安", unit_id="hq", purpose="care", script_version_id=1,
    script_code="moment.mum", script_version=1, text="晚安", materials=(), audience_kind="persona",
    audience="宝妈", audience_title="宝妈", channel_reason="", units=("01", "02"), staff_ids=(),
    starts_at=ASKED.starts_at, ends_at=ASKED.ends_at, state="proposed", preview={}, tag_name="t",
    tag_id="", proposed_by="staff:a", proposed_at=NOW, decided_by=None, decided_at=None, opinion="",
    approved_hash="", listed_at=None, stopped_by=None, over_at=None, cause="",
)  # fmt: skip


def _faults(
    asked: Proposal = ASKED, script: ApprovedScript | None = SCRIPT, kinds: tuple[str, ...] = ()
) -> list[str]:
    return list(faults(asked, script, kinds, at=NOW, policy=POLICY, gate=GATE, calendar=CALENDAR))


def test_what_is_in_order_has_no_fault() -> None:
    assert _faults() == []
    assert _faults(kinds=("image", "poster")) == []
    assert _faults(kinds=("video",)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": " "}, "标题应为"),
        ({"audience": ""}, "要选一个客群"),
        ({"audience_kind": "everybody"}, "要选一个客群"),
        ({"ends_at": ASKED.starts_at}, "开始和结束应在同一天"),
        ({"ends_at": ASKED.ends_at + timedelta(days=1)}, "开始和结束应在同一天"),
        ({"starts_at": NOW + timedelta(minutes=9)}, "至少在 10 分钟之后"),
        ({"ends_at": bank_moment(DAY, time(20, 1))}, "超出这种用途允许打扰客户的时段"),
        (
            {
                "starts_at": ASKED.starts_at + timedelta(days=31),
                "ends_at": ASKED.ends_at + timedelta(days=31),
            },
            "最晚在 30 天之后",
        ),
    ],
)
def test_each_fault_of_a_proposal_is_named(changed: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in _faults(replace(ASKED, **changed)))


@pytest.mark.parametrize(
    ("script", "kinds", "said"),
    [
        (None, (), "没有这条已审核"),
        (replace(SCRIPT, form="broadcast"), (), "形式不是朋友圈"),
        (replace(SCRIPT, fields=("bank_name", "staff_name")), (), "朋友圈人人看到的一样"),
        (replace(SCRIPT, timing=frozenset({"evening"})), (), "写明只在晚间用"),
        (SCRIPT, ("file",), "只能配图片，或一个视频"),
        (SCRIPT, ("video", "image"), "只能配图片，或一个视频"),
        (SCRIPT, ("image",) * 10, "图片最多 9 张"),
    ],
)
def test_each_fault_of_the_words_and_pictures_is_named(
    script: ApprovedScript | None, kinds: tuple[str, ...], said: str
) -> None:
    assert any(said in fault for fault in _faults(script=script, kinds=kinds))


@given(start=st.integers(0, 1_438), length=st.integers(1, 1_439))
def test_a_moment_holds_when_every_minute_of_it_does(start: int, length: int) -> None:
    end = min(start + length, 1_439)
    minutes = [bank_moment(DAY) + timedelta(minutes=one) for one in range(start, end)]

    def holds(first: datetime, last: datetime) -> bool:
        return hours_hold(first, last, Purpose.CARE, elder=True, gate=GATE, calendar=CALENDAR)

    every = all(holds(one, one + timedelta(minutes=1)) for one in minutes)
    assert holds(minutes[0], minutes[-1] + timedelta(minutes=1)) is every


@given(
    sizes=st.lists(st.integers(1, 50), max_size=40),
    customers=st.integers(50, 120),
    members=st.integers(1, 7),
)
def test_every_member_is_in_one_call_and_no_call_is_too_large(
    sizes: list[int], customers: int, members: int
) -> None:
    senders = [(f"m{number}", size) for number, size in enumerate(sizes)]
    calls = split(senders, customers=customers, members=members)
    assert [userid for call in calls for userid in call] == [userid for userid, _ in senders]
    of = dict(senders)
    for call in calls:
        assert 0 < len(call) <= members
        assert sum(of[userid] for userid in call) <= customers


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "早安"},
        {"title": "早安"},
        {"materials": ("poster.tea",)},
        {"audience": "老年"},
        {"audience_kind": "segment"},
        {"units": ("01",)},
        {"staff_ids": ("limin",)},
        {"starts_at": TASK.starts_at + timedelta(minutes=1)},
        {"ends_at": TASK.ends_at + timedelta(minutes=1)},
    ],
)
def test_an_approval_covers_every_word_and_everybody(changed: dict[str, Any]) -> None:
    assert digest(replace(TASK, **changed), "h") != digest(TASK, "h")


def test_an_approval_does_not_mind_order_and_time_zone_but_the_version_of_the_words() -> None:
    same = replace(TASK, units=("02", "01"), starts_at=TASK.starts_at.astimezone(UTC))
    assert digest(same, "h") == digest(TASK, "h")
    assert digest(TASK, "other") != digest(TASK, "h")
