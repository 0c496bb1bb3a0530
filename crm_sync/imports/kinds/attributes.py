"""Free columns (``attributes.payroll``) gathered into one JSON object a row."""

from collections.abc import Iterable

from kit.tabular.rows import Batch

PREFIX = "attributes."


def free_targets(targets: Iterable[str]) -> list[str]:
    """The targets that are free columns, in the order of their names."""
    return sorted(target for target in targets if target.startswith(PREFIX))


def attributes_of(batch: Batch) -> list[dict[str, str]]:
    """One object a row: the free columns that have a value."""
    names = free_targets(batch.columns)
    short = [name.removeprefix(PREFIX) for name in names]
    return [
        {name: value for name, value in zip(short, row, strict=True) if value is not None}
        for row in zip(*(batch.columns[name] for name in names), strict=True)
    ]
