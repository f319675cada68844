"""A whole OpenAPI file beside a contract."""

from __future__ import annotations

from confirma_connector.contract import Contract
from confirma_connector.contracting.calls import calls
from confirma_connector.contracting.carrying import Headers
from confirma_connector.contracting.finding import Notes
from confirma_connector.contracting.listings import Listings
from confirma_connector.contracting.openapi import Described
from confirma_connector.contracting.replies import Replies
from confirma_connector.contracting.requesting import Request
from confirma_connector.contracting.service import Service
from confirma_connector.contracting.shape import Schemas

__all__ = ["compare"]


def compare(contract: Contract, described: Described) -> Notes:
    """Compare everything that we send and read with what the file describes. Raises ContractError."""
    notes, schemas = Notes(), Schemas(described)
    service = Service(contract, schemas, list(calls(schemas)), notes)
    create = service.create(item.wire for item in contract.file.request.values() if item.wire)
    listings, replies = Listings(contract, notes), Replies(contract, notes)
    headers = Headers(contract, schemas, notes)
    listing = service.listing(listings.lists)
    service.paths(create, listing)
    if create is not None:
        service.hosts(create)
        headers.key(create)
        service.own_parameters(create)
        if (body := create.body()) is not None:
            Request(contract, body, notes).compare()
        replies.success(create)
        replies.errors(create)
    if listing is not None:
        service.query(listing)
        listings.compare(listing)
    headers.others(*(call for call in (create, listing) if call is not None))
    return notes
