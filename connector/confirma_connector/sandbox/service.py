"""The Partner API as far as it is known, as a FastAPI application."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Security
from fastapi.responses import Response
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException

from confirma_connector.sandbox import intake, lifecycle, listing, schemas, wire
from confirma_connector.sandbox.connections import Connections
from confirma_connector.sandbox.control import control_router
from confirma_connector.sandbox.example import vendor_example
from confirma_connector.sandbox.faults import Faults
from confirma_connector.sandbox.ledger import Entry, Ledger
from confirma_connector.sandbox.misbehaving import LATE, Misbehaving

DESCRIPTION = """A stand-in for the Finance Integrations API: nothing that is sent here reaches anybody.

An invoice is `PAUSED`, then `ACCEPTED`, then `INTERMEDIATED`, `ERROR`, `MANUAL` or `DUPLICATE`, as its data says.
What the real service answers is known only in part; this is our best guess at the rest."""
CREATE = "Takes one invoice. A 200 means received: neither valid nor delivered. Ask for the delivery information."
LISTING = "Lists the distribution records. Without dates: only invoices dated within the last 30 days."


class Service:
    """The four routes of the API over one ledger; *keys* are the tokens that open it, each an account of its own."""

    def __init__(self, ledger: Ledger, *, keys: Sequence[str], pace: float, faults: Faults) -> None:
        self.ledger = ledger
        self.pace = pace
        self.faults = faults
        self.shape = wire.shape()
        self.accounts = {key: hashlib.sha256(key.encode()).hexdigest()[:16] for key in keys}

    def account_of(self, request: Request) -> str:
        """Return the account of the request's key; raise a 401 without a good one."""
        account = self.accounts.get(request.headers.get(wire.KEY_HEADER, ""))
        if account is None:
            raise HTTPException(401, "Token is missing or invalid")
        return account

    async def create(self, request: Request) -> Response:
        """Take one invoice."""
        account = self.account_of(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "Content-Type must be application/json")
        raw = await request.body()
        document = intake.read_document(raw)
        strangers = intake.examine(document, self.shape)
        ending, message = lifecycle.judge(document)
        header = document["invoice"]["header"]
        day = intake.iso_date(header["date"])
        assert day is not None  # examine() has seen it
        method = document["distribution"]["method"]
        entry = Entry(account, header["number"], day, method, ending, message, strangers, raw)
        self.ledger.add(entry, delay=request.scope.get(LATE, 0.0))
        return _json(200, {"message": "Invoice received", "invoiceNumber": entry.number, "status": lifecycle.PAUSED})

    async def listing(self, request: Request) -> Response:
        """List the delivery information."""
        account = self.account_of(request)
        today = datetime.fromtimestamp(self.ledger.clock(), UTC).date()
        question = listing.read_question(request.query_params, today=today)
        habits = self.faults.habits(question.number)
        return _json(200, listing.answer(self.ledger, account, question, pace=self.pace, habits=habits))

    async def validate(self, request: Request) -> Response:
        """Say whether the key is good."""
        self.account_of(request)
        return _json(200, {"isValid": True, "message": "Token is valid"})

    async def renew(self, request: Request) -> Response:
        """Renew the key: here it never ends, so nothing changes."""
        self.account_of(request)
        return _json(200, {"Message": "Token is renewed"})

    def router(self) -> APIRouter:
        """Return the routes below the API's prefix."""
        key = APIKeyHeader(name=wire.KEY_HEADER, auto_error=False)
        router = APIRouter(prefix=wire.PREFIX, dependencies=[Security(key)], responses=_refusals())
        add = router.add_api_route
        body = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
        invoice = wire.INVOICE_PATH.removeprefix(wire.PREFIX)
        distribution = wire.DISTRIBUTION_PATH.removeprefix(wire.PREFIX)
        add(invoice, self.create, methods=["POST"], description=CREATE, openapi_extra=body)
        add(distribution, self.listing, methods=["GET"], description=LISTING, openapi_extra={"parameters": _filters()})
        add("/validate", self.validate, methods=["GET"])
        add("/renew", self.renew, methods=["GET"])
        return router


class StandInApp(FastAPI):
    """The application; FastAPI strips the nulls from an example, so what goes over the wire is put in afterwards."""

    def openapi(self) -> dict[str, Any]:
        """Return the description of the API."""
        description = super().openapi()
        create, found = (
            description["paths"][wire.INVOICE_PATH]["post"],
            description["paths"][wire.DISTRIBUTION_PATH]["get"],
        )
        create["requestBody"]["content"]["application/json"] = {
            "schema": schemas.request(),
            "example": vendor_example(),
        }
        for call, taken in ((create, schemas.received()), (found, schemas.listing())):
            call["responses"]["200"]["content"] = {"application/json": {"schema": taken}}
            for refusal in ("400", "401"):
                call["responses"][refusal]["content"] = {"application/json": {"schema": schemas.error()}}
        return description


def create_app(
    ledger: Ledger,
    *,
    key: str,
    pace: float = 1.0,
    faults: Faults | None = None,
    connections: Connections | None = None,
    other_keys: Sequence[str] = (),
) -> FastAPI:
    """Return the application over *ledger*; one step of an invoice's life lasts *pace* seconds.

    Each of *other_keys* is an account of its own, with its own numbers. Faults that cut the connection need
    *connections* of the server that serves the application.
    """
    faults = Faults() if faults is None else faults
    app = StandInApp(title="Confirma stand-in", description=DESCRIPTION, version="1", redirect_slashes=False)
    service = Service(ledger, keys=(key, *other_keys), pace=pace, faults=faults)
    app.include_router(service.router())
    app.include_router(control_router(service.account_of, faults))
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(intake.Malformed, _malformed)
    layer: Any = Misbehaving
    app.add_middleware(layer, ledger=ledger, faults=faults, connections=connections or Connections())
    return app


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json(error.status_code, {"message": error.detail})


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, intake.Malformed)
    errors = [{"field": each.field, "message": each.message} for each in error.complaints]
    return _json(400, {"message": error.message} | ({"errors": errors} if errors else {}))


def _json(status: int, content: dict[str, Any]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status, media_type="application/json")


def _filters() -> list[dict[str, Any]]:
    # Read by hand, so that a bad one gets the API's own 400.
    day = {"type": "string", "format": "date"}
    names = {
        "invoiceNumber": ("Only this invoice.", {"type": "integer"}),
        "fromInvDate": ("The first invoice date, inclusive.", day),
        "toInvDate": ("The last invoice date, inclusive.", day),
    }
    return [
        {"name": name, "in": "query", "description": text, "schema": schema} for name, (text, schema) in names.items()
    ]


def _refusals() -> dict[int | str, dict[str, Any]]:
    return {
        400: {"description": "Malformed: `message`, and `errors` with `field` and `message`"},
        401: {"description": "The key is missing or invalid"},
    }
