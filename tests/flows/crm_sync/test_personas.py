"""Every membership has its reason; every change its entry; the rules in SQL and in words agree."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import persona_policy, tier_policy
from config.persona_policy import PersonaPolicy
from crm_sync import personas
from crm_sync.errors import CustomerUnknown, PersonaUnknown, ReasonMissing, TagWordForbidden
from crm_sync.models import Customer, PersonaMembership, WecomTag
from crm_sync.personas import evaluate, evaluate_customers
from crm_sync.personas_after_load import evaluate_changed
from crm_sync.personas_by_hand import explain, give_persona, refuse_persona
from crm_sync.repository.people import personas_of
from crm_sync.rules import memberships
from crm_sync.rules.conditions import Frame
from crm_sync.rules.evidence import sayings
from crm_sync.rules.personas import judge
from crm_sync.rules.signals import GroupInterest, Signal
from crm_sync.segments.values import values_of
from crm_sync.traces import TraceFact, note
from kit.db import Database
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, BEFORE

pytestmark = pytest.mark.anyio

POLICY = persona_policy.load()
OLD = date(1958, 3, 2)
TODAY = date(2026, 11, 22)


async def _personas(session: AsyncSession) -> dict[str, tuple[str, ...]]:
    found = await session.execute(select(col(Customer.id), col(Customer.customer_no)))
    names = {row.id: row.customer_no for row in found}
    held = await personas_of(session, list(names))
    return {names[customer_id]: personas for customer_id, personas in held.items()}


async def test_the_edges_of_age_and_birth_year(database: Database) -> None:
    async with database.transaction() as session:
        for name, born_on in {
            "59": date(1966, 11, 23),
            "60": date(1966, 11, 22),
            "1989": date(1989, 12, 31),
            "1990": date(1990, 1, 1),
            "1999": date(1999, 12, 31),
            "2000": date(2000, 1, 1),
            "unknown": None,
        }.items():
            await bank.customer(session, name, born_on=born_on)
    report = await evaluate(database, POLICY, AT, window=3)
    async with database.reading() as session:
        assert await _personas(session) == {
            "60": ("老年",),
            "1990": ("90后",),
            "1999": ("90后",),
        }
    assert dict(report.joined) == {"老年": 1, "90后": 2}


async def test_a_second_evaluation_changes_nothing_and_writes_nothing(database: Database) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(session, "A", born_on=OLD)
        await bank.holding(session, customer_id, "F1", "fund", risk_level=5)
    await evaluate(database, POLICY, AT)
    again = await evaluate(database, POLICY, AT + timedelta(days=1))
    assert (again.changed, sum(again.joined.values()), dict(again.members)) == (
        0,
        0,
        {"老年": 1, "股市": 1},
    )
    async with database.reading() as session:
        [entry] = await page(session, Wanted(kind="persona"))
        row = (
            await session.execute(
                select(PersonaMembership).where(col(PersonaMembership.persona) == "老年")
            )
        ).scalar_one()
        assert (row.since, row.is_primary, row.confidence) == (AT, True, 100)
        assert sayings(row.evidence, TODAY) == ("1958 年出生，68 岁，满 60 岁",)
        assert row.rule_version == POLICY.rule_version
        assert (await verify(session)).sound
    assert (entry.object, entry.unit) == (f"customer:{customer_id}", "0101")
    assert [one["persona"] for one in entry.payload["joined"]] == ["老年", "股市"]
    assert entry.payload["primary"] == "老年"


async def test_who_no_longer_fits_leaves_and_a_closed_customer_leaves_everything(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.customer(session, "A", born_on=OLD)
        await bank.customer(session, "B", born_on=OLD)
    await evaluate(database, POLICY, AT)
    async with database.transaction() as session:
        fixed = update(Customer).where(col(Customer.customer_no) == "A")
        await session.execute(fixed.values(born_on=date(1985, 3, 2)))
        closed = update(Customer).where(col(Customer.customer_no) == "B")
        await session.execute(closed.values(removed_at=AT))
    report = await evaluate(database, POLICY, AT)
    assert dict(report.left) == {"老年": 2}
    async with database.reading() as session:
        assert await _personas(session) == {}


async def test_groups_count_while_they_are_read_and_stay_when_they_are_not(
    database: Database,
) -> None:
    async with database.transaction() as session:
        runner = await bank.customer(session, "A")
        await bank.customer(session, "B")
    joined = GroupInterest(runner, "长跑", "wr-1", BEFORE, "晨跑群").as_signal()
    await evaluate(database, POLICY, AT, signals=[joined])
    async with database.reading() as session:
        assert await _personas(session) == {"A": ("长跑",)}
    await evaluate(database, POLICY, AT)
    async with database.transaction() as session:
        assert await _personas(session) == {"A": ("长跑",)}
        told = await explain(session, "A", POLICY, AT)
        assert told.personas[0].why == ("2026-01-05 加入长跑群“晨跑群”",)
        await evaluate_customers(session, POLICY, AT, [runner], signals=[])
        assert await _personas(session) == {}


async def test_faded_behaviour_ends_even_when_signals_are_not_read(database: Database) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(session, "A")
    clicked = Signal(customer_id, "健身", "behavior", AT - timedelta(days=170), "page-1")
    await evaluate(database, POLICY, AT, signals=[clicked])
    async with database.reading() as session:
        assert await _personas(session) == {"A": ("健身",)}
    await evaluate(database, POLICY, AT + timedelta(days=11))
    async with database.reading() as session:
        assert await _personas(session) == {}


async def test_a_tag_a_member_gave_counts_and_one_of_ours_does_not(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li")
        for tag_id, ours in (("t-console", False), ("t-ours", True)):
            tag = {
                "tag_id": tag_id,
                "group_id": "g",
                "group_name": "兴趣",
                "name": "读书",
                "ours": ours,
                "synced_at": AT,
            }
            await bank.insert_rows(session, WecomTag, [tag])
            customer_id = await bank.customer(session, tag_id, owner="li")
            await bank.contact(session, f"wm-{tag_id}", customer_id=customer_id)
            await bank.relation(session, "li", f"wm-{tag_id}", tag_ids=[tag_id])
    await evaluate(database, POLICY, AT)
    async with database.reading() as session:
        assert await _personas(session) == {"t-console": ("读书",)}


async def test_a_customers_wish_holds_for_half_a_year(database: Database) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(session, "A", born_on=OLD)
        await evaluate_customers(session, POLICY, AT, [customer_id])
        until = await refuse_persona(
            session, customer_id, "老年", policy=POLICY, actor="staff:li", reason="本人要求", at=AT
        )
        assert until == AT + timedelta(days=180)
        assert await _personas(session) == {}
        await evaluate_customers(session, POLICY, until - timedelta(seconds=1), [customer_id])
        assert await _personas(session) == {}
        told = await explain(session, "A", POLICY, AT)
        old = next(one for one in told.personas if one.persona == "老年")
        assert old.why_not[0] == "2026-11-22 应客户要求删除，2027-05-21 之前不再推断"
        await evaluate_customers(session, POLICY, until, [customer_id])
        assert await _personas(session) == {"A": ("老年",)}
        [_, refusal, _] = await page(session, Wanted(kind="persona"))
    assert (refusal.actor, refusal.reason, refusal.payload["left"]) == (
        "staff:li",
        "本人要求",
        ["老年"],
    )


async def test_a_person_gives_a_persona_with_a_reason_and_it_stays(database: Database) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(
            session,
            "A",
            born_on=OLD,
            attributes={"merchant": "yes", "third_party_custody": "yes"},
        )
        await evaluate_customers(session, POLICY, AT, [customer_id])
        assert await _personas(session) == {"A": ("老年", "商贸", "股市")}
        given = {"policy": POLICY, "actor": "staff:li", "at": AT}
        with pytest.raises(PersonaUnknown):
            await give_persona(session, customer_id, "土豪", reason="x", **given)  # type: ignore[arg-type]
        with pytest.raises(ReasonMissing):
            await give_persona(session, customer_id, "读书", reason=" ", **given)  # type: ignore[arg-type]
        with pytest.raises(TagWordForbidden):
            await give_persona(session, customer_id, "读书", reason="离异后爱读书", **given)  # type: ignore[arg-type]
        with pytest.raises(CustomerUnknown):
            await give_persona(session, 404, "读书", reason="读书会报名", **given)  # type: ignore[arg-type]
        await give_persona(session, customer_id, "读书", reason="读书会报名", **given)  # type: ignore[arg-type]
        for day in (0, 30):
            later = AT + timedelta(days=day)
            await evaluate_customers(session, POLICY, later, [customer_id])
            assert await _personas(session) == {"A": ("老年", "商贸", "读书")}
        told = await explain(session, "A", POLICY, AT)
        by_name = {one.persona: one for one in told.personas}
        assert by_name["读书"].why == ("2026-11-22 人工添加：读书会报名",)
        assert by_name["股市"].why_not[0].startswith("符合条件，但已有 3 个排在前面的客群")
        await evaluate_customers(session, POLICY, AT + timedelta(days=366), [customer_id])
        assert await _personas(session) == {"A": ("老年", "商贸", "股市")}


async def test_the_explanation_says_why_not_and_flags_the_elder(database: Database) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(session, "A", born_on=date(1961, 11, 22))
        await evaluate_customers(session, POLICY, AT, [customer_id])
        told = await explain(session, "A", POLICY, AT)
        with pytest.raises(CustomerUnknown):
            await explain(session, "nobody", POLICY, AT)
    assert told.elder_65
    assert (told.personas[0].persona, told.personas[0].is_primary) == ("老年", True)
    by_name = {one.persona: one for one in told.personas}
    assert by_name["90后"].why_not == ("1961 年出生，不属 1990–1999 年",)
    assert by_name["股市"].why_not[0] == "没有持有基金（R4 及以上）"
    assert set(by_name) == {one.name for one in POLICY.persona}


async def test_the_evaluation_in_sql_places_everybody_as_the_rules_in_words_do(
    database: Database,
) -> None:
    """Three hundred customers at random: evaluated in bulk, and judged one by one by every rule."""
    dice = random.Random(7)
    values = ["yes", "1", "是", "no", "0", "", "读书;长跑", "健身、瑜伽", "50%_off", "读书会"]
    keys = ["agri_loan", "children_account", "hobby", "merchant", "pension_payroll",
            "third_party_custody", "unrelated"]  # fmt: skip
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li")
        for number, name in enumerate(["跑步", "健身", "VIP"]):
            tag = {"tag_id": f"t{number}", "group_id": "g", "group_name": "g", "name": name,
                   "ours": False, "synced_at": AT}  # fmt: skip
            await bank.insert_rows(session, WecomTag, [tag])
        for number in range(300):
            customer_id = await bank.customer(
                session,
                f"N{number}",
                born_on=dice.choice(
                    [None, date(dice.randint(1940, 2012), dice.randint(1, 12), 22)]
                ),
                gender=dice.choice(["", "F", "M"]),
                attributes={key: dice.choice(values) for key in dice.sample(keys, 3)},
            )
            for place in range(dice.randint(0, 2)):
                await bank.holding(
                    session,
                    customer_id,
                    f"H{number}-{place}",
                    dice.choice(["fund", "deposit"]),
                    risk_level=dice.choice([None, 3, 4, 5]),
                    matures_on=dice.choice([None, date(2026, 11, 21), date(2026, 11, 22)]),
                    removed_at=dice.choice([None, None, AT]),
                )
            if number % 3 == 0:
                await bank.contact(session, f"wm-{number}", customer_id=customer_id)
                await bank.relation(
                    session,
                    "li",
                    f"wm-{number}",
                    tag_ids=dice.sample(["t0", "t1", "t2"], dice.randint(0, 3)),
                    ended_at=dice.choice([None, None, AT]),
                )
    await evaluate(database, POLICY, AT, window=70)
    async with database.reading() as session:
        bulk = await _personas(session)
        ids = {
            row.id: row.customer_no
            for row in await session.execute(select(col(Customer.id), col(Customer.customer_no)))
        }
        frame = Frame(AT, POLICY, tier_policy.load())
        rules = [one.rule for one in POLICY.grounds]
        known = await values_of(session, list(ids), rules, frame)
    single = {}
    for customer_id, told in known.items():
        judged = [judge(persona, told, frame) for persona in POLICY.persona]
        ranked = memberships.candidates(judged, (), refused=(), at=AT, policy=POLICY)
        if ranked:
            single[ids[customer_id]] = {one.persona for one in memberships.active(ranked, POLICY)}
    assert {name: set(personas) for name, personas in bulk.items()} == single
    assert len(single) > 100
    assert {one for personas in single.values() for one in personas} >= {
        "老年",
        "股市",
        "长跑",
        "健身",
    }


async def test_after_a_load_only_those_who_changed_are_looked_at(database: Database) -> None:
    async with database.transaction() as session:
        for name, born_on in {"A": OLD, "B": date(1966, 11, 24), "C": date(1985, 3, 2)}.items():
            await bank.customer(session, name, born_on=born_on)
    first = await evaluate_changed(database, POLICY, AT)
    assert dict(first.joined) == {"老年": 1}
    same = await evaluate_changed(database, POLICY, AT + timedelta(hours=1))
    assert (same.customers, same.changed) == (0, 0)
    later = AT + timedelta(days=2)
    async with database.transaction() as session:
        changed = update(Customer).where(col(Customer.customer_no) == "C")
        told = {"attributes": {"hobby": "读书"}, "changed_at": later - timedelta(minutes=1)}
        await session.execute(changed.values(**told))
    report = await evaluate_changed(database, POLICY, later)
    async with database.reading() as session:
        found = await _personas(session)
    assert found == {"A": ("老年",), "B": ("老年",), "C": ("读书",)}, "B turned sixty meanwhile"
    assert (report.customers, dict(report.joined)) == (2, {"老年": 1, "读书": 1})
    stricter = POLICY.model_dump()
    stricter["persona"][0]["when"][0]["rule"]["value"] = 66
    everybody = await evaluate_changed(database, PersonaPolicy.model_validate(stricter), later)
    assert dict(everybody.left) == {"老年": 1}


async def test_many_changes_are_one_entry_a_unit_that_names_everybody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personas, "SINGLY", 2)
    async with database.transaction() as session:
        await bank.units(session)
        ids = [
            await bank.customer(session, f"N{n}", born_on=OLD, unit_id="0101" if n else "0201")
            for n in range(4)
        ]
    await evaluate(database, POLICY, AT)
    async with database.reading() as session:
        entries = await page(session, Wanted(kind="persona"))
        assert (await verify(session)).sound
    assert {(one.object, one.act) for one in entries} == {
        ("unit:0101", "persona.changed_for_many"),
        ("unit:0201", "persona.changed_for_many"),
    }
    told = {one.unit: one.payload for one in entries}
    assert told["0101"]["joined"] == {"老年": ids[1:]}
    assert told["0201"] == {
        "joined": {"老年": ids[:1]},
        "left": {},
        "primary_moved": {"老年": ids[:1]},
    }


@pytest.mark.mission("A13")
async def test_a_click_noted_by_the_bank_gives_a_persona_that_fades_and_expires(
    database: Database,
) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(session, "A")
        clicked = TraceFact(
            "R-1", customer_id, "读书", "behavior", AT - timedelta(days=90), ref="radar:养老书单"
        )
        assert await note(session, [clicked, clicked], at=AT) == 1
        assert await note(session, [clicked], at=AT) == 0
    await evaluate_changed(database, POLICY, AT)
    async with database.reading() as session:
        row = (await session.execute(select(PersonaMembership))).scalar_one()
        assert (row.persona, row.source, row.confidence) == ("读书", "behavior", 42)
        assert row.expires_at == AT + timedelta(days=90)
        assert row.evidence[0]["value"] == "radar:养老书单"
    await evaluate_changed(database, POLICY, AT + timedelta(days=91))
    async with database.reading() as session:
        assert await _personas(session) == {}


async def test_a_trace_that_names_what_is_forbidden_is_not_kept(database: Database) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(session, "A")
        with pytest.raises(TagWordForbidden):
            told = TraceFact("R-2", customer_id, "糖尿病", "behavior", AT)
            await note(session, [told], at=AT, policy=POLICY)
