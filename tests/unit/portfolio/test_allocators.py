"""Each allocator gives a customer one person, in words, and leaves nobody out without a reason."""

from collections import Counter
from typing import Any

import pytest

from config import ownership_policy
from config.ownership_policy import OwnershipPolicy
from crm_sync.facts import Placing, Seat
from portfolio.allocation.facts import Familiar, Given, Method
from portfolio.allocation.rules import Task, allocate

POLICY = ownership_policy.load()
WAN = 1_000_000
SCOPES = {"0101": (frozenset({"0101"}), frozenset({"01", "0101", "0102"}))}


def seat(staff_id: str, load: int = 0, **more: Any) -> Seat:
    plain: dict[str, Any] = {
        "name": staff_id,
        "unit_id": "0101",
        "position": "客户经理",
        "personas": (),
        "licences": (),
    }
    return Seat(staff_id=staff_id, load=load, **(plain | more))


def who(number: int, wan: int | None = 10, holder: str | None = None, **more: Any) -> Placing:
    fen = None if wan is None else wan * WAN
    plain: dict[str, Any] = {
        "unit_id": "0101",
        "aum_fen": fen,
        "average_fen": fen,
        "holder": holder,
        "holder_serves": holder is not None,
        "persona": "",
    }
    return Placing(customer_id=number, **(plain | more))


def given(
    method: Method, people: list[Placing], seats: list[Seat], **more: Any
) -> dict[int, Given]:
    policy = more.pop("policy", POLICY)
    task = Task(people, seats, SCOPES, policy, **more)
    return {one.customer_id: one for one in allocate(method, task)}


def capped(most: int) -> OwnershipPolicy:
    return OwnershipPolicy.model_validate(
        POLICY.model_dump() | {"balance": {"most_customers": most}}
    )


@pytest.mark.mission("B1")
def test_balance_evens_out_what_people_have() -> None:
    found = given(
        Method.BALANCE, [who(n) for n in range(30)], [seat("a", 20), seat("b"), seat("c", 5)]
    )
    after = Counter({"a": 20, "c": 5}) + Counter(str(one.staff_id) for one in found.values())
    assert sorted(after.values()) == [17, 18, 20]
    assert after["a"] == 20
    assert all("均衡分配" in one.reason for one in found.values())


@pytest.mark.mission("B1")
def test_who_has_somebody_stays_unless_the_list_is_to_be_spread_anew() -> None:
    people, seats = [who(n, holder="a") for n in range(10)], [seat("a", 10), seat("b")]
    assert all(one.kept for one in given(Method.BALANCE, people, seats).values())
    anew = given(Method.BALANCE, people, seats, reallocate=True).values()
    assert Counter(one.staff_id for one in anew) == {"a": 5, "b": 5}
    assert sum(one.kept for one in anew) == 5


@pytest.mark.mission("B1")
def test_the_one_who_knows_a_customer_best_gets_them() -> None:
    familiar = {
        1: {"a": Familiar(40, ("企业微信好友",)), "b": Familiar(100, ("本人认领",))},
        2: {"a": Familiar(10, ("近一年联系 2 次",))},
    }
    found = given(Method.FAMILIARITY, [who(1), who(2)], [seat("a"), seat("b")], familiar=familiar)
    assert found[1].staff_id == "b"
    assert found[1].reason == "熟悉度 100 分：本人认领"
    assert "没有人熟悉" in found[2].reason  # 10 points are too few
    assert found[2].staff_id is not None


@pytest.mark.mission("B1", "B2")
@pytest.mark.parametrize(
    ("fen", "position"),
    [
        (5 * WAN, "低柜理财经理"),
        (50 * WAN - 1, "低柜理财经理"),
        (50 * WAN, "贵宾理财经理"),
        (500 * WAN, "贵宾理财经理"),
    ],
)
def test_the_level_of_the_assets_decides_the_position(fen: int, position: str) -> None:
    seats = [seat("di", position="低柜理财经理"), seat("gui", position="贵宾理财经理")]
    [one] = given(Method.LEVEL, [who(1, None, aum_fen=fen)], seats).values()
    assert {"di": "低柜理财经理", "gui": "贵宾理财经理"}[str(one.staff_id)] == position
    assert position in one.reason


@pytest.mark.mission("B2")
def test_whoever_is_of_the_level_keeps_the_customer() -> None:
    seats = [seat("gui", 9, position="贵宾理财经理"), seat("new", position="贵宾理财经理")]
    [one] = given(Method.LEVEL, [who(1, 80, holder="gui")], seats).values()
    assert one.kept


def test_below_the_lowest_level_only_those_without_an_owner_move() -> None:
    seats = [seat("di", position="低柜理财经理")]
    found = given(Method.LEVEL, [who(1, 2), who(2, 2, holder="x")], seats)
    assert found[1].staff_id == "di"
    assert "没有对应的层级" in found[1].reason
    assert found[2].kept


def test_the_nearest_unit_gives_first_and_the_branch_when_it_has_nobody() -> None:
    far = seat("far", position="贵宾理财经理", unit_id="0102")
    near = seat("near", 900, position="贵宾理财经理")
    [one] = given(Method.LEVEL, [who(1, 90)], [far, near]).values()
    assert one.staff_id == "near"
    [one] = given(Method.LEVEL, [who(1, 90)], [far]).values()
    assert one.staff_id == "far"
    assert "上级机构" in one.reason


@pytest.mark.mission("B10")
def test_interest_and_skill_find_the_person_for_a_persona() -> None:
    seats = [
        seat("plain"),
        seat("skilled", licences=("基金",)),
        seat("keen", personas=("股市",)),
        seat("both", 50, personas=("股市",), licences=("基金",), unit_id="0102"),
    ]
    [one] = given(Method.PERSONA, [who(1, persona="股市")], seats, relation="persona").values()
    assert one.staff_id == "both"
    assert one.reason == "客群匹配 13 分：both擅长“股市”，有基金资质"


@pytest.mark.mission("B10")
def test_nobody_keen_on_a_persona_is_said_or_balanced_where_an_owner_is_needed() -> None:
    people = [who(1, persona="长跑"), who(2)]
    found = given(Method.PERSONA, people, [seat("a")], relation="persona")
    assert [one.staff_id for one in found.values()] == [None, None]
    assert "没有人擅长" in found[1].reason
    assert "没有主客群" in found[2].reason
    owned = given(Method.PERSONA, people, [seat("a")])
    assert [one.staff_id for one in owned.values()] == ["a", "a"]


@pytest.mark.mission("B3")
def test_a_recalled_customer_does_not_go_back_to_whom_they_were_taken_from() -> None:
    people = [who(1, holder="a")]
    [one] = given(Method.BALANCE, people, [seat("a"), seat("b", 99)], bars={1: {"a"}}).values()
    assert one.staff_id == "b"


def test_at_the_cap_nobody_takes_more_and_it_is_said_why() -> None:
    found = given(Method.BALANCE, [who(n) for n in range(5)], [seat("a", 1)], policy=capped(3))
    assert Counter(one.staff_id for one in found.values()) == {"a": 2, None: 3}
    assert "上限" in next(one.reason for one in found.values() if one.staff_id is None)


def test_a_unit_without_people_leaves_its_customers_out_and_says_so() -> None:
    [one] = given(Method.BALANCE, [who(1)], []).values()
    assert one.staff_id is None
    assert "没有可接收客户的岗位" in one.reason
    [one] = given(Method.BALANCE, [who(1, unit_id="0909")], [seat("a")]).values()
    assert "不归本方案的机构" in one.reason


@pytest.mark.mission("B11")
def test_the_direct_team_takes_in_turn() -> None:
    team = [seat("r1", unit_id="hq"), seat("r2", unit_id="hq")]
    people = [who(n, 35, holder="x") for n in range(4)]
    found = given(Method.DIRECT, people, team)
    assert Counter(one.staff_id for one in found.values()) == {"r1": 2, "r2": 2}
