"""A condition means the same in SQL and in words: for every dimension, on both databases."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import persona_policy, tier_policy
from config.conditions import OPERATORS
from config.dimensions import DIMENSIONS, STAGE_FROM, Dimension, Part, Type, dimension
from config.persona_policy import PersonaPolicy
from crm_sync.models import (
    BehaviourSignal,
    ContactWay,
    Customer,
    CustomerEvent,
    CustomerFlow,
    CustomerStanding,
    Lead,
    PersonaMembership,
    WecomTag,
)
from crm_sync.rules.conditions import Condition, Frame, explain, parse
from crm_sync.rules.standing import months_before
from crm_sync.segments.asking import Outside
from crm_sync.segments.compile import where
from crm_sync.segments.values import values_of
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio
TODAY = date(2026, 11, 22)
CUSTOMERS = 80
VALUES = [
    "yes",
    "1",
    "是",
    "no",
    "0",
    "",
    "读书;长跑",
    "健身、瑜伽",
    "50%_off",
    "读书会",
    "A　b",
    "a",
]
HOSTILE = ["'; DROP TABLE customer; --", "{{7*7}}", "%", "_", "\u202e反转", "客户𠮷", "<b>"]


def _policy() -> PersonaPolicy:
    """Talk switched on, so that repetition and days are asked of the databases too."""
    raw = persona_policy.load().model_dump()
    raw["sources"]["chat"]["enabled"] = True
    return PersonaPolicy.model_validate(raw)


FRAME = Frame(AT, _policy(), tier_policy.load())


async def _town(session: AsyncSession, dice: random.Random) -> Outside:
    """Customers with anything a rule may ask for; what other packages know comes as selects."""
    await bank.units(session)
    for name in ("li", "wang"):
        await bank.staff(session, name)
    tags = [
        {"tag_id": f"t{number}", "group_id": "g", "group_name": "g", "name": name, "ours": name == "我",
         "synced_at": AT}
        for number, name in enumerate(["跑步", "健身", "VIP", "我"])
    ]  # fmt: skip
    await bank.insert_rows(session, WecomTag, tags)
    ways = [
        {"state": f"s{n}", "staff_id": "li", "purpose": p, "created_at": AT}
        for n, p in enumerate(["厅堂", ""])
    ]
    await bank.insert_rows(session, ContactWay, ways)
    for number in range(CUSTOMERS):
        day = date(2026, 11, 22) - timedelta(
            days=dice.choice([0, 1, 6, 7, 8, 400, 9_000, 21_915, 21_916])
        )
        keys = dice.sample(
            ["hobby", "employer", "merchant", "expertise", "decision_style", "life_stage", "odd"], 5
        )
        customer_id = await bank.customer(
            session,
            f"N{number}",
            born_on=dice.choice(
                [None, date(dice.randint(1940, 2012), dice.choice([2, 11]), 22), day]
            ),
            gender=dice.choice(["", "F", "M"]),
            owner=dice.choice([None, "li", "wang"]),
            unit_id=dice.choice(["0101", "0102", "0201", "99"]),
            account_unit_id=dice.choice([None, "0101"]),
            risk_level=dice.choice([None, 1, 3, 5]),
            risk_assessed_on=dice.choice([None, day]),
            opened_on=dice.choice([None, day]),
            tier=dice.choice(["", "有效", "中端"]),
            aum_fen=dice.choice([None, 0, 5_000_000, 30_000_000, 100_000_000]),
            aum_average_fen=dice.choice([None, 4_999_999]),
            occupation=dice.choice(["", "教师", *HOSTILE]),
            attributes={
                key: dice.choice([*VALUES, *HOSTILE, *STAGE_FROM, "novice", "family"])
                for key in keys
            },
            removed_at=dice.choice([None] * 9 + [AT]),
        )
        for place in range(dice.randint(0, 3)):
            await bank.holding(
                session, customer_id, f"H{number}-{place}", dice.choice(["fund", "deposit", "loan"]),
                product_code=dice.choice([None, "P1", "P2"]),
                product_name=dice.choice(["", "消费贷", "农户贷"]),
                risk_level=dice.choice([None, 3, 4, 5]),
                amount_fen=dice.choice([None, 10_000, 1_000_000]),
                opened_on=dice.choice([None, TODAY - timedelta(days=dice.choice([0, 30, 31]))]),
                matures_on=dice.choice([None, *(TODAY + timedelta(days=n) for n in (-1, 0, 7, 8, 30))]),
                removed_at=dice.choice([None, None, AT]),
            )  # fmt: skip
        for place in range(dice.randint(0, 2)):
            row: dict[str, Any] = {
                "event_no": f"E{number}-{place}", "customer_id": customer_id,
                "kind": dice.choice(["money_in", "life"]), "amount_fen": dice.choice([None, 10_000]),
                "on": TODAY + timedelta(days=dice.choice([-31, -30, 0, 7, 8])),
            }  # fmt: skip
            await bank.insert_rows(session, CustomerEvent, [row])
        months = dice.sample([0, 1, 2, 3, 12, 13], 4)
        flows: list[dict[str, Any]] = [
            {"customer_id": customer_id, "month": months_before(TODAY, back), "kind": kind,
             "amount_fen": dice.choice([None, 4_999_999, 5_000_000]), "changed_at": AT}
            for back in months
            for kind in dice.sample(["payroll_in", "out_third_party", "pos_in", "large_in"], 1)
        ]  # fmt: skip
        await bank.insert_rows(session, CustomerFlow, flows[: dice.randint(0, 4)])
        if dice.random() < 0.7:
            stood = {
                "customer_id": customer_id, "grade": dice.choice("ABCD"), "changed_at": AT,
                "grade_kind": dice.choice(["", "mid_intent"]), "completeness": dice.choice([0, 40]),
                "activity": dice.choice(["", "active", "dormant"]),
                "dormant_kind": dice.choice(["", "dead_card"]),
                "peak_fen": dice.choice([None, 5_000_000]),
            }  # fmt: skip
            await bank.insert_rows(session, CustomerStanding, [stood])
        if dice.random() < 0.5:
            lead = {
                "customer_id": customer_id, "finder": dice.choice(["pos", "loan"]), "place": 1,
                "level": "outlet", "unit_id": "0101", "amount_fen": 1, "found_at": AT,
                "state": dice.choice(["open", "taken", "done"]),
            }  # fmt: skip
            await bank.insert_rows(session, Lead, [lead])
        if dice.random() < 0.6:
            await bank.contact(session, f"wm-{number}", customer_id=customer_id)
            for userid in dice.sample(["li", "wang"], dice.randint(0, 2)):
                await bank.relation(
                    session, userid, f"wm-{number}",
                    tag_ids=dice.sample(["t0", "t1", "t2", "t3"], dice.randint(0, 3)),
                    ended_at=dice.choice([None, None, AT]),
                    half=dice.choice([False, False, True]),
                    state=dice.choice(["", "s0", "s1"]),
                    add_way=dice.choice([0, 1, 202]),
                )  # fmt: skip
        if dice.random() < 0.5:
            persona = {"customer_id": customer_id, "persona": dice.choice(["老年", "读书"]), "source": "crm",
                       "confidence": 100, "rule_version": "x", "since": AT}  # fmt: skip
            await bank.insert_rows(session, PersonaMembership, [persona])
        for place in range(dice.randint(0, 5)):
            told = {
                "signal_no": f"S{number}-{place}", "customer_id": customer_id,
                "interest": dice.choice(["健身", "长跑"]), "origin": dice.choice(["behavior", "chat", "chat", "self"]),
                "at": AT + timedelta(days=dice.choice([1, -1, -2, -40, -100, -179, -181]), hours=dice.choice([0, 14, 16])),
                "consented": dice.random() < 0.8, "noted_at": AT,
            }  # fmt: skip
            await bank.insert_rows(session, BehaviourSignal, [told])
    key: Any = col(Customer.id)
    interest = case((key % 2 == 0, "长跑"), else_="wr-1").label("value")
    return Outside(
        flags={"consent_marketing": select(key).where(key % 5 < 2)},
        sets={"group": select(key.label("customer_id"), interest).where(key % 3 > 0)},
    )


EIGHT = {
    "职业": "occupation", "生命阶段": "life_stage", "性别": "gender", "产品": "holding",
    "获客来源": "add_way", "风险偏好": "risk_taste", "决策方式": "decision_style",
    "投资专业度": "expertise",
}  # fmt: skip
"""The eight dimensions of row A12, by the names of the papers."""
TEXTS = ["pos", "loan", "有效", "教师", "教", "P1", "0101", "01", "li", "老年", "跑步", "健身", "我", "长跑", "wr-1", "厅堂",
         "5万以上", "没有这段", "50%_off", "读书", "A", "a", "b", *HOSTILE]  # fmt: skip


def _texts(asked: Dimension | Part, dice: random.Random) -> list[str]:
    pool = list(asked.choices) or TEXTS
    return dice.sample(pool, min(len(pool), dice.randint(1, 3)))


def _number(asked: Dimension | Part, dice: random.Random) -> int:
    pools = {"age": [17, 18, 30, 59, 60], "birth_year": [1990, 1999, 2026], "risk_taste": [1, 3, 5]}
    if isinstance(asked, Dimension) and asked.type is Type.MONEY:
        return dice.choice([0, 4_999_999, 5_000_000])
    return dice.choice(pools.get(asked.name, [0, 1, 3, 4, 5, 7, 30, 40, 100]))


def _ask(asked: Dimension, op: str, dice: random.Random) -> dict[str, Any]:
    told: dict[str, Any] = {"dim": asked.name, "op": op}
    if asked.type is Type.RECORDS:
        parts = dice.sample(asked.parts, dice.randint(0, 3))
        told["where"] = {
            part.name: _texts(part, dice) if part.type in (Type.CHOICE, Type.SET)
            else min(part.highest, _number(part, dice))
            for part in parts
        }  # fmt: skip
    elif asked.type is Type.FLAG:
        told["value"] = dice.choice([True, False])
    elif op in ("in", "not_in", "contains", "any", "none"):
        told["value"] = _texts(asked, dice)
    elif op in ("past", "next"):
        told["value"] = dice.choice([0, 7, 9_000])
    elif op not in ("known", "unknown"):
        one: Callable[[], Any] = (
            (lambda: TODAY - timedelta(days=dice.choice([0, 7, 400])))
            if asked.type is Type.DATE
            else (lambda: _number(asked, dice))
        )
        told["value"] = sorted([one(), one()]) if op == "between" else one()
    return told


def _any_condition(dice: random.Random, depth: int = 0) -> dict[str, Any]:
    if depth < 3 and dice.random() < 0.5:
        match dice.choice(["all", "any", "not"]):
            case "not":
                return {"not": _any_condition(dice, depth + 1)}
            case name:
                return {name: [_any_condition(dice, depth + 1) for _ in range(dice.randint(1, 3))]}
    names = [*DIMENSIONS, "attribute:odd"]
    asked = dimension(dice.choice(names))
    assert asked is not None
    return _ask(asked, dice.choice(OPERATORS[asked.type]), dice)


async def _agrees(
    session: AsyncSession, condition: Condition, ids: list[int], outside: Outside
) -> int:
    """The number of customers in it, the same by SQL (both ways) and by explanation."""
    by_sql = []
    for one_by_one in (False, True):
        asked = where(session, condition, FRAME, outside, one_by_one=one_by_one)
        query = select(col(Customer.id)).where(asked, col(Customer.removed_at).is_(None))
        by_sql.append(set((await session.execute(query)).scalars()))
    known = await values_of(session, ids, [condition], FRAME, outside)
    verdicts = {one: explain(condition, known[one], FRAME) for one in known}
    explained = {one for one, verdict in verdicts.items() if verdict.met}
    assert by_sql[0] == by_sql[1] == explained, condition
    for verdict in verdicts.values():
        assert bool(verdict.why) is verdict.met
        assert bool(verdict.why_not) is not verdict.met
    return len(explained)


@pytest.mark.mission("A12")
def test_each_of_the_eight_dimensions_is_asked_by_its_own_name() -> None:
    assert {DIMENSIONS[name].title for name in EIGHT.values()} == set(EIGHT)


@pytest.mark.mission("A12")
async def test_sql_and_explanation_agree_on_every_dimension_and_operator(
    database: Database,
) -> None:
    dice = random.Random(12)
    async with database.transaction() as session:
        outside = await _town(session, dice)
        ids = [one for one in (await session.execute(select(col(Customer.id)))).scalars() if one]
        some = set()
        for asked in [*DIMENSIONS.values(), dimension("attribute:odd")]:
            assert asked is not None
            for op in OPERATORS[asked.type]:
                for _ in range(6 if asked.type is Type.RECORDS else 2):
                    condition = parse(_ask(asked, op, dice))
                    if await _agrees(session, condition, ids, outside):
                        some.add(asked.name)
    assert {"age", "holding", "interest", "tag", "group", "friend", "band", "employer"} <= some
    assert {"grade", "activity", "peak", "lead", "payroll_year", "retention", "loans"} <= some
    assert set(EIGHT.values()) <= some


async def test_sql_and_explanation_agree_on_any_nesting(database: Database) -> None:
    dice = random.Random(4)
    async with database.transaction() as session:
        outside = await _town(session, dice)
        ids = [one for one in (await session.execute(select(col(Customer.id)))).scalars() if one]
        sizes = [
            await _agrees(session, parse(_any_condition(dice)), ids, outside) for _ in range(80)
        ]
    assert sum(0 < size < len(ids) for size in sizes) > 25
