"""Screens JSON Lines: one verdict or one clear error per line, in order, without stopping."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from compliance.screening.engine import Screener
from compliance.screening.facts import SPEAKERS, Speaker, Verdict
from compliance.screening.rulebook import PRODUCTS

LONGEST_TEXT = 100_000  # characters; a chat message has at most some thousands


class _BadLine(Exception):
    """A line that cannot be screened; becomes an error object."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def screen_lines(
    lines: Iterable[str], screener: Screener | None = None, *, on: date | None = None
) -> Iterator[dict[str, Any]]:
    """Verdicts `{id, verdict, families, hits, rewrite}` or `{id, error: {code, message}}`.

    Input lines hold `id, text, speaker, product`; empty lines are skipped. Spans are half-open
    character positions in the given text. A line without id gets its line number. Judged by the
    rules in force `on` a day, by all where none is given.
    """
    judge = screener or Screener.from_rulebook()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        identity: object = number
        try:
            entry = _entry(line)
            identity = entry.get("id", number)
            text, speaker, product = _fields(entry)
            yield _result(identity, judge.screen(text, speaker=speaker, product=product, on=on))
        except _BadLine as bad:
            yield {
                "id": identity,
                "error": {"code": bad.code, "message": f"第{number}行：{bad.message}"},
            }


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _BadLine("E-2611", "不是合法的 JSON，每行应是一个 JSON 对象") from error
    if not isinstance(entry, dict):
        raise _BadLine("E-2611", f"应是 JSON 对象，现在是 {type(entry).__name__}")
    return entry


def _fields(entry: dict[str, Any]) -> tuple[str, Speaker, str | None]:
    if "text" not in entry:
        raise _BadLine("E-2612", "缺少 text 字段，请写上要检查的文字")
    text = entry["text"]
    if not isinstance(text, str):
        raise _BadLine("E-2613", f"text 应是字符串，现在是 {type(text).__name__}")
    if len(text) > LONGEST_TEXT:
        raise _BadLine("E-2614", f"text 超过 {LONGEST_TEXT} 个字符，请拆开")
    product = entry.get("product")
    if product is not None and not isinstance(product, str):
        raise _BadLine("E-2616", f"product 应是字符串或 null，现在是 {type(product).__name__}")
    if product not in PRODUCTS:
        product = None  # a product we have no rules for is judged like talk about none
    for speaker in SPEAKERS:
        if entry.get("speaker") == speaker:
            return text, speaker, product
    seen = entry.get("speaker", "（没有）")
    raise _BadLine("E-2615", f"speaker 应是 {'、'.join(SPEAKERS)} 之一，现在是 {seen!r}")


def _result(identity: object, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": identity,
        "verdict": verdict.verdict,
        "families": list(verdict.families),
        "hits": [
            {
                "rule": hit.rule,
                "family": hit.family,
                "severity": hit.severity,
                "span": [hit.start, hit.end],
                "reason": hit.reason,
                "law": hit.law,
                "rewrites": list(hit.rewrites),
                "dry_run": hit.dry_run,
            }
            for hit in verdict.hits
        ],
        "rewrite": verdict.rewrite,
    }
