"""Reads a text as the gate will, for authors and approvers: every remark with its place."""

import unicodedata
from dataclasses import dataclass

from compliance.account_data import plain_holds
from compliance.facts import Purpose
from compliance.links import foreign_links
from compliance.policy import GatePolicy
from compliance.wording import Screens

LEVELS = {"block": "block", "review": "warn", "warn": "note"}


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark on a text: ``level`` ok | note | warn | block, ``text[start:end]`` is meant."""

    check: str
    level: str
    saying: str
    rule: str = ""
    start: int = -1
    end: int = -1


class ContentCheck:
    """Screening, disclosures, links and account data over one sample text. Call it.

    Rules that are announced and not yet in force count, because what is written now is sent later.
    """

    def __init__(self, policy: GatePolicy, screener: Screens) -> None:
        self._screener = screener
        self._hosts = policy.hosts
        self._disclosures = policy.elements

    def __call__(
        self, text: str, *, purpose: str, product_kind: str | None, personalised: bool = False
    ) -> tuple[Remark, ...]:
        """Every remark on ``text``, one "ok" for each check that found nothing."""
        plain = unicodedata.normalize("NFKC", text)
        found = list(self._screened(text, product_kind))
        missing = self._disclosures.missing(
            text, product_kind, Purpose(purpose), personalised=personalised
        )
        if missing:
            found.append(Remark("必备要素", "block", "缺少：" + "、".join(missing)))
        else:
            found.append(Remark("必备要素", "ok", "齐全"))
        if plain_holds(plain):
            found.append(Remark("个人信息", "block", "有账号、证件号、手机号或余额，不能发送"))
        links = foreign_links(plain, self._hosts)
        if links:
            found.append(Remark("链接", "block", "不在白名单：" + "、".join(links)))
        return tuple(found)

    def _screened(self, text: str, product_kind: str | None) -> list[Remark]:
        verdict = self._screener.screen(text, speaker="content", product=product_kind)
        if not verdict.hits:
            return [Remark("合规用语", "ok", f"没有命中规则（规则库 {verdict.rulebook}）")]
        return [
            Remark("合规用语", LEVELS[hit.severity], hit.reason, hit.rule, hit.start, hit.end)
            for hit in verdict.hits
        ]
