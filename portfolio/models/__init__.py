"""The tables of portfolio. They are its own: other packages ask its repositories for facts."""

from portfolio.models.activation import Activation, ActivationStep
from portfolio.models.contact_plan import DailyContact
from portfolio.models.duty import ContactStanding
from portfolio.models.followups import Parking
from portfolio.models.handovers import HandoverLine, HandoverRun
from portfolio.models.preparation import Preparation, PreparationBox

__all__ = [
    "Activation",
    "ActivationStep",
    "ContactStanding",
    "DailyContact",
    "HandoverLine",
    "HandoverRun",
    "Parking",
    "Preparation",
    "PreparationBox",
]
