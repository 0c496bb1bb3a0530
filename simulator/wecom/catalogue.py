"""Every endpoint and every act, gathered from the tables of their files."""

from simulator.wecom.endpoints import (
    broadcast_creation,
    broadcast_results,
    cards,
    contacts,
    directory,
    login,
    notes,
    tags,
    tokens,
    welcome,
)
from simulator.wecom.endpoints.kit import Endpoint
from simulator.wecom.people import broadcasts as people_broadcasts
from simulator.wecom.people import cards as people_cards
from simulator.wecom.people import contacts as people_contacts
from simulator.wecom.people import logins as people_logins
from simulator.wecom.people import talk as people_talk
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
    )
}
