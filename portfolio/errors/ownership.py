"""The ways plans, forms, recalls, grids and hand-ups say no.

InputRefused    ListUnknown       no such list of customers, or nobody is on it
                AllocationRefused the plan cannot be made as asked
                GridRefused       a grid has too few or too many areas, or one person twice
                RecallRefused     no reason, or nobody to recall
                TeamRefused       no such team form or group
                OpinionMissing    a decision needs its opinion
NotFound        PlanUnknown, FormUnknown, GridUnknown
AccessDenied    NotApprover       this person may not decide here
                OwnProposal       who made it may not approve it
Conflict        PlanDecided       it was decided before
                FormStep          the form is not at that step
                FormLocked        a confirmed form never changes
"""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound


class ListUnknown(InputRefused):
    """There is no such list of customers, or nobody is on it."""

    code = "E-2580"


class AllocationRefused(InputRefused):
    """The plan cannot be made as asked: the method, the unit or the relation does not exist."""

    code = "E-2581"


class GridRefused(InputRefused):
    """A grid needs three to five areas with one person each."""

    code = "E-2582"


class RecallRefused(InputRefused):
    """A recall needs a reason that policy knows and somebody to recall."""

    code = "E-2583"


class TeamRefused(InputRefused):
    """There is no such team form or group, or no such person."""

    code = "E-2584"


class OpinionMissing(InputRefused):
    """A decision leaves its opinion in the record, and none was written."""

    code = "E-2585"


class PlanUnknown(NotFound):
    """No such allocation plan, or none of a unit in sight."""

    code = "E-3280"


class FormUnknown(NotFound):
    """No such transfer form, or none of a unit in sight."""

    code = "E-3281"


class GridUnknown(NotFound):
    """No such grid, or none of a unit in sight."""

    code = "E-3282"


class NotApprover(AccessDenied):
    """This person holds no role over the unit that may decide here."""

    code = "E-3180"


class OwnProposal(AccessDenied):
    """Whoever made a proposal may not approve it."""

    code = "E-3181"


class PlanDecided(Conflict):
    """The plan was approved, refused or withdrawn already."""

    code = "E-3380"


class FormStep(Conflict):
    """The transfer form is not at the step that was asked for."""

    code = "E-3381"


class FormLocked(Conflict):
    """The transfer form was confirmed and archived; it never changes again."""

    code = "E-3382"
