"""Every endpoint and every act, gathered from the tables of their files."""

from simulator.wecom.archive import wire
from simulator.wecom.endpoints import (
    archive,
    broadcast_creation,
    broadcast_results,
    cards,
    contacts,
    directory,
    group_transfers,
    groups,
    intercepts,
    join_ways,
    login,
    media,
    moment_creation,
    moment_results,
    notes,
    statistics,
    tags,
    tokens,
    transfers,
    ways,
    welcome,
    welcome_templates,
)
from simulator.wecom.endpoints.kit import Endpoint
from simulator.wecom.people import apps as people_apps
from simulator.wecom.people import archive as people_archive
from simulator.wecom.people import broadcasts as people_broadcasts
from simulator.wecom.people import cards as people_cards
from simulator.wecom.people import contacts as people_contacts
from simulator.wecom.people import groups as people_groups
from simulator.wecom.people import logins as people_logins
from simulator.wecom.people import members as people_members
from simulator.wecom.people import moments as people_moments
from simulator.wecom.people import tags as people_tags
from simulator.wecom.people import talk as people_talk
from simulator.wecom.people import transfers as people_transfers
from simulator.wecom.people.kit import ActEntry

ENDPOINTS: dict[str, Endpoint] = {
    endpoint.path: endpoint
    for endpoint in (
        *tokens.ENDPOINTS,
        *login.ENDPOINTS,
        *directory.ENDPOINTS,
        *contacts.ENDPOINTS,
        *tags.ENDPOINTS,
        *welcome.ENDPOINTS,
        *broadcast_creation.ENDPOINTS,
        *broadcast_results.ENDPOINTS,
        *notes.ENDPOINTS,
        *cards.ENDPOINTS,
        *groups.ENDPOINTS,
        *ways.ENDPOINTS,
        *join_ways.ENDPOINTS,
        *welcome_templates.ENDPOINTS,
        *media.ENDPOINTS,
        *moment_creation.ENDPOINTS,
        *moment_results.ENDPOINTS,
        *transfers.ENDPOINTS,
        *group_transfers.ENDPOINTS,
        *intercepts.ENDPOINTS,
        *statistics.ENDPOINTS,
        *archive.ENDPOINTS,
        *wire.ENDPOINTS,
    )
}

ACTS: dict[str, ActEntry] = {
    entry.name: entry
    for entry in (
        *people_contacts.ACTS,
        *people_talk.ACTS,
        *people_broadcasts.ACTS,
        *people_logins.ACTS,
        *people_cards.ACTS,
        *people_apps.ACTS,
        *people_archive.ACTS,
        *people_transfers.ACTS,
        *people_moments.ACTS,
        *people_tags.ACTS,
        *people_members.ACTS,
        *people_groups.ACTS,
    )
}
