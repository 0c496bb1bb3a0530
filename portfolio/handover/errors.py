"""The ways a handover says no."""

from kit.errors import Conflict, InputRefused, NotFound


class HandoverUnknown(NotFound):
    """There is no such handover, or it is out of sight."""

    code = "E-5410"


class TakerRefused(InputRefused):
    """Somebody named as a successor cannot take customers over."""

    code = "E-5411"


class GiverUnknown(InputRefused):
    """No member of staff has the id that was given."""

    code = "E-5412"


class NobodyTakes(Conflict):
    """Some lines of the plan have no successor: approved like this, they would have no owner."""

    code = "E-5413"


class SecondPersonNeeded(Conflict):
    """Whoever planned a handover cannot approve it."""

    code = "E-5414"


class HandoverNotOpen(Conflict):
    """The handover is not in the state in which this can be done."""

    code = "E-5415"
