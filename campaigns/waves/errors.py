"""The ways campaigns say no.

InputRefused    CampaignRefused     a field is missing or beyond the policy; every fault is named
                NotPrepared         the questions and preparations (A18) are not all written down
NotFound        CampaignUnknown     no such campaign, or none in sight
                WaveNotEstimated    no such wave, or none that is broadcast
AccessDenied    CampaignSecondPerson whoever asked does not approve
Conflict        CampaignState       it is not in the state for this
                OverBudget          an expense goes beyond the budget and its tolerance
IntegrityBroken DrawDiffers         the stored hold-out is not what the seed gives
"""

from kit.errors import AccessDenied, Conflict, InputRefused, IntegrityBroken, NotFound


class CampaignRefused(InputRefused):
    """A field is missing, unknown or beyond the policy."""

    code = "E-2721"


class NotPrepared(InputRefused):
    """A campaign stands on a preparation whose boxes are all filled."""

    code = "E-2722"


class CampaignUnknown(NotFound):
    """No such campaign, or none in this person's sight."""

    code = "E-2723"


class CampaignSecondPerson(AccessDenied):
    """Whoever asked for it may not approve it."""

    code = "E-2724"


class CampaignState(Conflict):
    """It was decided, stopped or ended before."""

    code = "E-2725"


class DrawDiffers(IntegrityBroken):
    """The stored hold-out is not what the recorded seed gives."""

    code = "E-2726"


class OverBudget(Conflict):
    """An expense goes beyond the budget and the overrun that was approved."""

    code = "E-2727"


class WaveNotEstimated(NotFound):
    """No such wave, or its words go one by one and WeCom drops none of them."""

    code = "E-2728"
