"""The tables of crm_sync. They are its own: other packages ask its repositories for facts."""

from crm_sync.models.bank import Coverage, CoverageEnd, Grant, Staff, Unit
from crm_sync.models.binding import Binding
from crm_sync.models.channel_words import ChannelWord
from crm_sync.models.contact_ways import ContactWay
from crm_sync.models.contacts import Contact, Relation, SyncCursor
from crm_sync.models.customers import Customer, CustomerEvent, CustomerSnapshot
from crm_sync.models.erasure import ErasedPerson
from crm_sync.models.farming import FarmRecord
from crm_sync.models.flows import CustomerFlow
from crm_sync.models.holdings import Holding, Product, ProductNav, ProductOpenDay
from crm_sync.models.images import IMAGES
from crm_sync.models.imports import ImportReject, ImportRun, ImportWatermark
from crm_sync.models.leads import Lead
from crm_sync.models.linking import LinkCode, LinkTry, LinkVisit
from crm_sync.models.personas import (
    PersonaMembership,
    PersonaRefusal,
    TagPair,
    TagWrite,
    WecomTag,
)
from crm_sync.models.readings import PageOpening, Reading
from crm_sync.models.segments import Segment, SegmentUse, SegmentVersion
from crm_sync.models.signals import BehaviourSignal
from crm_sync.models.staff_cards import StaffCard, StaffCertificate
from crm_sync.models.standing import CustomerStanding
from crm_sync.models.talks import RelationTalk

__all__ = [
    "IMAGES",
    "BehaviourSignal",
    "Binding",
    "ChannelWord",
    "Contact",
    "ContactWay",
    "Coverage",
    "CoverageEnd",
    "Customer",
    "CustomerEvent",
    "CustomerFlow",
    "CustomerSnapshot",
    "CustomerStanding",
    "ErasedPerson",
    "FarmRecord",
    "Grant",
    "Holding",
    "ImportReject",
    "ImportRun",
    "ImportWatermark",
    "Lead",
    "LinkCode",
    "LinkTry",
    "LinkVisit",
    "PageOpening",
    "PersonaMembership",
    "PersonaRefusal",
    "Product",
    "ProductNav",
    "ProductOpenDay",
    "Reading",
    "Relation",
    "RelationTalk",
    "Segment",
    "SegmentUse",
    "SegmentVersion",
    "Staff",
    "StaffCard",
    "StaffCertificate",
    "SyncCursor",
    "TagPair",
    "TagWrite",
    "Unit",
    "WecomTag",
]
