"""The ways a file is refused as a whole. Nothing was changed; each says what to do.

InputRefused
├── FileMissing        not there, not a file, not ours to read
├── FileTooLarge       more bytes, rows or columns than the limits allow
├── FileEmpty          no bytes, or a header without a line
├── FileCompressed     zip, gzip, Excel: an archive is never unpacked here
├── EncodingRefused    neither UTF-8 nor GB18030, or not all the way
├── NulInFile          a NUL byte: a cut or binary file
├── QuoteBroken        a quote that opens and does not close
├── FieldTooLong       one cell larger than any honest cell
├── HeaderRefused      a column named twice, or not at all, or unknown
├── ColumnMissing      the mapping wants a column the file has not
├── ManifestRefused    the manifest itself cannot be read
├── ManifestMismatch   rows or SHA-256 are not those of the manifest
├── ParquetRefused     not a whole Parquet file, or a column of a type without text
├── ParquetTooLarge    a small file that unpacks to a large one
├── SideTableRefused   a look-up table of the mapping cannot be used
├── MappingRefused     the mapping file itself is wrong
├── ExpressionRefused  an expression in it is not one of the small safe list
└── TooManyRejects     so many lines are refused that the mapping must be wrong
"""

from kit.errors import InputRefused


class FileMissing(InputRefused):
    """The path names no file that can be read."""

    code = "E-2101"


class FileTooLarge(InputRefused):
    """More bytes, rows or columns than the limits allow."""

    code = "E-2102"


class FileEmpty(InputRefused):
    """No bytes, or a header without a single line."""

    code = "E-2103"


class FileCompressed(InputRefused):
    """An archive or a workbook where a text file was expected."""

    code = "E-2104"


class EncodingRefused(InputRefused):
    """The bytes are not text in the declared, or in any known, encoding."""

    code = "E-2105"


class NulInFile(InputRefused):
    """A NUL byte in a text file."""

    code = "E-2106"


class QuoteBroken(InputRefused):
    """A quote that swallows lines, or closes in the middle of a cell."""

    code = "E-2107"


class FieldTooLong(InputRefused):
    """One cell is larger than the limit."""

    code = "E-2108"


class HeaderRefused(InputRefused):
    """The header names a column twice, not at all, or one that nobody knows."""

    code = "E-2109"


class ColumnMissing(InputRefused):
    """A column that the mapping takes from is not in the file."""

    code = "E-2110"


class ManifestRefused(InputRefused):
    """The manifest cannot be read or does not speak of this file."""

    code = "E-2111"


class ManifestMismatch(InputRefused):
    """The file is not the one its manifest speaks of."""

    code = "E-2112"


class ParquetRefused(InputRefused):
    """Not a whole Parquet file, or a column whose type has no text."""

    code = "E-2113"


class ParquetTooLarge(InputRefused):
    """The file would unpack to more than the limits allow."""

    code = "E-2114"


class SideTableRefused(InputRefused):
    """A look-up table of the mapping cannot be used."""

    code = "E-2115"


class TooManyRejects(InputRefused):
    """So many lines are refused that the mapping, not the lines, must be wrong."""

    code = "E-2116"


class MappingRefused(InputRefused):
    """The mapping file is wrong."""

    code = "E-2120"


class ExpressionRefused(InputRefused):
    """An expression of the mapping is wrong, or wants what is not allowed."""

    code = "E-2121"
