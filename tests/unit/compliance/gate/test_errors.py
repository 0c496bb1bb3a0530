"""Every refusal of compliance and of the content library has its code and its heading."""

import inspect
from pathlib import Path
from types import ModuleType

import pytest

import compliance.errors
import content_library.errors
from kit.errors import AppError

DOCS = Path(__file__).parents[4] / "docs"


def _own(module: ModuleType) -> list[type[AppError]]:
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, AppError) and found.__module__ == module.__name__
    ]


@pytest.mark.parametrize("module", [compliance.errors, content_library.errors])
def test_each_error_has_a_code_of_its_own_and_a_heading(module: ModuleType) -> None:
    headings = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [*DOCS.glob("errors.d/*.md"), *DOCS.glob("errors.md")]
    )
    errors = _own(module)
    codes = [error.code for error in errors]
    assert len(codes) == len(set(codes)) > 5
    for error in errors:
        assert f"## {error.code} " in headings, error
        assert error.__name__ in (module.__doc__ or "")
