"""The ways the desk says no.

NotFound        EntryUnknown, PlanUnknown, TodoUnknown, WorkUnknown, RunUnknown, PersonUnknown,
                ProductUnknown, ListUnknown
InputRefused    FormRefused       a field of a form or of an address is missing or wrong
                ReasonNeeded      this step leaves a reason, and none was written
                ExportTooLarge    more rows than one export may hold
                BasketEmpty       an evidence pack without messages
                RowsByCommand     more rows of content than the desk takes in one go
                FilesTooMany      more files, or more bytes of them, than one form may bring
TooMany         TooManyUnmaskings more customers unmasked in a day than anybody needs
AccessDenied    LevelNeeded       the decision belongs to another level
Conflict        DecisionRefused   the work item cannot be decided that way
"""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound, TooMany


class EntryUnknown(NotFound):
    """No such ledger entry, or none this person may know of."""

    code = "E-3221"


class PlanUnknown(NotFound):
    """No such planning run."""

    code = "E-3222"


class TodoUnknown(NotFound):
    """No such to-do, or none this person may know of."""

    code = "E-3223"


class WorkUnknown(NotFound):
    """No such work item, or none this person may know of."""

    code = "E-3224"


class RunUnknown(NotFound):
    """No such import."""

    code = "E-3225"


class ProductUnknown(NotFound):
    """No product of that code is on sale."""

    code = "E-3228"


class ListUnknown(NotFound):
    """There is no list of managers by that name."""

    code = "E-3229"


class PersonUnknown(NotFound):
    """No such member of staff, or none this person may know of."""

    code = "E-3226"


class FormRefused(InputRefused):
    """A field of a form, or of the page's address, is missing or cannot be read."""

    code = "E-3501"


class ReasonNeeded(InputRefused):
    """This step leaves a reason in the record, and none was written."""

    code = "E-3502"


class ExportTooLarge(InputRefused):
    """More rows than one export may hold."""

    code = "E-3503"


class BasketEmpty(InputRefused):
    """An evidence pack was asked for without any message."""

    code = "E-3504"


class RowsByCommand(InputRefused):
    """A file of items has more rows than the desk takes in one go; the command takes it."""

    code = "E-3505"


class FilesTooMany(InputRefused):
    """More files of materials, or more bytes of them, than one form may bring."""

    code = "E-3506"


class TooManyUnmaskings(TooMany):
    """This person has unmasked as many customers today as anybody may."""

    code = "E-3401"


class DecisionRefused(Conflict):
    """The work item cannot be decided that way."""

    code = "E-3340"


class LevelNeeded(AccessDenied):
    """The decision belongs to another level."""

    code = "E-3235"
