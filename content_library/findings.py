"""The automatic checks that are stored with a submission, for the person who decides."""

from collections.abc import Sequence
from typing import Protocol

from content_library.facts import PUBLIC_FORMS, Finding, Form, ScriptDraft
from content_library.fields import FIELDS, SAMPLE_FACTS
from content_library.item_rules import LONGEST, PLAIN, item_findings, seen_text
from content_library.render import MAX_BYTES, fields_of, render

CHANNEL_OF = {
    Form.SINGLE: "sidebar",
    Form.BROADCAST: "broadcast",
    Form.GROUP: "group",
    Form.MOMENT: "moment",
    Form.WELCOME: "welcome",
}
SAMPLES = {
    "deposit": {"product_name": "三年期整存整取"},
    "wealth": {"product_name": "青禾安享 12 个月"},
    "fund": {"product_name": "青禾均衡混合", "product_issuer": "青禾基金管理有限公司"},
    "insurance": {"product_name": "青禾安康", "product_issuer": "青禾人寿保险股份有限公司"},
    "metal": {"product_name": "积存金"},
    "loan": {"product_name": "青禾消费贷"},
    "card": {"product_name": "青禾借记卡"},
}


class Remark(Protocol):
    """What an examiner says of a text; compliance's own value fits."""

    @property
    def check(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def saying(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Examiner(Protocol):
    """Reads a sample text as compliance would: screening, disclosures, links, account data.

    The composition passes one in, because compliance and the library do not know each other.
    """

    def __call__(
        self, text: str, *, purpose: str, product_kind: str | None, personalised: bool = False
    ) -> Sequence[Remark]:
        """Everything there is to say about ``text``; nothing to say is an empty sequence."""
        ...


def sample_of(draft: ScriptDraft) -> str:
    """The words with invented values in every place."""
    if draft.library in PLAIN:
        return seen_text(draft)
    return render(draft.template, {**SAMPLE_FACTS, **SAMPLES.get(draft.product_kind or "", {})})


def examine(draft: ScriptDraft, examiner: Examiner) -> tuple[str, tuple[Finding, ...]]:
    """The sample text and what was found in it, the library's own checks first."""
    sample = sample_of(draft)
    found = [_fields(draft), _length(draft, sample), _validity(draft), *item_findings(draft)]
    found += [
        Finding(remark.check, remark.level, remark.saying, remark.rule, remark.start, remark.end)
        for remark in examiner(
            sample,
            purpose=draft.purpose,
            product_kind=draft.product_kind,
            personalised=bool(draft.personas),
        )
    ]
    return sample, tuple(found)


def blocks(findings: Sequence[Finding]) -> bool:
    """Whether something was found that nobody may approve."""
    return any(finding.level == "block" for finding in findings)


def accepted_rules(findings: Sequence[Finding]) -> list[str]:
    """Screening rules of review level: whoever approves has seen and accepted them."""
    return sorted(
        {finding.rule for finding in findings if finding.level == "warn" and finding.rule}
    )


def _fields(draft: ScriptDraft) -> Finding:
    names = fields_of(draft.template)
    labels = "、".join(FIELDS[name].label for name in names)
    personal = [FIELDS[name].label for name in names if FIELDS[name].personal]
    if not names:
        return Finding("变量", "ok", "没有变量，可以群发")
    if personal and draft.form not in PUBLIC_FORMS:
        return Finding(
            "变量", "note",
            f"{len(names)} 个：{labels}；含个人信息（{'、'.join(personal)}），只能一对一发送",
        )  # fmt: skip
    return Finding("变量", "ok", f"{len(names)} 个：{labels}；不含个人信息")


def _length(draft: ScriptDraft, sample: str) -> Finding:
    limit = LONGEST.get(draft.library) or MAX_BYTES[CHANNEL_OF[Form(draft.form)]]
    size = len(sample.encode())
    level = "ok" if size <= limit * 3 // 4 else "warn" if size <= limit else "block"
    return Finding("长度", level, f"试填后 {len(sample)} 个字、{size} 字节，上限 {limit} 字节")


def _validity(draft: ScriptDraft) -> Finding:
    if draft.valid_until is None:
        level = "warn" if draft.purpose == "marketing" else "note"
        return Finding("有效期", level, "没有写有效期，通过后一直可用；建议审核时写明")
    return Finding("有效期", "ok", f"有效期至 {draft.valid_until.isoformat()}")
