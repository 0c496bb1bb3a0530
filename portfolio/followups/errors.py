"""The ways the follow-up rule says no."""

from kit.errors import NotFound


class NotParked(NotFound):
    """The customer is not parked, or not within sight."""

    code = "E-5451"
