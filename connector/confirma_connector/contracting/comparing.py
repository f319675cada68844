"""A whole OpenAPI file beside a contract."""

from __future__ import annotations

from confirma_connector.contract import Contract
from confirma_connector.contracting.answering import Answers
from confirma_connector.contracting.calls import calls
from confirma_connector.contracting.finding import Notes
from confirma_connector.contracting.openapi import Described
from confirma_connector.contracting.requesting import Request
from confirma_connector.contracting.service import Service
from confirma_connector.contracting.shape import Schemas

__all__ = ["compare"]


def compare(contract: Contract, described: Described) -> Notes:
    """Compare everything that we send and read with what the file describes. Raises ContractError."""
    notes, schemas = Notes(), Schemas(described)
    service = Service(contract, schemas, list(calls(schemas)), notes)
    create = service.create(item.wire for item in contract.file.request.values() if item.wire)
    answers = Answers(contract, notes)
    listing = service.listing(answers.lists)
    service.paths(create, listing)
    if create is not None:
        service.hosts(create)
        service.key(create)
        service.own_parameters(create)
        if (body := create.body()) is not None:
            Request(contract, body, notes).compare()
        answers.success(create)
        answers.errors(create)
    if listing is not None:
        service.query(listing)
        answers.listing(listing)
    service.headers(*(call for call in (create, listing) if call is not None))
    return notes
