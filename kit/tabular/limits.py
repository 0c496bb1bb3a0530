"""How much a file may ask of us. Every bound is a value, so that a test can draw it close."""

from dataclasses import dataclass

MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one import. Sizes are bytes unless the name says otherwise."""

    file_bytes: int = 8_192 * MEGABYTE
    record_lines: int = 50  # physical lines one CSV record may span
    columns: int = 400
    rows: int = 50_000_000
    batch_rows: int = 10_000  # handed on together
    chunk_rows: int = 500  # parsed together: below Python's threshold for a collection (700)
    rejects: int = 20_000  # more refused lines than this: the mapping is wrong, not the lines
    side_rows: int = 2_000_000
    side_bytes: int = 512 * MEGABYTE
    mapping_bytes: int = MEGABYTE
    parquet_bytes: int = 16_384 * MEGABYTE  # uncompressed, the needed columns, by the footer
    parquet_group_bytes: int = 1_024 * MEGABYTE  # the same, one row group
    parquet_batch_bytes: int = 256 * MEGABYTE  # decoded text of one chunk
    drop_percent: int = 20
