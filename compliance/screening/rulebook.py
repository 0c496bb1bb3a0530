"""Reads the rule files: concepts, guards, shields, disguises, and the rules themselves."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from compliance.screening.detectors import DETECTORS
from compliance.screening.errors import RulebookBroken
from compliance.screening.facts import SPEAKERS, Severity, Speaker
from compliance.screening.folding import fold
from compliance.screening.hearing import Cues
from compliance.screening.patterns import Compiler, Pattern
from compliance.screening.phrasing import FILE, Phrasing
from compliance.screening.rules import Clause, Example, Rule, Topic
from compliance.screening.semantics import GUARDS, Grammar

DEFAULT_PATH = Path(__file__).parent.parent / "rulebook"
PRODUCTS = frozenset({"deposit", "wealth", "fund", "insurance", "card", "loan", "metal"})
_SUPPORT = {"concepts.toml", "guards.toml", "disguises.toml", "phrasing.toml"}
_RULE_KEYS = {
    "id", "name", "family", "law", "reason", "severity", "products", "products_except",
    "guards", "rewrites", "match", "no_match", "when",
    "owner", "effective_from", "version", "dry_run", "enabled",
}  # fmt: skip
_WHEN_KEYS = {
    "patterns", "detectors", "guards", "unless", "along", "topic", "speakers", "severity", "products", "products_except",
    "certain",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PhrasingPolicy:
    """What follows from the score of a whole sentence, and the learned table if there is one."""

    id: str  # of the rule under which all that is heard is reported
    stop: float
    excused: float  # added to `stop` where a guard has taken red words back
    customer: float  # added to `stop` for a customer's talk
    doubt: float
    talk: int  # characters above which a text is talk, whose sound can be told
    doubt_talk: float  # `doubt` for talk
    dismiss: float
    disguised: float  # `dismiss` for what only the unmasked text shows
    rules: dict[str, Rule]  # by family
    table: Phrasing | None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that screening knows, as values."""

    version: str  # release and content hash, e.g. 2026.11-3f2a9c01d4e5
    rules: tuple[Rule, ...]
    grammar: Grammar
    shields: tuple[str, ...]  # harmless words that contain a red one
    disguises: dict[str, Any]
    phrasing: PhrasingPolicy
    cues: Cues
    financial: frozenset[str]  # words that say that the talk is about money

    @property
    def active(self) -> tuple[Rule, ...]:
        """The rules that are looked for: all that are not switched off."""
        return tuple(rule for rule in self.rules if rule.enabled)


def load(path: Path | None = None, *, learned: bool = True) -> Rulebook:
    """Read a rulebook directory, with its learned table unless told not to.

    Raises RulebookBroken naming the file and the rule where something cannot be used.
    """
    folder = path or DEFAULT_PATH
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise RulebookBroken("规则目录里没有 .toml 文件", saw=str(folder))
    digest = hashlib.sha256()
    documents: dict[str, dict[str, Any]] = {}
    for file in files:
        content = file.read_bytes()
        digest.update(file.name.encode() + b"\0" + content)
        try:
            documents[file.name] = tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RulebookBroken(
                "规则文件不是合法的 TOML", saw=str(error), where=file.name
            ) from error
    table = folder / FILE
    if learned and table.exists():
        digest.update(table.read_bytes())
    for name in sorted(_SUPPORT - documents.keys()):
        raise RulebookBroken("缺少规则文件", where=str(folder / name))
    concepts = _concepts(documents["concepts.toml"]["concepts"])
    compiler = Compiler(concepts)
    guards = documents["guards.toml"]
    topics = {
        name: Topic(
            frozenset(entry["products"]),
            compiler.compile("|".join(entry["patterns"]), anchored=False),
        )
        for name, entry in guards["topics"].items()
    }
    rules: list[Rule] = []
    for name, document in documents.items():
        if name not in _SUPPORT:
            defaults = document.get("defaults", {})
            rules += [
                _rule({**defaults, **entry}, compiler, topics, name)
                for entry in document.get("rule", [])
            ]
    doubled = {rule.id for rule in rules if sum(other.id == rule.id for other in rules) > 1}
    if doubled:
        raise RulebookBroken("规则编号重复", saw="、".join(sorted(doubled)))
    grammar = Grammar.from_words(guards["grammar"])
    cues = Cues(grammar.negator, grammar.warning)
    return Rulebook(
        version=f"{documents['concepts.toml']['release']}-{digest.hexdigest()[:12]}",
        rules=tuple(rules),
        grammar=grammar,
        shields=tuple(map(fold, guards["shields"])),
        disguises=documents["disguises.toml"],
        phrasing=_phrasing(
            documents["phrasing.toml"]["phrasing"], rules, table if learned else None, cues
        ),
        cues=cues,
        financial=concepts["financial"],
    )


def _phrasing(
    entry: dict[str, Any], rules: list[Rule], table: Path | None, cues: Cues
) -> PhrasingPolicy:
    by_id = {rule.id: rule for rule in rules}
    derived: dict[str, Rule] = {}
    for family, (name, rule_id) in entry["families"].items():
        if rule_id not in by_id:
            raise RulebookBroken("phrasing.toml 指向了不存在的规则", saw=rule_id)
        like = by_id[rule_id]
        derived[family] = Rule(
            id=entry["id"],
            name=entry["name"],
            family=family,
            law=like.law,
            reason=entry["reason"].format(family=name),
            rewrites=like.rewrites,
            clauses=(),
            owner=entry["owner"],
            effective_from=like.effective_from,
            version=entry["version"],
        )
    return PhrasingPolicy(
        id=entry["id"],
        stop=entry["stop"],
        excused=entry["excused"],
        customer=entry["customer"],
        doubt=entry["doubt"],
        talk=entry["talk"],
        doubt_talk=entry["doubt_talk"],
        dismiss=entry["dismiss"],
        disguised=entry["disguised"],
        rules=derived,
        table=Phrasing.from_file(table, cues) if table and table.exists() else None,
    )


def _concepts(entries: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    """Concept words; an entry `+other` takes in the words of a concept listed before."""
    concepts: dict[str, frozenset[str]] = {}
    for name, words in entries.items():
        own: set[str] = set()
        for word in words:
            if word.startswith("+"):
                if word[1:] not in concepts:
                    raise RulebookBroken(
                        "概念要先写后用", saw=f"{name} 里的 {word}", where="concepts.toml"
                    )
                own |= concepts[word[1:]]
            elif fold(word) != word:
                raise RulebookBroken(
                    "概念里请写小写、简体、半角", saw=word, where=f"concepts.toml {name}"
                )
            else:
                own.add(word)
        concepts[name] = frozenset(own)
    return concepts


def _rule(entry: dict[str, Any], compiler: Compiler, topics: dict[str, Topic], file: str) -> Rule:
    where = f"{file} {entry.get('id', '(没有 id)')}"
    if unknown := entry.keys() - _RULE_KEYS:
        raise RulebookBroken("规则里有不认识的字段", saw="、".join(sorted(unknown)), where=where)
    try:
        clauses = tuple(_clause(when, entry, compiler, topics, where) for when in entry["when"])
        rule = Rule(
            id=entry["id"],
            name=entry["name"],
            family=entry["family"],
            law=entry["law"],
            reason=entry["reason"],
            rewrites=tuple(entry["rewrites"]),
            clauses=clauses,
            match=tuple(_example(item, where) for item in entry["match"]),
            no_match=tuple(_example(item, where) for item in entry["no_match"]),
            owner=entry["owner"],
            effective_from=entry["effective_from"],
            version=entry["version"],
            dry_run=entry.get("dry_run", False),
            enabled=entry.get("enabled", True),
        )
    except KeyError as error:
        raise RulebookBroken(f"规则缺少 {error.args[0]}", where=where) from error
    _check_standing(entry, where)
    if len(rule.rewrites) < 2:
        raise RulebookBroken("每条规则至少要有 2 句合规的改写", where=where)
    if min(len(rule.match), len(rule.no_match)) < 3:
        raise RulebookBroken("每条规则至少要有 3 个命中样例和 3 个不命中样例", where=where)
    return rule


def _check_standing(entry: dict[str, Any], where: str) -> None:
    """Owner, date, version and the two switches are of the kinds that pages and ledger expect."""
    owner, since, version = entry["owner"], entry["effective_from"], entry["version"]
    if not isinstance(owner, str) or not owner.strip():
        raise RulebookBroken("owner 要写负责这条规则的岗位", saw=repr(owner), where=where)
    if type(since) is not date:
        raise RulebookBroken("effective_from 要写日期，如 2026-01-01", saw=repr(since), where=where)
    if type(version) is not int or version < 1:
        raise RulebookBroken("version 要写从 1 开始的整数", saw=repr(version), where=where)
    for switch in ("dry_run", "enabled"):
        if type(entry.get(switch, True)) is not bool:
            raise RulebookBroken(f"{switch} 只能写 true 或 false", where=where)


def _clause(
    when: dict[str, Any],
    rule: dict[str, Any],
    compiler: Compiler,
    topics: dict[str, Topic],
    where: str,
) -> Clause:
    if unknown := when.keys() - _WHEN_KEYS:
        raise RulebookBroken("条件里有不认识的字段", saw="、".join(sorted(unknown)), where=where)
    severity = _severity({**rule.get("severity", {}), **when.get("severity", {})}, where)
    guards = tuple(when.get("guards", rule.get("guards", ())))
    if unknown := set(guards) - GUARDS.keys():
        raise RulebookBroken("没有这种语义判断", saw="、".join(sorted(unknown)), where=where)

    detectors = tuple(when.get("detectors", ()))
    if unknown := set(detectors) - DETECTORS.keys():
        raise RulebookBroken("没有这种号码识别", saw="、".join(sorted(unknown)), where=where)

    def compiled(sources: list[str], *, anchored: bool = False) -> tuple[Pattern, ...]:
        try:
            return tuple(compiler.compile(source, anchored=anchored) for source in sources)
        except RulebookBroken as error:
            raise RulebookBroken(error.what, saw=error.saw, where=where) from error

    return Clause(
        patterns=compiled(when.get("patterns", []), anchored=True),
        detectors=detectors,
        guards=guards,
        unless=compiled(when.get("unless", [])),
        along=compiled(when.get("along", [])),
        topic=topics[when["topic"]] if "topic" in when else None,
        speakers=frozenset(when.get("speakers", severity)),
        products=_products({**rule, **when}, where),
        severity=severity,
        certain=bool(when.get("certain", False)),
    )


def _severity(entry: dict[str, str], where: str) -> dict[Speaker, Severity]:
    known: dict[Speaker, Severity] = {}
    for speaker in SPEAKERS:
        if speaker not in entry:
            continue
        for severity in get_args(Severity):
            if entry[speaker] == severity:
                known[speaker] = severity
    if set(known) != set(entry) or not known:
        raise RulebookBroken(
            "severity 只能给 manager、content、customer 写 block、review 或 warn", where=where
        )
    if known.get("customer") == "block":
        raise RulebookBroken("客户的话不能拦截，customer 最多写 review", where=where)
    return known


def _products(entry: dict[str, Any], where: str) -> frozenset[str | None] | None:
    for key in ("products", "products_except"):
        if unknown := set(entry.get(key, ())) - PRODUCTS - {"none"}:
            raise RulebookBroken("没有这种产品", saw="、".join(sorted(unknown)), where=where)
    if "products" in entry:
        return frozenset(None if name == "none" else name for name in entry["products"])
    if "products_except" in entry:
        return frozenset(PRODUCTS - set(entry["products_except"])) | {None}
    return None


def _example(item: str | dict[str, Any], where: str) -> Example:
    if isinstance(item, str):
        return Example(item, "manager", None)
    for speaker in SPEAKERS:
        if item.get("speaker", "manager") == speaker:
            return Example(item["text"], speaker, item.get("product"))
    raise RulebookBroken("样例的 speaker 写错了", saw=str(item), where=where)
