"""What became of a file: counts, refusals, and the first of its rejected lines."""

from dataclasses import asdict, dataclass, field
from typing import Any

from kit.tabular.refusals import Reject

SHOWN_REJECTS = 200


@dataclass(slots=True)
class Counts:
    """Rows of one import. read = added + updated + unchanged + rejected.

    ``duplicates`` are those of ``rejected`` whose key stood on an earlier line; ``removed`` are
    rows of this source that the file no longer has; ``withheld`` are such rows that were kept
    because some rejected line had no readable key and may be one of them.
    """

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    withheld: int = 0
    rejected: int = 0
    duplicates: int = 0

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of one file. ``rejects`` are the first; all are kept with the run, sealed."""

    run_id: int
    kind: str
    file_name: str
    state: str  # applied | dry_run | refused
    source: str
    source_date: str
    synthetic: bool
    sha256: str
    encoding: str
    header: tuple[str, ...]
    counts: Counts
    present_before: int
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """For a program: without the cells of rejected lines, which are personal."""
        return {
            "run_id": self.run_id,
            "kind": self.kind,
            "file": self.file_name,
            "state": self.state,
            "source": self.source,
            "source_date": self.source_date,
            "synthetic": self.synthetic,
            "sha256": self.sha256,
            "encoding": self.encoding,
            "counts": self.counts.as_dict(),
            "present_before": self.present_before,
            "rejects": [
                {
                    "line": one.line,
                    "code": str(one.code),
                    "column": one.column,
                    "reason": one.reason,
                }
                for one in self.rejects
            ],
            "notes": list(self.notes),
        }
