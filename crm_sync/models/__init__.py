"""The tables of crm_sync. They are its own: other packages ask its repositories for facts."""

from crm_sync.models.bank import Coverage, Grant, Staff, Unit
from crm_sync.models.binding import Binding
from crm_sync.models.contacts import Contact, Relation, SyncCursor
from crm_sync.models.customers import Customer
from crm_sync.models.holdings import Holding, Product, ProductOpenDay
from crm_sync.models.imports import ImportReject, ImportRun
from crm_sync.models.personas import PersonaMembership, TagWrite, WecomTag

__all__ = [
    "Binding",
    "Contact",
    "Coverage",
    "Customer",
    "Grant",
    "Holding",
    "ImportReject",
    "ImportRun",
    "PersonaMembership",
    "Product",
    "ProductOpenDay",
    "Relation",
    "Staff",
    "SyncCursor",
    "TagWrite",
    "Unit",
    "WecomTag",
]
