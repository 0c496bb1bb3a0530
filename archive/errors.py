"""The ways the archive says no.

NotFound         MessageUnknown, AlertUnknown, PackUnknown
Conflict         AlertTaken, AlertClosed, FindingUpheld, PackDecided, PackNotApproved
AccessDenied     SameHands      the one who asks may not be the one who allows
InputRefused     NothingToSearch, PackEmpty, PackTooLarge
Unavailable      SourceStuck       the source repeats itself and the position does not move
                 SourceUnreadable  a sequence number that cannot be one
IntegrityBroken  PackChanged    a pack does not come out as it did before
                 PackUnsound    a message of the pack does not prove itself
"""

from kit.errors import (
    AccessDenied,
    Conflict,
    InputRefused,
    IntegrityBroken,
    NotFound,
    Unavailable,
)


class SourceStuck(Unavailable):
    """The source answers with records that are all stored already, again and again."""

    code = "E-6101"


class SourceUnreadable(Unavailable):
    """The source gives a sequence number that cannot be one."""

    code = "E-6102"


class MessageUnknown(NotFound):
    """No such message, or none this person may know of."""

    code = "E-6110"


class NothingToSearch(InputRefused):
    """A search without words and without any condition."""

    code = "E-6111"


class AlertUnknown(NotFound):
    """No such alert, or none this person may know of."""

    code = "E-6120"


class AlertTaken(Conflict):
    """Somebody else has the alert."""

    code = "E-6121"


class AlertClosed(Conflict):
    """The alert is closed."""

    code = "E-6122"


class FindingUpheld(Conflict):
    """The review desk upheld a finding of the alert, so it cannot be closed as clear."""

    code = "E-6123"


class PackUnknown(NotFound):
    """No such evidence pack."""

    code = "E-6130"


class PackEmpty(InputRefused):
    """None of the messages asked for exists."""

    code = "E-6131"


class PackTooLarge(InputRefused):
    """More messages than one pack may hold."""

    code = "E-6132"


class SameHands(AccessDenied):
    """Who asks for an evidence pack may not allow it."""

    code = "E-6133"


class PackDecided(Conflict):
    """The request was decided before."""

    code = "E-6134"


class PackNotApproved(Conflict):
    """The pack is not approved, so it cannot be built."""

    code = "E-6135"


class PackChanged(IntegrityBroken):
    """A pack that was built before comes out differently now."""

    code = "E-6136"


class PackUnsound(IntegrityBroken):
    """A message of the pack does not prove itself, so no pack may be built on it."""

    code = "E-6137"
