"""Every router of the desk, in the order of its pages; the composition includes them."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from console import (
    alerts,
    days,
    exports,
    fence,
    interactions,
    overview,
    own_log,
    people,
    plans,
    review,
    review_preview,
    shell,
    sign_in,
    todos,
    why,
)
from console.audit import search as audit_search
from console.benefits import form as benefits_form
from console.benefits import listed as benefits_listed
from console.benefits import one as benefits_one
from console.benefits import referrals as benefits_referrals
from console.campaigns import calendar as campaigns_calendar
from console.campaigns import deciding as campaigns_deciding
from console.campaigns import estimate as campaigns_estimate
from console.campaigns import form as campaigns_form
from console.campaigns import listed as campaigns_listed
from console.campaigns import one as campaigns_one
from console.complaints import listed as complaints_listed
from console.complaints import one as complaints_one
from console.consents import listed as consents_listed
from console.consents import one as consents_one
from console.customers import contacts as customers_contacts
from console.customers import listed as customers_listed
from console.customers import one as customers_one
from console.desk import listed as desk_listed
from console.desk import one as desk_one
from console.desk import rules as desk_rules
from console.duty import activation as duty_activation
from console.duty import daily as duty_daily
from console.duty import listed as duty_listed
from console.duty import load as duty_load
from console.duty import parked as duty_parked
from console.duty import touched as duty_touched
from console.evidence import asking as evidence_asking
from console.evidence import basket as evidence_basket
from console.evidence import packs as evidence_packs
from console.farming import listed as farming_listed
from console.funnel import adds as funnel_adds
from console.funnel import layers as funnel_layers
from console.groups import listed as groups_listed
from console.groups import one as groups_one
from console.groups import rhythm as groups_rhythm
from console.handover import listed as handover_listed
from console.handover import one as handover_one
from console.health import shown as health_shown
from console.imports import listed as imports_listed
from console.imports import one as imports_one
from console.launch import checklist as launch_checklist
from console.launch import interfaces as launch_interfaces
from console.launch import maturity as launch_maturity
from console.leads import acting as leads_acting
from console.leads import listed as leads_listed
from console.leads import staff_lists as leads_staff_lists
from console.library import articles as library_articles
from console.library import bringing as library_bringing
from console.library import catalog as library_catalog
from console.library import editing as library_editing
from console.library import listed as library_listed
from console.library import materials as library_materials
from console.library import preview as library_preview
from console.library import script as library_script
from console.library import sends as library_sends
from console.moments import form as moments_form
from console.moments import listed as moments_listed
from console.moments import one as moments_one
from console.ownership import form as ownership_form
from console.ownership import grids as ownership_grids
from console.ownership import plan as ownership_plan
from console.ownership import plans as ownership_plans
from console.ownership import recalls as ownership_recalls
from console.ownership import scorecards as ownership_scorecards
from console.ownership import transfers as ownership_transfers
from console.personal import requests as personal_requests
from console.personas import listed as personas_listed
from console.personas import one as personas_one
from console.playbooks import hints as playbooks_hints
from console.playbooks import preparations as playbooks_preparations
from console.playbooks import shown as playbooks_shown
from console.playbooks import strategies as playbooks_strategies
from console.policies import listed as policies_listed
from console.policies import one as policies_one
from console.products import suitable as products_suitable
from console.radar import listed as radar_listed
from console.segments import editing as segments_editing
from console.segments import listed as segments_listed
from console.segments import one as segments_one
from console.setup import shown as setup_shown
from console.staff_cards import pages as staff_cards
from console.structure import files as structure_files
from console.structure import outlets as structure_outlets
from console.structure import shares as structure_shares
from console.tags import listed as tags_listed
from console.twins import twins_of
from console.white_lists import listed as white_lists_listed
from console.white_lists import one as white_lists_one
from console.work import item as work_item
from console.work import listed as work_listed

ROUTERS: Final[Sequence[APIRouter]] = (
    sign_in.router,
    shell.router,
    overview.router,
    exports.router,  # before the pages whose paths take any word at that place
    customers_listed.router,
    customers_one.router,
    customers_contacts.router,
    leads_staff_lists.router,
    leads_listed.router,
    leads_acting.router,
    structure_shares.router,
    structure_files.router,
    structure_outlets.router,
    products_suitable.router,
    radar_listed.router,
    staff_cards.router,
    personas_listed.router,
    personas_one.router,
    funnel_layers.router,
    funnel_adds.router,
    segments_listed.router,
    tags_listed.router,
    segments_editing.router,
    segments_one.router,
    plans.router,
    why.router,
    todos.router,
    duty_daily.router,
    duty_listed.router,
    duty_load.router,
    duty_activation.router,
    duty_parked.router,
    duty_touched.router,
    playbooks_shown.router,
    playbooks_strategies.router,
    playbooks_hints.router,
    playbooks_preparations.router,
    days.router,
    fence.router,
    complaints_listed.router,
    complaints_one.router,
    groups_listed.router,
    groups_rhythm.router,
    groups_one.router,
    farming_listed.router,
    handover_listed.router,
    handover_one.router,
    benefits_listed.router,
    benefits_form.router,  # before the page whose path takes any number at that place
    benefits_one.router,
    benefits_referrals.router,
    white_lists_listed.router,
    white_lists_one.router,
    library_listed.router,
    library_articles.router,
    library_catalog.router,
    library_materials.router,
    library_bringing.router,
    library_editing.router,
    library_preview.router,
    library_sends.router,
    library_script.router,
    campaigns_listed.router,
    campaigns_calendar.router,
    campaigns_form.router,  # before the page whose path takes any number at that place
    campaigns_one.router,
    campaigns_deciding.router,
    campaigns_estimate.router,
    moments_listed.router,
    moments_form.router,  # before the page whose path takes any number at that place
    moments_one.router,
    review_preview.router,
    review.router,
    desk_rules.router,
    desk_listed.router,
    desk_one.router,
    interactions.router,
    audit_search.router,
    alerts.router,
    consents_listed.router,
    consents_one.router,
    personal_requests.router,
    evidence_basket.router,
    evidence_asking.router,
    evidence_packs.router,
    own_log.router,
    ownership_plans.router,
    ownership_recalls.router,
    ownership_plan.router,
    ownership_transfers.router,
    ownership_form.router,
    ownership_grids.router,
    ownership_scorecards.router,
    work_listed.router,
    work_item.router,
    imports_listed.router,
    imports_one.router,
    launch_interfaces.router,
    launch_checklist.router,
    launch_maturity.router,
    people.router,
    policies_listed.router,
    policies_one.router,
    setup_shown.router,
    health_shown.router,
)
TWINS: Final[APIRouter] = twins_of(ROUTERS)
"""The same pages as JSON, under ``/api/v1``."""

DEMO_ROUTERS: Final[Sequence[APIRouter]] = (sign_in.demo_router,)
"""What exists in the demo alone."""
