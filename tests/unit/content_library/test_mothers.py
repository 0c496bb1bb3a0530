"""Ready words for mothers (宝妈): moments and words to forward, each as a bank may say it."""

from pathlib import Path

import pytest

from compliance.content_check import ContentCheck
from compliance.policy import GatePolicy
from compliance.screening import Screener
from content_library.facts import Form, ScriptDraft
from content_library.importing import draft_from
from content_library.item_rows import read_toml
from content_library.render import fields_of
from delivery.moments.rules import BANK_FIELDS

pytestmark = pytest.mark.mission("F6")
ROOT = Path(__file__).resolve().parents[3]
EXAMINER = ContentCheck(GatePolicy.load(), Screener.from_rulebook())
PACK = [draft_from(row) for row in read_toml(ROOT / "samples" / "scripts" / "mothers.toml")]


def test_there_is_enough_for_a_fortnight_at_every_hour() -> None:
    moments = [one for one in PACK if one.form == Form.MOMENT]
    assert len(moments) >= 12
    assert {"morning", "afternoon", "evening", "holiday"} <= {
        name for one in moments for name in one.timing
    }


@pytest.mark.parametrize("draft", PACK, ids=lambda one: one.code)
def test_each_is_for_mothers_in_its_hours_and_passes_the_screening(draft: ScriptDraft) -> None:
    assert draft.personas == {"宝妈"}
    assert draft.timing
    assert draft.purpose == "care"
    if draft.form == Form.MOMENT:
        assert set(fields_of(draft.template)) <= BANK_FIELDS
    findings = EXAMINER(draft.template, purpose=draft.purpose, product_kind=None, personalised=True)
    assert [one for one in findings if one.level == "block"] == []
