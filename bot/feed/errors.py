"""The ways a batch is refused.

Unauthenticated
└── SignatureRefused   the same answer whatever was wrong with the envelope
AccessDenied
└── KindNotAllowed     the system may not push this kind
InputRefused
├── BatchTooLarge 413  more bytes or rows than one batch may have
└── BodyRefused        no JSON object of the documented shape
Conflict
└── BatchReused        another body came under the same number before
"""

from typing import ClassVar

from kit.errors import AccessDenied, Conflict, InputRefused, Unauthenticated


class SignatureRefused(Unauthenticated):
    """The envelope is not one of a known system, made now, for this path and body."""

    code = "E-2320"


class KindNotAllowed(AccessDenied):
    """The system may not push this kind."""

    code = "E-2321"


class BatchReused(Conflict):
    """Another body came under the same number before."""

    code = "E-2322"


class BatchTooLarge(InputRefused):
    """More bytes or rows than one batch may have."""

    code = "E-2323"
    status: ClassVar[int] = 413


class BodyRefused(InputRefused):
    """No JSON object of the documented shape."""

    code = "E-2324"
