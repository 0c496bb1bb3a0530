"""The ways a preparation record says no."""

from kit.errors import InputRefused, NotFound


class PreparationUnknown(NotFound):
    """No such record, or none in sight."""

    code = "E-5454"


class BoxRefused(InputRefused):
    """The box is none of the seven, or what was written into it says nothing."""

    code = "E-5455"
