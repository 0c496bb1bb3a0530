"""The ways the activation rounds say no."""

from kit.errors import Conflict, NotFound


class ActivationUnknown(NotFound):
    """No such activation, or none in sight, or it has ended."""

    code = "E-5452"


class SkipRefused(Conflict):
    """More rounds would be skipped than the policy allows."""

    code = "E-5453"
