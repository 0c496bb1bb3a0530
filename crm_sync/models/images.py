"""Rows as they were before an import changed them: what one command needs to take a load back.

One image table a table that imports write, with the same columns: values keep their types, and
``INSERT … SELECT`` of the changed rows alone is all it costs. Sealed columns stay sealed.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, Column, Table
from sqlmodel import SQLModel

from crm_sync.models.bank import Coverage, Grant, Staff, Unit
from crm_sync.models.customers import Customer, CustomerEvent, CustomerSnapshot
from crm_sync.models.farming import FarmRecord
from crm_sync.models.flows import CustomerFlow
from crm_sync.models.holdings import Holding, Product, ProductNav, ProductOpenDay
from crm_sync.models.signals import BehaviourSignal

IMAGE_RUN: Final = "image_run"
"""The import that changed the row; with the row's own key it names the image."""


def image_of(table: Table) -> Table:
    """The image table of ``table``."""
    return Table(
        f"{table.name}_image",
        table.metadata,
        Column(IMAGE_RUN, BigInteger(), primary_key=True, autoincrement=False),
        *(
            Column(
                column.name,
                column.type,
                primary_key=column.primary_key,
                nullable=not column.primary_key,
                autoincrement=False,
            )
            for column in table.columns
        ),
    )


WRITTEN: Final[tuple[type[SQLModel], ...]] = (
    Unit, Staff, Grant, Product, ProductOpenDay, ProductNav, Customer, Holding, CustomerSnapshot,
    CustomerEvent, CustomerFlow, FarmRecord, BehaviourSignal, Coverage,
)  # fmt: skip
"""What imports write. A new kind of file adds its model here."""

IMAGES: Final[Mapping[str, Table]] = {
    str(model.__tablename__): image_of(SQLModel.metadata.tables[str(model.__tablename__)])
    for model in WRITTEN
}
"""Image tables by the name of the table."""
