"""The ways delivery says no."""

from kit.errors import AccessDenied, Conflict, InputRefused, IntegrityBroken, NotFound


class WorkItemNotOpen(Conflict):
    """A work item was closed already, or never was."""

    code = "E-5101"


class TodoNotFound(NotFound):
    """There is no such to-do, or it belongs to another manager."""

    code = "E-5102"


class TodoClosed(Conflict):
    """The to-do was done, expired or withdrawn; nothing more can be sent from it."""

    code = "E-5103"


class SendBlocked(Conflict):
    """The gate objects to this text for this customer now; every objection is listed."""

    code = "E-5104"


class TicketNotFound(NotFound):
    """The one-time ticket does not exist, was used, or belongs to somebody else."""

    code = "E-5105"


class NotYours(AccessDenied):
    """The customer is followed by another manager."""

    code = "E-5106"


class SenderNotEntitled(AccessDenied):
    """The sender covers the customer by no kind of relation that policy lets send."""

    code = "E-5109"


class NoDialler(Conflict):
    """No telephone exchange is connected: the manager dials by hand."""

    code = "E-5110"


class OutcomeUnknownWord(Conflict):
    """The outcome recorded for a to-do is none of those that exist."""

    code = "E-5107"


class CallStateUnknown(InputRefused):
    """There is no such state of a call to WeCom to list by."""

    code = "E-5108"


class MomentRefused(InputRefused):
    """A field of a proposed moment is missing, wrong or beyond the policy."""

    code = "E-5120"


class MomentUnknown(NotFound):
    """There is no such moment, or it belongs to units out of sight."""

    code = "E-5121"


class MomentSecondPerson(AccessDenied):
    """Who proposed a moment does not approve it."""

    code = "E-5122"


class MomentDecided(Conflict):
    """The moment is in a state in which this cannot be done any more."""

    code = "E-5123"


class MomentStrangers(IntegrityBroken):
    """WeCom has the moment's tag on others than its list holds, or not on all of it."""

    code = "E-5124"
