"""The tables of portfolio. They are its own: other packages ask its repositories for facts."""

from portfolio.models.activation import Activation, ActivationStep
from portfolio.models.allocation import AllocationClaim, AllocationLine, AllocationPlan, Recall
from portfolio.models.contact_plan import DailyContact
from portfolio.models.duty import ContactStanding
from portfolio.models.followups import Parking
from portfolio.models.grids import Grid, GridArea, TeamRole
from portfolio.models.handovers import HandoverLine, HandoverReading, HandoverRun
from portfolio.models.preparation import Preparation, PreparationBox
from portfolio.models.scorecards import Scorecard, ScorecardLine
from portfolio.models.transfers import TransferForm

__all__ = [
    "Activation",
    "ActivationStep",
    "AllocationClaim",
    "AllocationLine",
    "AllocationPlan",
    "ContactStanding",
    "DailyContact",
    "Grid",
    "GridArea",
    "HandoverLine",
    "HandoverReading",
    "HandoverRun",
    "Parking",
    "Preparation",
    "PreparationBox",
    "Recall",
    "Scorecard",
    "ScorecardLine",
    "TeamRole",
    "TransferForm",
]
