"""Measures screening: ordinary chat, suspicious lines, hostile texts, beside the bare word scan."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import hostile
from compliance.screening import Screener, Speaker
from compliance.screening.rulebook import DEFAULT_PATH, Rulebook

CHAT = Path(__file__).with_name("ordinary_chat.txt")
SUSPICIOUS = 0.05
_ROUNDS = 5
_EXAMPLES = '["保本一", "保本二", "保本三"]'
_TAILS = ("(手机银行|网上银行|直播间|朋友圈)?", "(新客|老客|会员|白金|钻石|贵宾)?")
Line = tuple[str, Speaker, str | None]


@dataclass(frozen=True, slots=True)
class Measured:
    """Messages a second of processor time on one core, and the slowest message's milliseconds."""

    patterns: int
    words: int
    length: float
    bare: float
    chat: float
    mixed: float
    suspicious: float
    p50_ms: float
    p999_ms: float
    worst: dict[str, float]


def chat() -> list[Line]:
    """Ordinary lines, each once as a manager's and once as a customer's."""
    lines = CHAT.read_text("utf-8").splitlines()
    return [(line, who, None) for line in lines for who in ("manager", "customer")]


def suspicious(book: Rulebook) -> list[Line]:
    """What the rules give as examples of a breach."""
    return [(one.text, one.speaker, one.product) for rule in book.rules for one in rule.match]


def expanded(folder: Path, least: int) -> Path:
    """The shipped rulebook with house rules of the same kind added until it holds ``least`` patterns.

    Each house rule says what a shipped one says with words that may follow, so that every pattern
    is looked up by the same words, tried as often and found as often as the shipped one.
    """
    book = folder / "rulebook"
    shutil.copytree(DEFAULT_PATH, book)
    shipped = Screener.from_rulebook().rulebook
    rules, total = [], sum(len(c.patterns) for rule in shipped.rules for c in rule.clauses)
    for turn, tail in enumerate(_TAILS):
        for rule in shipped.rules:
            sources = [p.source for clause in rule.clauses for p in clause.patterns]
            if total >= least or not sources:
                continue
            total += len(sources)
            wide = [f"({source}){tail}" for source in sources]
            rules.append(_house(f"{rule.id}-H{turn}", rule.family, wide))
    (book / "house.toml").write_text("\n".join(rules), "utf-8")
    return book


def _house(name: str, family: str, sources: Sequence[str]) -> str:
    patterns = ",\n".join(f"'{source}'" for source in sources)
    return (
        f'[[rule]]\nid = "{name}"\nname = "行内细则"\nfamily = "{family}"\nlaw = "行内制度"\n'
        f'reason = "行内细则"\nowner = "合规部"\neffective_from = 2026-01-01\nversion = 1\n'
        f'severity = {{ manager = "review", content = "review", customer = "review" }}\n'
        f'rewrites = ["以说明书为准。", "请到网点咨询。"]\nmatch = {_EXAMPLES}\n'
        f"no_match = {_EXAMPLES}\n[[rule.when]]\npatterns = [\n{patterns}\n]\n"
    )


def measured(least: int, seed: int = 7) -> Measured:
    """One run over a rulebook of at least ``least`` patterns, the bare scan in the same run."""
    with tempfile.TemporaryDirectory(prefix="gengyun-rules-") as directory:
        book = expanded(Path(directory), least) if least else None
        screener = Screener.from_rulebook(book)
        ordinary, red = chat(), suspicious(screener.rulebook)
        chance = random.Random(seed)
        mixed = [
            chance.choice(red if chance.random() < SUSPICIOUS else ordinary) for _ in range(2000)
        ]
        screener.screen_many(ordinary + red)
        each = sorted(_alone(screener, line) for line in mixed * 3)
        return Measured(
            patterns=screener.patterns,
            words=screener.words,
            length=sum(len(text) for text, _, _ in ordinary) / len(ordinary),
            bare=_rate(lambda: [screener.bare_scan(text) for text, _, _ in mixed], len(mixed)),
            chat=_rate(lambda: screener.screen_many(ordinary), len(ordinary)),
            mixed=_rate(lambda: screener.screen_many(mixed), len(mixed)),
            suspicious=_rate(lambda: screener.screen_many(red), len(red)),
            p50_ms=each[len(each) // 2],
            p999_ms=each[len(each) * 999 // 1000],
            worst={name: longest(screener, text) for name, text in hostile.texts().items()},
        )


def longest(screener: Screener, text: str) -> float:
    """Milliseconds of processor time for one text: the best of three, as a busy machine adds."""
    return min(_alone(screener, (text, "manager", None)) for _ in range(3))


def _alone(screener: Screener, line: Line) -> float:
    text, speaker, product = line
    begun = time.process_time_ns()
    screener.screen(text, speaker=speaker, product=product)
    return (time.process_time_ns() - begun) / 1e6


def _rate(work: Callable[[], object], count: int) -> float:
    best = 0.0
    for _ in range(_ROUNDS):
        begun = time.process_time()
        work()
        best = max(best, count / (time.process_time() - begun))
    return best


def told(runs: Sequence[Measured], taken: str) -> list[str]:
    """The section of the performance page."""
    first = runs[0]
    lines = [
        f"Messages a second of processor time on one core, best of {_ROUNDS} rounds; ordinary chat of "
        f"{first.length:.0f} characters, and the same with {SUSPICIOUS:.0%} suspicious lines (the "
        "rules' own examples). The yardstick is the bare multi-pattern scan: the automaton over the "
        "same words, nothing else. The second row adds house rules of the same kind.",
        "",
        "| patterns | words | bare scan | ordinary chat | ÷ bare | with suspicious | suspicious "
        "alone | p50 ms | p99.9 ms | worst 4,000 characters ms |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        name = max(run.worst, key=run.worst.__getitem__)
        lines.append(
            f"| {run.patterns:,} | {run.words:,} | {run.bare:,.0f} | {run.chat:,.0f} | "
            f"{run.bare / run.chat:.1f} | {run.mixed:,.0f} | {run.suspicious:,.0f} | "
            f"{run.p50_ms:.3f} | {run.p999_ms:.2f} | {run.worst[name]:.1f} ({name}) |"
        )
    return [*lines, "", taken]


def run(quick: bool, taken: str) -> list[str]:
    """The shipped rulebook, and one of a thousand patterns."""
    return told([measured(0), *([] if quick else [measured(1000)])], taken)
