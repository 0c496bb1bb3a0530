"""Are these words approved as they stand, valid today, and for this customer and sender?"""

from collections.abc import Iterator
from datetime import date

from compliance.facts import Recipient, Sender, Words
from compliance.objections import Objection

APPROVED = "approved"


def version_objections(words: Words, today: date) -> Iterator[Objection]:
    """What speaks against the version itself: state, fingerprint, validity."""
    if words.state != APPROVED or words.approved_hash is None:
        yield Objection.NOT_APPROVED
    elif words.approved_hash != words.template_hash:
        yield Objection.CHANGED_SINCE_APPROVAL
    if words.valid_from is not None and today < words.valid_from:
        yield Objection.NOT_YET_VALID
    if words.valid_until is not None and today > words.valid_until:
        yield Objection.EXPIRED


def sender_objections(sender: Sender | None, words: Words) -> Iterator[Objection]:
    """What speaks against the member in whose name the words go."""
    if sender is not None and not sender.active:
        yield Objection.SENDER_INACTIVE
    if words.licence is not None and (sender is None or words.licence not in sender.licences):
        yield Objection.SENDER_UNLICENSED


def audience_objections(recipient: Recipient, words: Words) -> Iterator[Objection]:
    """Whether the customer is among those the words were approved for."""
    if words.tiers and recipient.tier not in words.tiers:
        yield Objection.TIER_NOT_ADDRESSED
    if words.personas and words.personas.isdisjoint(recipient.personas):
        yield Objection.PERSONA_NOT_ADDRESSED
    if words.allow_list is not None and recipient.customer_id not in words.allow_list:
        yield Objection.NOT_ON_ALLOW_LIST
