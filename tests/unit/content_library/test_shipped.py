"""The scripts that ship are warm, plain and compliant, and there is one for every occasion."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from compliance.calendar import BankCalendar
from compliance.content_check import ContentCheck
from compliance.facts import Channel, Draft, Purpose, Recipient, Sender, Words
from compliance.gate import objections
from compliance.policy import GatePolicy
from compliance.screening import Screener
from config import reminder_policy
from content_library.calendar import ContentCalendar
from content_library.facts import Form, ScriptDraft
from content_library.fields import SAMPLE_FACTS
from content_library.findings import SAMPLES, examine
from content_library.importing import draft_from
from content_library.item_rows import read_toml
from content_library.render import MAX_BYTES, fields_of, pieces
from content_library.rules import fingerprint, holds_personal_fields

SHIPPED = Path(__file__).parents[3] / "samples"
DRAFTS = {draft.code: draft for draft in map(draft_from, read_toml(SHIPPED / "scripts"))}
POLICY = GatePolicy.load()
SCREENER = Screener.from_rulebook()
CHECK = ContentCheck(POLICY, SCREENER)
PERSONAS = ("老年", "宝妈", "90后", "健身", "长跑", "读书", "股市", "商贸", "县域")
CHANNEL = {
    Form.SINGLE: Channel.SIDEBAR,
    Form.BROADCAST: Channel.BROADCAST,
    Form.GROUP: Channel.GROUP,
    Form.MOMENT: Channel.MOMENT,
    Form.WELCOME: Channel.WELCOME,
}


def test_no_code_is_used_twice() -> None:
    codes = Counter(str(row["code"]) for row in read_toml(SHIPPED / "scripts"))
    assert [code for code, times in codes.items() if times > 1] == []


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_each_script_passes_every_check(draft: ScriptDraft) -> None:
    _, findings = examine(draft, CHECK)
    spoken = [
        (finding.check, finding.rule, finding.saying)
        for finding in findings
        if finding.level in ("warn", "block") and finding.check != "有效期"
    ]
    assert spoken == []


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_each_script_rendered_passes_the_whole_gate(draft: ScriptDraft) -> None:
    rendered = pieces(draft.template, {**SAMPLE_FACTS, **SAMPLES.get(draft.product_kind or "", {})})
    signed = fingerprint(draft)
    words = Words(
        script_code=draft.code,
        version=1,
        text="".join(text for _, text in rendered),
        template_hash=signed,
        approved_hash=signed,
        state="approved",
        purpose=Purpose(draft.purpose),
        product_kind=draft.product_kind,
        product_code="P1" if draft.product_kind else None,
        product_risk=2 if draft.product_kind == "wealth" else None,
        personas=draft.personas,
        licence=draft.licence,
        has_personal_fields=holds_personal_fields(draft.template),
        pieces=rendered,
    )
    who = Recipient(
        customer_id=1,
        age=66,
        risk_level=2,
        risk_assessed_on=date(2026, 6, 1),
        personas=frozenset(PERSONAS),
        consents=frozenset({"marketing"}),
        last_care_on=date(2026, 11, 20),
    )
    given = Draft(
        key=draft.code,
        channel=CHANNEL[Form(draft.form)],
        recipients=(who,),
        words=words,
        sender=Sender("limin", True, frozenset({"理财"})),
    )
    at = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # Tuesday 10:30 at the bank
    calendar = BankCalendar(quiet=POLICY.outreach.quiet)
    assert objections(given, at=at, policy=POLICY, calendar=calendar, screener=SCREENER) == ()


@pytest.mark.parametrize(
    "scene",
    [
        *(f"maturity.{kind}.{step}" for kind in ("deposit", "wealth") for step in ("t30", "t7", "t1", "t0")),
        "product.open", "birthday", "card.expiry", "loan.due", "welcome", "care.general",
        "appointment", "remarketing", "callback", "hesitating", "handover",
        "sidebar.greeting", "sidebar.unsubscribe", "sidebar.deposit_insurance",
        "care.nav_fall", "care.yield_gap", "care.allocation", "care.review",
        "care.market_event", "care.assessment", "group.rules",
    ],
)  # fmt: skip
def test_there_is_a_script_for_every_scene(scene: str) -> None:
    assert [draft for draft in DRAFTS.values() if draft.scene == scene]


def test_there_is_a_script_for_every_word_that_the_reminder_policy_promises() -> None:
    scenes = {draft.scene for draft in DRAFTS.values()}
    for trigger in reminder_policy.load().trigger:
        for step in trigger.step:
            if step.action == "message":
                own = not trigger.by_note or trigger.other_notes == "scene"
                assert {*trigger.by_note.values(), *([step.scene] if own else [])} <= scenes


def test_what_cares_names_no_product_kind_and_only_a_sale_may_be_marketing() -> None:
    for trigger in reminder_policy.load().trigger:
        for scene in {*trigger.by_note.values(), *(step.scene for step in trigger.step)}:
            for draft in DRAFTS.values():
                if draft.scene == scene:
                    assert draft.purpose == trigger.purpose or trigger.select == "personas"
                    assert trigger.purpose != "care" or draft.product_kind is None


@pytest.mark.mission("D12")
@pytest.mark.parametrize("persona", PERSONAS)
def test_each_persona_has_two_contents_or_more_without_a_product(persona: str) -> None:
    own = [
        draft for draft in DRAFTS.values() if draft.scene == "persona" and draft.persona == persona
    ]
    assert len(own) >= 2
    for draft in own:
        assert draft.personas == {persona}
        assert (draft.purpose, draft.form, draft.product_kind) == ("care", "broadcast", None)
        assert "退订" in draft.template


@pytest.mark.mission("F2")
def test_the_five_occasions_are_answered_without_yield_comparison_or_private_contact() -> None:
    """Facts of the white paper's five scripts; the wording is the project's own throughout."""
    five = [
        DRAFTS[code]
        for code in (
            "appointment.visit", "remarketing.deposit", "remarketing.wealth", "callback.sms",
            "hesitating.newcomer", "handover.introduction",
        )
    ]  # fmt: skip
    for draft in five:
        for word in ("预期收益", "QQ", "微信号", "利率比之前低", "专属理财经理", "竭诚"):
            assert word not in draft.template


@pytest.mark.mission("F3")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "您买的产品快到期了，我行新出了一款，能给您带来的预期收益是 4.8%，到期前联系我。",
            "wealth",
        ),
        ("这款理财跟存定期一样，利息还高，到期的钱可以放进来。", "wealth"),
        ("产品介绍不方便在这里发，您加我私人微信聊。", "wealth"),
    ],
)
def test_the_kind_of_talk_the_white_paper_shows_is_refused_with_rule_and_rewrite(
    text: str, kind: str
) -> None:
    """Paraphrases of what such scripts do: expected yield, deposit comparison, private contact."""
    spoken = CHECK(text, purpose="marketing", product_kind=kind)
    assert [remark for remark in spoken if remark.level in ("warn", "block") and remark.rule]
    assert SCREENER.screen(text, speaker="manager", product=kind).rewrite


def test_reminders_speak_of_what_is_held_and_sell_nothing() -> None:
    for draft in DRAFTS.values():
        if draft.scene.startswith(("maturity.", "product.", "card.", "loan.")):
            assert draft.purpose == "service"
            assert "product_rate" not in draft.template
            assert "推荐" not in draft.template


def test_automatic_texts_ask_only_for_what_is_known_when_they_are_sent() -> None:
    """The welcome knows the member and the bank; a broadcast besides the branch, no customer."""
    for draft in DRAFTS.values():
        fields = set(fields_of(draft.template))
        if draft.scene == "welcome":
            assert fields <= {"bank_name", "staff_name"}
            assert not draft.personas
        if draft.form == Form.BROADCAST:
            assert fields <= {"bank_name", "unit_name", "staff_name"}


def test_a_greeting_names_no_product_and_no_figure() -> None:
    for draft in DRAFTS.values():
        if draft.scene in ("birthday", "care.festival", "care.general", "welcome"):
            assert draft.product_kind is None
            assert not set("%％") & set(draft.template)


CALENDAR = ContentCalendar.load(SHIPPED / "calendar.toml")


def test_the_calendar_names_only_scripts_that_ship_for_their_persona() -> None:
    assert CALENDAR.scripts <= DRAFTS.keys()
    for line in CALENDAR.lines:
        personas = DRAFTS[line.script].personas
        assert not personas or {line.persona} == personas, line.script
        assert DRAFTS[line.script].form == Form.BROADCAST
        assert DRAFTS[line.script].purpose == "care"


def test_the_library_and_the_gate_count_the_same_limits() -> None:
    limits = dict(POLICY.outreach.text.max_bytes)
    limits.pop("sms")  # because a text message is a script of another form, sent shorter
    assert limits == MAX_BYTES
