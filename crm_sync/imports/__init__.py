"""Files of the bank on their way in: staged, compared by digest, reported, applied at once."""

from crm_sync.imports.job import ConsentRow, LandConsents
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.rejects_file import write_rejects
from crm_sync.imports.report import Counts, ImportReport
from crm_sync.imports.runs import RejectedLine, rejected_lines
from crm_sync.imports.service import import_file

__all__ = [
    "LAYOUTS",
    "ConsentRow",
    "Counts",
    "ImportReport",
    "LandConsents",
    "RejectedLine",
    "import_file",
    "rejected_lines",
    "write_rejects",
]
