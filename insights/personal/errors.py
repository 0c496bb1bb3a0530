"""The ways a request about personal data is refused."""

from kit.errors import Conflict, InputRefused, NotFound


class PersonUnknown(NotFound):
    """There is no customer of that number, or none that may be known of."""

    code = "E-7501"


class RequestUnknown(NotFound):
    """There is no request of that number."""

    code = "E-7502"


class RequestDecided(Conflict):
    """Somebody has decided about this request already, or it is carried out."""

    code = "E-7503"


class OwnRequest(Conflict):
    """Whoever asked for it cannot approve it."""

    code = "E-7504"


class BasisNeeded(InputRefused):
    """How the person asked, or why it is decided so, is not said."""

    code = "E-7505"


class NotApproved(Conflict):
    """The request is not approved yet, or is of the other kind."""

    code = "E-7506"
