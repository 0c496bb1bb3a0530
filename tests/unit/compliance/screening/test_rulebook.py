"""The rules say themselves what they must and must not catch."""

from pathlib import Path

import pytest

from compliance.screening import Screener
from compliance.screening.errors import RulebookBroken
from compliance.screening.patterns import Compiler
from compliance.screening.rulebook import DEFAULT_PATH, load
from compliance.screening.rules import Example, Rule

RULES = load().rules
MATCHES = [(rule, one) for rule in RULES for one in rule.match]
NO_MATCHES = [(rule, one) for rule in RULES for one in rule.no_match]
REWRITES = [(rule, text) for rule in RULES for text in rule.rewrites]


@pytest.mark.parametrize(("rule", "example"), MATCHES, ids=lambda value: getattr(value, "id", None))
def test_a_rule_catches_its_own_examples(screener: Screener, rule: Rule, example: Example) -> None:
    verdict = screener.screen(example.text, speaker=example.speaker, product=example.product)
    assert rule.id in {hit.rule for hit in verdict.hits}, example.text


@pytest.mark.parametrize(
    ("rule", "example"), NO_MATCHES, ids=lambda value: getattr(value, "id", None)
)
def test_a_rule_leaves_its_harmless_examples_alone(
    screener: Screener, rule: Rule, example: Example
) -> None:
    verdict = screener.screen(example.text, speaker=example.speaker, product=example.product)
    assert rule.id not in {hit.rule for hit in verdict.hits}, example.text


@pytest.mark.parametrize(("rule", "text"), REWRITES, ids=lambda value: getattr(value, "id", None))
def test_what_a_rule_offers_instead_may_be_sent(screener: Screener, rule: Rule, text: str) -> None:
    for speaker in ("manager", "content"):
        verdict = screener.screen(text, speaker=speaker)
        assert verdict.verdict == "pass", (rule.id, text, verdict.hits)


def test_every_family_of_the_catalogue_has_a_rule() -> None:
    families = {rule.family for rule in RULES}
    assert families >= {
        "guaranteed_return", "yield_as_promise", "risk_denial", "private_transfer",
        "off_book_product", "trade_on_behalf", "pii_exposure", "deposit_solicitation",
        "loan_misuse", "illegal_fundraising", "insider_tips", "abuse", "suitability",
        "absolute_terms", "false_urgency", "unfair_comparison", "complaint_risk",
    }  # fmt: skip


def test_no_rule_can_block_a_customer() -> None:
    for rule in RULES:
        for clause in rule.clauses:
            assert clause.severity.get("customer") != "block", rule.id


RULE = """
[[rule]]
id = "R-T-1"
name = "n"
family = "guaranteed_return"
law = "l"
reason = "r"
severity = {{ {severity} }}
rewrites = ["好的"]
match = ["保本一", "保本二", "保本三"]
no_match = ["a", "b", "c"]
[[rule.when]]
patterns = ['{pattern}']
"""


def _book(folder: Path, *, pattern: str = "保本", severity: str = 'manager = "block"') -> Path:
    for name in ("concepts.toml", "guards.toml", "disguises.toml"):
        (folder / name).write_bytes((DEFAULT_PATH / name).read_bytes())
    policy = '[phrasing]\nid = "R-SEM"\nname = "n"\nstop = 1.0\nexcused = 0.5\ndoubt = -1.0\ndismiss = -2.0\nreason = "{family}"\n[phrasing.families]\n'
    (folder / "phrasing.toml").write_text(policy, "utf-8")
    (folder / "own.toml").write_text(RULE.format(pattern=pattern, severity=severity), "utf-8")
    return folder


def test_a_bank_may_screen_by_its_own_rulebook(tmp_path: Path) -> None:
    own = Screener.from_rulebook(_book(tmp_path))
    assert own.screen("保本的", speaker="manager").verdict == "block"
    assert own.screen("稳赚的", speaker="manager").verdict == "pass"


def test_a_changed_rule_changes_the_version(tmp_path: Path) -> None:
    before = load(_book(tmp_path)).version
    after = load(_book(tmp_path, pattern="保息")).version
    assert before != after


@pytest.mark.parametrize(
    ("pattern", "severity"),
    [
        ("{nothing_of_that_name}", 'manager = "block"'),
        ("(保本", 'manager = "block"'),
        ("~~", 'manager = "block"'),
        ("<rate>", 'manager = "block"'),
        ("保本", 'manager = "forbid"'),
        ("保本", 'customer = "block"'),
        ("保本", 'boss = "block"'),
    ],
)
def test_a_broken_rule_is_refused_with_its_name(
    tmp_path: Path, pattern: str, severity: str
) -> None:
    with pytest.raises(RulebookBroken) as refused:
        load(_book(tmp_path, pattern=pattern, severity=severity))
    assert "R-T-1" in str(refused.value)


def test_an_empty_rulebook_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookBroken):
        load(tmp_path)


def test_patterns_know_the_words_they_need() -> None:
    compiler = Compiler({"loss": frozenset({"亏", "赔"})})
    pattern = compiler.compile("{loss}~4(我补|我出)!(不)")
    assert pattern.needs == (frozenset({"亏", "赔"}), frozenset({"我补", "我出"}))
    assert pattern.regex.search("亏了多少我补给你")
    assert not pattern.regex.search("亏了。我补给你")
    assert not pattern.regex.search("亏了我补不了")
