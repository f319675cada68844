"""The stand-in's own routes: set and see its faults over HTTP."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Security
from fastapi.security import APIKeyHeader

from confirma_connector.sandbox import wire
from confirma_connector.sandbox.faults import Fault, Faults


def control_router(account_of: Callable[[Request], str], faults: Faults) -> APIRouter:
    """Return the routes at /sandbox/faults; *account_of* refuses a request without a good key."""
    guard = [Depends(_guard(account_of)), Security(APIKeyHeader(name=wire.KEY_HEADER, auto_error=False))]
    router = APIRouter(prefix="/sandbox", dependencies=guard, tags=["Faults on demand"])

    def add(fault: Annotated[Fault | list[Fault], Body()]) -> dict[str, Any]:
        """Put one fault, or several, in force."""
        added = [faults.add(each) for each in (fault if isinstance(fault, list) else [fault])]
        return {"ids": added}

    def show() -> dict[str, Any]:
        """Show the faults in force, how many requests reached each and how many it struck."""
        return {
            "faults": [
                {"id": each.id, "seen": each.seen, "struck": each.struck}
                | each.fault.model_dump(mode="json", exclude_defaults=True)
                for each in faults.active()
            ]
        }

    def end(id: int | None = None) -> dict[str, Any]:
        """End the fault of that id, or all."""
        if id is None:
            faults.clear()
        else:
            faults.remove(id)
        return show()

    router.add_api_route("/faults", add, methods=["POST"], status_code=201)
    router.add_api_route("/faults", show, methods=["GET"])
    router.add_api_route("/faults", end, methods=["DELETE"])
    return router


def _guard(account_of: Callable[[Request], str]) -> Callable[[Request], None]:
    def guard(request: Request) -> None:
        account_of(request)

    return guard
