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
    Holds(
        "complaint_case",
        "投诉",
        Fate.BLANK,
        "complaint",
        sealed=dict.fromkeys(("words", "answer", "closing"), "{complaint_no}"),
        blank={"words": None, "answer": None, "closing": None},
        stays=frozenset({
            "complaint_no", "state", "about", "words_hash", "source", "customer_id",
            "external_userid", "unit_id", "opened_at", "due_on", "handler", "answered_at",
            "closed_by", "closed_at",
        }),
    ),
    Holds("allow_entry", "产品白名单", Fate.KEEP, "suitability"),
    Holds(
        "screening_case", "合规复核的原话", Fate.KEEP, "sales_talk", sealed={"said": "{id}"}
    ),
    Holds("decision", "合规判断（含适当性）", Fate.KEEP, "suitability"),
)  # fmt: skip
