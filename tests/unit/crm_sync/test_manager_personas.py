"""The personas a bank's managers are known by come ready: a rule, a tag, content, a risk ceiling."""

import tomllib
from pathlib import Path

import pytest

from config import persona_policy
from crm_sync.rules import persona_words

SCRIPTS = Path(__file__).parents[3] / "samples" / "scripts"
MANAGERS = ("老年", "90后", "健身", "长跑", "读书", "股市", "宝妈", "商贸", "县域")


def _written_for() -> dict[str, int]:
    """How many ready scripts each persona has."""
    found: dict[str, int] = {}
    for path in SCRIPTS.rglob("*.toml"):
        for script in tomllib.loads(path.read_text(encoding="utf-8")).get("script", []):
            for name in {script.get("persona", ""), *script.get("personas", [])} - {""}:
                found[name] = found.get(name, 0) + 1
    return found


@pytest.mark.mission("D12")
@pytest.mark.parametrize("name", MANAGERS)
def test_a_persona_has_its_rule_its_tag_and_its_content(name: str) -> None:
    policy = persona_policy.load()
    persona = policy.named(name)
    assert persona is not None
    assert persona.tag_name == name
    assert persona_words.in_short(persona, policy)
    assert _written_for().get(name, 0) >= 1, "no script is ready"


@pytest.mark.mission("D12")
def test_the_old_and_parents_have_a_ceiling_and_the_market_goes_by_the_assessment() -> None:
    policy = persona_policy.load()
    ceilings = {one.name: one.risk_ceiling for one in policy.persona}
    assert (ceilings["老年"], ceilings["宝妈"], ceilings["股市"]) == (2, 2, None)
