"""The ways the content library says no.

AppError
├── InputRefused
│   ├── ScriptRefused         a draft cannot be kept: a field, a form, a length, an audience
│   ├── MissingFact           the words need a fact that nobody gave
│   ├── FactRefused           a fact is not what its field takes
│   ├── TextTooLong           the rendered words do not fit the channel
│   ├── OpinionNeeded         a decision without an opinion
│   ├── CalendarRefused       a line of the content calendar cannot be used
│   ├── FileRefused           a file is not what WeCom takes, judged by its content
│   ├── GreetingRefused       what the sender wrote before an approved text cannot be said
│   └── AddressForeign        a card leads to a host that is not the bank's own
├── AccessDenied
│   └── OwnWork               nobody approves what they wrote or submitted
├── NotFound
│   ├── ScriptUnknown         there is no such script or version
│   └── FileUnknown           there is no file of that content
└── Conflict
    ├── WrongState            the version is not in the state this step starts from
    ├── WordsBlocked          automatic checks found what may not be said
    ├── ChangedSinceSubmission  the version is not what the approver read
    ├── MaterialNotReady      a material has no media id that lives long enough
    ├── MaterialRefused       a material was recalled or may not go there
    └── WordsLocked           somebody tried to send other words than the approved ones
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


class FileRefused(InputRefused):
    """A file is not what WeCom takes, judged by its content and not by its name."""

    code = "E-4212"


class FileUnknown(NotFound):
    """There is no file of that content."""

    code = "E-4213"


class MaterialNotReady(Conflict):
    """A material has no media id that lives long enough; it is uploaded anew first."""

    code = "E-4214"


class WordsLocked(Conflict):
    """Somebody tried to send other words than those that were approved."""

    code = "E-4215"


class GreetingRefused(InputRefused):
    """The words before an approved text are too long, or hold what may not be said."""

    code = "E-4216"


class AddressForeign(InputRefused):
    """A card leads to a host that is not the bank's own, or sells elsewhere than in its App."""

    code = "E-4218"


class MaterialRefused(Conflict):
    """A material was recalled, or may not go over this channel."""

    code = "E-4217"
