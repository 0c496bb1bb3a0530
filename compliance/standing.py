"""What a customer has said about being addressed: consent, opt-out, complaints, care first."""

from collections.abc import Iterator
from datetime import date

from compliance.facts import Channel, Purpose, Recipient, Scope, Words
from compliance.objections import Objection
from config.outreach_policy import OutreachPolicy

PROFILING = "profiling"
"""Who said no to this (画像) is addressed as a member of no persona, and nothing is inferred."""


def standing_objections(
    recipient: Recipient,
    words: Words,
    channel: Channel,
    today: date,
    policy: OutreachPolicy,
    *,
    solicited: bool,
) -> Iterator[Objection]:
    """What the customer has said, or not said, against hearing this.

    What is solicited needs no consent (消法 29: 同意或请求) and breaks no silence; but nobody
    who opted out is ever sold anything, and no sale goes on over a complaint.
    """
    purpose, suppressed = words.purpose, recipient.suppressed
    if suppressed:
        if Scope.ALL in suppressed and not solicited:
            yield Objection.WANTS_SILENCE
        if purpose is Purpose.MARKETING:
            if Scope.MARKETING in suppressed or Scope.ALL in suppressed:
                yield Objection.OPTED_OUT
        elif purpose is Purpose.CARE and Scope.MARKETING in suppressed and not solicited:
            yield Objection.OPTED_OUT
    unprofiled = Scope.PERSONALISED in suppressed or PROFILING in recipient.refusals
    if unprofiled and words.personas and purpose is not Purpose.SERVICE:
        yield Objection.PERSONALISATION_OFF
    needed = policy.consent.needed.get(purpose.value)
    if needed is not None and needed not in recipient.consents and not solicited:
        yield Objection.NO_CONSENT
    elif purpose.value in recipient.refusals and not solicited:
        yield Objection.PURPOSE_REFUSED
    if purpose is not Purpose.MARKETING:
        return
    if recipient.complaint_open:
        yield Objection.COMPLAINT_OPEN
    care = policy.care_first
    if care.days and not solicited and channel.value in care.channels:
        last = recipient.last_care_on
        if last is None or (today - last).days > care.days:
            yield Objection.CARE_FIRST
