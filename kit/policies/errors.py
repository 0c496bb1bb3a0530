"""The ways a change of policy is refused.

NotFound      PolicyUnknown   no policy of that name, or no such version of it
InputRefused  PolicyRefused   the text cannot be read as this policy, or changes nothing
              WordsNeeded     a proposal needs its reason, a decision its opinion
AccessDenied  OwnProposal     nobody puts their own proposal in force
Conflict      AlreadyWaiting  another proposal for this policy waits to be decided
              NotWaiting      it was decided or withdrawn already
              Overtaken       another version came into force since it was proposed
"""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound


class PolicyUnknown(NotFound):
    """No policy of that name, or no such version of it."""

    code = "E-1701"


class PolicyRefused(InputRefused):
    """The text cannot be read as this policy, or it changes nothing."""

    code = "E-1702"


class WordsNeeded(InputRefused):
    """A proposal needs its reason in words, a decision its opinion."""

    code = "E-1703"


class OwnProposal(AccessDenied):
    """Four eyes: nobody puts in force what they proposed."""

    code = "E-1704"


class AlreadyWaiting(Conflict):
    """One proposal at a time: another one for this policy waits to be decided."""

    code = "E-1705"


class NotWaiting(Conflict):
    """The proposal was decided or withdrawn already."""

    code = "E-1706"


class Overtaken(Conflict):
    """Another version of the policy came into force since this one was proposed."""

    code = "E-1707"
