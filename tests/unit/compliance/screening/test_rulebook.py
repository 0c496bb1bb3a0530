"""The rules say themselves what they must and must not catch."""

from datetime import date
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
rewrites = ["好的", "请看说明书"]
owner = "合规部"
effective_from = 2026-01-01
version = 1
{standing}
match = ["保本一", "保本二", "保本三"]
no_match = ["a", "b", "c"]
[[rule.when]]
patterns = ['{pattern}']
"""


def _book(
    folder: Path,
    *,
    pattern: str = "保本",
    severity: str = 'manager = "block"',
    standing: str = "",
) -> Path:
    for name in ("concepts.toml", "guards.toml", "disguises.toml"):
        (folder / name).write_bytes((DEFAULT_PATH / name).read_bytes())
    policy = '[phrasing]\nid = "R-SEM"\nname = "n"\nowner = "o"\nversion = 1\nstop = 1.0\nexcused = 0.5\ncustomer = 0.0\ndoubt = -1.0\ntalk = 20\ndoubt_talk = 1.0\ndismiss = -2.0\ndisguised = -2.0\nreason = "{family}"\n[phrasing.families]\n'
    (folder / "phrasing.toml").write_text(policy, "utf-8")
    (folder / "own.toml").write_text(
        RULE.format(pattern=pattern, severity=severity, standing=standing), "utf-8"
    )
    return folder


def test_a_bank_may_screen_by_its_own_rulebook(tmp_path: Path) -> None:
    own = Screener.from_rulebook(_book(tmp_path))
    assert own.screen("保本的", speaker="manager").verdict == "block"
    assert own.screen("稳赚的", speaker="manager").verdict == "pass"


def test_a_rule_on_its_dry_run_is_recorded_and_stops_nothing(tmp_path: Path) -> None:
    verdict = Screener.from_rulebook(_book(tmp_path, standing="dry_run = true")).screen(
        "这期保本的", speaker="manager"
    )
    assert (verdict.verdict, verdict.families, verdict.rewrite) == ("pass", (), None)
    [hit] = verdict.hits
    assert (hit.rule, hit.severity, hit.dry_run, hit.text) == ("R-T-1", "warn", True, "保本")


def test_a_rule_judges_from_the_day_on_which_it_comes_into_force(tmp_path: Path) -> None:
    own = Screener.from_rulebook(_book(tmp_path))
    verdicts = [
        own.screen("这期保本的", speaker="manager", on=day).verdict
        for day in (date(2025, 12, 31), date(2026, 1, 1), None)
    ]
    assert verdicts == ["pass", "block", "block"]
    [last] = own.screen_many([("保、本", "manager", None)], on=date(2025, 12, 31))
    assert last.hits == ()


@pytest.mark.parametrize(
    "text",
    [
        "这期保本的",
        "保💰本",
        "身份证 11010519491231002X",
        "收\u200b益",
        "真有个三长两短，缺口行长想办法填",
    ],
)
def test_no_rule_of_any_kind_judges_before_its_law(screener: Screener, text: str) -> None:
    assert screener.screen(text, speaker="manager").hits
    assert screener.screen(text, speaker="manager", on=date(2014, 12, 31)).hits == ()


def test_a_rule_that_is_switched_off_is_listed_but_not_looked_for(tmp_path: Path) -> None:
    off = Screener.from_rulebook(_book(tmp_path, standing="enabled = false"))
    assert off.screen("保本的", speaker="manager").hits == ()
    assert [rule.id for rule in off.rulebook.rules] == ["R-T-1"]
    assert off.rulebook.active == ()


@pytest.mark.parametrize(
    ("standing", "told"),
    [("dry_run = 1", "true 或 false"), ('enabled = "yes"', "true 或 false")],
)
def test_a_switch_that_is_no_switch_is_refused(tmp_path: Path, standing: str, told: str) -> None:
    with pytest.raises(RulebookBroken, match=told):
        load(_book(tmp_path, standing=standing))


@pytest.mark.parametrize(
    ("line", "instead", "told"),
    [
        ('owner = "合规部"', 'owner = " "', "owner"),
        ('owner = "合规部"', "", "owner"),
        ("effective_from = 2026-01-01", 'effective_from = "今年"', "effective_from"),
        ("version = 1\n\n", "version = 0\n\n", "version"),
        ('rewrites = ["好的", "请看说明书"]', 'rewrites = ["好的"]', "2 句"),
    ],
)
def test_a_rule_without_owner_date_version_or_two_rewrites_is_refused(
    tmp_path: Path, line: str, instead: str, told: str
) -> None:
    folder = _book(tmp_path)
    file = folder / "own.toml"
    text = file.read_text("utf-8")
    assert line in text
    file.write_text(text.replace(line, instead), "utf-8")
    with pytest.raises(RulebookBroken, match=told):
        load(folder)


@pytest.mark.mission("I6")
def test_every_shipped_rule_says_who_owns_it_since_when_and_on_what_law() -> None:
    for rule in RULES:
        assert rule.owner.strip(), rule.id
        assert rule.law.strip(), rule.id
        assert date(2015, 1, 1) <= rule.effective_from <= date(2026, 11, 22), rule.id
        assert rule.version >= 1, rule.id
        assert min(len(rule.match), len(rule.no_match)) >= 3, rule.id
        assert len(rule.rewrites) >= 2, rule.id


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
