"""The ways the content library says no.

AppError
├── InputRefused
│   ├── ScriptRefused         a draft cannot be kept: a field, a form, a length, an audience
│   ├── MissingFact           the words need a fact that nobody gave
│   ├── FactRefused           a fact is not what its field takes
│   ├── TextTooLong           the rendered words do not fit the channel
│   ├── OpinionNeeded         a decision without an opinion
│   └── CalendarRefused       a line of the content calendar cannot be used
├── AccessDenied
│   └── OwnWork               nobody approves what they wrote or submitted
├── NotFound
│   └── ScriptUnknown         there is no such script or version
└── Conflict
    ├── WrongState            the version is not in the state this step starts from
    ├── WordsBlocked          automatic checks found what may not be said
    └── ChangedSinceSubmission  the version is not what the approver read
"""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound


class ScriptRefused(InputRefused):
    """A draft cannot be kept as it is."""

    code = "E-4201"


class MissingFact(InputRefused):
    """The words need a fact that was not given; a blank is never sent."""

    code = "E-4202"


class FactRefused(InputRefused):
    """A fact is not what its field takes."""

    code = "E-4203"


class TextTooLong(InputRefused):
    """The rendered words are longer than the channel takes, counted in bytes."""

    code = "E-4204"


class OpinionNeeded(InputRefused):
    """A decision on content needs an opinion in words."""

    code = "E-4205"


class OwnWork(AccessDenied):
    """Four eyes: nobody approves what they wrote or submitted themselves."""

    code = "E-4206"


class ScriptUnknown(NotFound):
    """There is no such script or version."""

    code = "E-4207"


class WrongState(Conflict):
    """The version is not in the state this step starts from."""

    code = "E-4208"


class WordsBlocked(Conflict):
    """Automatic checks found something that may not be said; nobody can approve it."""

    code = "E-4209"


class ChangedSinceSubmission(Conflict):
    """The version is not what the approver read: its fingerprint differs."""

    code = "E-4210"


class CalendarRefused(InputRefused):
    """A line of the content calendar cannot be used."""

    code = "E-4211"
