"""The ways community says no.

NotFound      GroupUnknown
Conflict      GroupGone         the group was dismissed
InputRefused  WordsTooLong      a purpose, an interest or a persona is too long for its column
"""

from kit.errors import Conflict, InputRefused, NotFound


class GroupUnknown(NotFound):
    """No such customer group, or none this person may know of."""

    code = "E-3260"


class GroupGone(Conflict):
    """The customer group was dismissed."""

    code = "E-3360"


class WordsTooLong(InputRefused):
    """What a group is for must fit on one line."""

    code = "E-2460"
