"""Measures screening on a labelled file, beside a naive list of keywords in the same run.

    python -m compliance.screening.measure FILE

Each line: `text speaker product verdict labels note`. Notes beginning with `evasion` mark disguised
violations, notes beginning with `near-miss` mark harmless lines that look like one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compliance.screening.engine import Screener
from compliance.screening.facts import SPEAKERS, Verdict

# What a word filter of the usual kind looks for: one literal match stops the message.
KEYWORDS = [
    "保本",
    "保息",
    "保收益",
    "刚兑",
    "刚性兑付",
    "稳赚",
    "稳赚不赔",
    "零风险",
    "无风险",
    "没有风险",
    "兜底",
    "预期收益",
    "高收益",
    "最高",
    "最好",
    "第一",
    "唯一",
    "顶级",
    "转我",
    "个人账户",
    "收款码",
    "密码",
    "验证码",
    "内部消息",
    "涨停",
    "荐股",
    "原始股",
    "众筹",
    "返现",
    "返利",
    "贴息",
    "套现",
    "炒股",
    "首付",
    "最后名额",
    "手慢无",
    "投诉",
]


# Names that others gave to what is a family of ours.
SAME_AS = {
    "elder_risky_recommendation": "suitability",
    "deposit_insurance_overclaim": "guaranteed_return",
    "premium_rebate": "deposit_solicitation",
}


@dataclass(slots=True)
class Counts:
    """How many lines of which kind, and how they were judged."""

    lines: int = 0
    bad: int = 0  # labelled review or block
    stopped: int = 0  # judged review or block
    rightly: int = 0  # both
    evasions: int = 0
    evasions_found: int = 0
    near_misses: int = 0
    near_misses_stopped: int = 0
    clean: int = 0  # labelled pass
    blocked_clean: int = 0  # labelled pass, judged block
    exact: int = 0  # same verdict, block and review told apart
    family_right: int = 0  # rightly stopped with at least one labelled family
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: dict[str, Any], outcome: str, families: Iterable[str]) -> None:
        bad, stopped = line["verdict"] != "pass", outcome != "pass"
        note = line.get("note") or ""
        self.lines += 1
        self.bad += bad
        self.stopped += stopped
        self.rightly += bad and stopped
        self.clean += not bad
        self.blocked_clean += not bad and outcome == "block"
        self.exact += outcome == line["verdict"]
        labels = {SAME_AS.get(label, label) for label in line.get("labels", ())}
        self.family_right += bad and not labels.isdisjoint(families)
        if note.startswith("evasion"):
            self.evasions += 1
            self.evasions_found += stopped
        if note.startswith("near-miss"):
            self.near_misses += 1
            self.near_misses_stopped += not bad and stopped
        if bad != stopped:
            self.wrong.append(line)

    @property
    def precision(self) -> float:
        return self.rightly / self.stopped if self.stopped else 1.0

    @property
    def recall(self) -> float:
        return self.rightly / self.bad if self.bad else 1.0

    @property
    def evasion_recall(self) -> float:
        return self.evasions_found / self.evasions if self.evasions else 1.0

    @property
    def near_miss_rate(self) -> float:
        return self.near_misses_stopped / self.near_misses if self.near_misses else 0.0

    @property
    def blocked_clean_rate(self) -> float:
        return self.blocked_clean / self.clean if self.clean else 0.0

    def row(self, name: str) -> str:
        return (
            f"{name:<10} {self.lines:>5} {self.rightly:>4}/{self.stopped:<4} {self.precision:.3f} "
            f"{self.rightly:>4}/{self.bad:<4} {self.recall:.3f} "
            f"{self.evasions_found:>3}/{self.evasions:<3} {self.evasion_recall:.3f} "
            f"{self.near_misses_stopped:>3}/{self.near_misses:<3} {self.near_miss_rate:.3f} "
            f"{self.blocked_clean:>3}/{self.clean:<4} {self.blocked_clean_rate:.3f} "
            f"{self.exact:>4} {self.family_right:>4}"
        )


HEADING = (
    f"{'':<10} {'lines':>5} {'precision':>15} {'recall':>15} {'evasions':>13} "
    f"{'near-misses':>13} {'pass blocked':>14} {'exact':>5} {'family':>6}"
)


def read(path: Path) -> list[dict[str, Any]]:
    """The labelled lines of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def keyword_verdict(text: str) -> str:
    """What the naive list says: block on any literal match."""
    return "block" if any(word in text for word in KEYWORDS) else "pass"


def measure(
    lines: Iterable[dict[str, Any]], judge: Callable[[dict[str, Any]], tuple[str, Iterable[str]]]
) -> dict[str, Counts]:
    """Counts by speaker, and over all under `all`."""
    counts = {name: Counts() for name in ("all", *SPEAKERS)}
    for line in lines:
        outcome, families = judge(line)
        counts["all"].add(line, outcome, families)
        counts[line["speaker"]].add(line, outcome, families)
    return counts


def by_rules(screener: Screener) -> Callable[[dict[str, Any]], tuple[str, Iterable[str]]]:
    """A judge that screens."""

    def judge(line: dict[str, Any]) -> tuple[str, Iterable[str]]:
        verdict: Verdict = screener.screen(
            line["text"], speaker=line["speaker"], product=line.get("product")
        )
        return verdict.verdict, verdict.families

    return judge


def report(path: Path) -> Iterator[str]:
    """The table as lines of text. It holds counts only, never a message."""
    lines = read(path)
    screener = Screener.from_rulebook()
    yield f"{path.name}: {len(lines)} lines, rulebook {screener.rulebook.version}"
    yield HEADING
    for name, counts in measure(lines, by_rules(screener)).items():
        yield counts.row(name)
    yield counts_of_keywords(lines)


def counts_of_keywords(lines: list[dict[str, Any]]) -> str:
    """The row of the naive list."""
    counts = measure(lines, lambda line: (keyword_verdict(line["text"]), ()))["all"]
    return counts.row(f"{len(KEYWORDS)} words")


def main(arguments: list[str]) -> int:
    """Print the report; 2 where no file is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m compliance.screening.measure FILE\n")
        return 2
    for row in report(Path(arguments[0])):
        sys.stdout.write(row + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
