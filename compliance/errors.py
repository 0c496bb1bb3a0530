"""The ways compliance says no to those who call it.

AppError
├── InputRefused
│   ├── ConsentRefused        a consent, withdrawal or suppression names something unknown
│   ├── HolidayRefused        a row of the holiday table cannot be used
│   ├── ComplaintRefused      a complaint, an answer or a closing lacks words or a reason
│   ├── EntryRefused          a white-list request lacks a reason, an opinion or an end
│   ├── ReasonMissing         a decision of the review desk lacks its reason
│   └── LinkBroken            an opt-out link was cut, changed or is too old
├── AccessDenied
│   └── SecondPersonNeeded    the one who asks may not be the one who agrees
├── NotFound
│   ├── ComplaintUnknown      there is no such complaint in sight
│   ├── NothingSuppressed     there is no such suppression to lift
│   ├── CaseUnknown           there is no such case of the review desk
│   └── EntryUnknown          there is no such white-list entry
└── Conflict
    ├── CaseNotThere          the complaint stands at another step
    ├── TooManyComplaints     more than the policy takes from one person a day
    ├── CalendarUnknown       the statutory days of a year are not known yet
    ├── CaseDecided           the case, or the rule, is past this step
    ├── OwnActNeeded          only the customer's own act lets the bank speak again
    ├── EntryDecided          the white-list entry has been decided already
    └── EntryRepeated         the customer waits for that white list, or is on it
"""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound


class ConsentRefused(InputRefused):
    """A consent, withdrawal or suppression names a purpose or scope that does not exist."""

    code = "E-4101"


class HolidayRefused(InputRefused):
    """A row of the holiday table has no kind we know, or no source."""

    code = "E-4102"


class CalendarUnknown(Conflict):
    """The statutory days of this year are neither in the library nor imported."""

    code = "E-4103"


class SecondPersonNeeded(AccessDenied):
    """Four eyes: whoever proposed this may not approve it."""

    code = "E-4104"


class NothingSuppressed(NotFound):
    """The customer has no such suppression, or nobody asked to lift it."""

    code = "E-4105"


class EntryUnknown(NotFound):
    """There is no such white-list entry."""

    code = "E-4106"


class EntryDecided(Conflict):
    """The white-list entry is not waiting for a decision."""

    code = "E-4107"


class EntryRefused(InputRefused):
    """A white-list request or decision lacks a reason, an opinion or an end that is to come."""

    code = "E-4108"


class EntryRepeated(Conflict):
    """A customer was asked for already, or is on the list of the product."""

    code = "E-4113"


class ComplaintRefused(InputRefused):
    """A complaint, an answer or a closing has no reason we know, or too few or too many words."""

    code = "E-4109"


class TooManyComplaints(Conflict):
    """One person, or all whom we cannot name, complained more often than the policy takes."""

    code = "E-4110"


class ComplaintUnknown(NotFound):
    """There is no such complaint, or it is out of sight."""

    code = "E-4111"


class CaseNotThere(Conflict):
    """The complaint stands at another step by now."""

    code = "E-4112"


class LinkBroken(InputRefused):
    """An opt-out link was cut, changed or is too old; whose it was is not said."""

    code = "E-7507"


class OwnActNeeded(Conflict):
    """Hearing again is the customer's own act, proved by WeChat; a link is not enough."""

    code = "E-7508"


class CaseUnknown(NotFound):
    """There is no such case of the review desk, or it is out of sight."""

    code = "E-4120"


class CaseDecided(Conflict):
    """The case, or the rule, is not where this step starts from."""

    code = "E-4121"


class ReasonMissing(InputRefused):
    """A decision of the review desk needs its reason."""

    code = "E-4122"
