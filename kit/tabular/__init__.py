"""Files in columns: CSV, TSV and Parquet by a mapping, streamed, every cell typed or refused.

Knows no table of ours: a package says what fields a kind of file has (``Layout``), this one
reads the file and hands back typed columns, chunk by chunk, with the lines it cannot take.
"""

from kit.tabular.fields import Field, Layout, Type
from kit.tabular.limits import Limits
from kit.tabular.manifest import Manifest, read_manifest
from kit.tabular.mapping import Mapping, Query, default_mapping
from kit.tabular.mapping_file import read_mapping
from kit.tabular.reading import Opened, open_rows, open_table
from kit.tabular.refusals import Reject, Row
from kit.tabular.rows import Batch
from kit.tabular.streams import Fetch, StreamedRows

__all__ = [
    "Batch",
    "Fetch",
    "Field",
    "Layout",
    "Limits",
    "Manifest",
    "Mapping",
    "Opened",
    "Query",
    "Reject",
    "Row",
    "StreamedRows",
    "Type",
    "default_mapping",
    "open_rows",
    "open_table",
    "read_manifest",
    "read_mapping",
]
