"""The ways delivery says no."""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound


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


class OutcomeUnknownWord(Conflict):
    """The outcome recorded for a to-do is none of those that exist."""

    code = "E-5107"


class CallStateUnknown(InputRefused):
    """There is no such state of a call to WeCom to list by."""

    code = "E-5108"
