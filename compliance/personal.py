"""Where compliance keeps data about a person, and what an erasure does to it."""

from typing import Final

from kit.personal_data import Fate, Holds

PERSONAL: Final = (
    Holds("consent", "现行授权", Fate.KEEP, "consent_proof"),
    Holds("consent_change", "授权历史", Fate.KEEP, "consent_proof"),
    Holds(
        "suppression",
        "勿扰与退订",
        Fate.BLANK,
        "suppression",
        blank={"reason": "", "lift_reason": None},
        stays=frozenset({
            "customer_id", "scope", "source", "since", "actor", "lift_asked_by", "lifted_at",
        }),
    ),
    Holds("contact_silence", "企业微信联系人的勿扰", Fate.KEEP, "suppression"),
    Holds("complaint_freeze", "投诉期间的静默", Fate.KEEP, "complaint"),
    Holds("allow_entry", "产品白名单", Fate.KEEP, "suitability"),
    Holds(
        "screening_case", "合规复核的原话", Fate.KEEP, "sales_talk", sealed={"said": "{id}"}
    ),
    Holds("decision", "合规判断（含适当性）", Fate.KEEP, "suitability"),
)  # fmt: skip
