"""The ways a card says no."""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound


class CardRefused(InputRefused):
    """A card or a certificate cannot be kept as it is."""

    code = "E-2435"


class OwnCertificate(AccessDenied):
    """Nobody verifies a certificate that is theirs, or that they entered."""

    code = "E-2436"


class CertificateUnknown(NotFound):
    """There is no such certificate."""

    code = "E-2437"


class CertificateDecided(Conflict):
    """Somebody has verified or refused it already."""

    code = "E-2438"


class CardNotShown(NotFound):
    """There is no card behind this address that may be shown today."""

    code = "E-2439"
