"""The ways an import is refused although its file can be read, and why a row is.

InputRefused
├── DropTooLarge     the file lacks more of the present rows than may go at once
├── KindUnknown      no such kind of file
└── NobodyLands      this kind belongs to a package that the composition did not pass in
Conflict
└── AnotherImport    the same kind was imported while this file was being read
"""

from enum import StrEnum

from kit.errors import Conflict, InputRefused


class DropTooLarge(InputRefused):
    """The file lacks more of the present rows than may go at once."""

    code = "E-2301"


class KindUnknown(InputRefused):
    """There is no such kind of file."""

    code = "E-2302"


class NobodyLands(InputRefused):
    """The rows of this kind belong to a package that was not passed in."""

    code = "E-2303"


class SupplementRefused(InputRefused):
    """This kind of file cannot supplement the rows of another source."""

    code = "E-2304"


class AnotherImport(Conflict):
    """The same kind was imported while this file was being read."""

    code = "E-2305"


class ImportCode(StrEnum):
    """Why a row that can be read is not taken; each is a heading of ``docs/errors.md``."""

    DUPLICATE = "E-2230"
    UNIT_UNKNOWN = "E-2231"
    STAFF_UNKNOWN = "E-2232"
    CUSTOMER_UNKNOWN = "E-2233"
    USERID_TAKEN = "E-2234"
    TREE = "E-2235"
    ROLE = "E-2236"
