"""Files of the bank on their way in: staged, compared by digest, reported, applied at once."""

from crm_sync.imports.job import ComplaintRow, ConsentRow, LandComplaints, LandConsents, LandTouches
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.rejects_file import write_rejects
from crm_sync.imports.report import Counts, ImportReport
from crm_sync.imports.reverting import RevertReport, revert_load
from crm_sync.imports.runs import RejectedLine, rejected_lines
from crm_sync.imports.service import import_file, import_rows
from crm_sync.imports.taking import Wanted

__all__ = [
    "LAYOUTS",
    "ComplaintRow",
    "ConsentRow",
    "Counts",
    "ImportReport",
    "LandComplaints",
    "LandConsents",
    "LandTouches",
    "RejectedLine",
    "RevertReport",
    "Wanted",
    "import_file",
    "import_rows",
    "rejected_lines",
    "revert_load",
    "write_rejects",
]
