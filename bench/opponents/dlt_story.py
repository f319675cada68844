"""The whole story by dlt with its default settings: a resource of invoices, and a destination of our own that posts."""

from __future__ import annotations

__all__ = ["run"]


def run(source: str, url: str, folder: str) -> dict[str, int]:
    """Send every invoice of a file; what dlt keeps lies in *folder*."""
    import dlt
    from dlt.sources.helpers import requests

    from bench.opponents.bodies import HEADERS, PATH, bodies

    sent = 0

    @dlt.destination
    def confirma(items, table):  # type: ignore[no-untyped-def]  # noqa: ARG001
        nonlocal sent
        for item in items:
            requests.post(f"{url}{PATH}", json=item, headers=HEADERS).raise_for_status()
            sent += 1

    @dlt.resource(name="invoices")
    def invoices():  # type: ignore[no-untyped-def]
        yield from bodies(source)

    pipeline = dlt.pipeline("confirma", destination=confirma, pipelines_dir=folder)
    pipeline.run(invoices()).raise_on_failed_jobs()
    return {"sent": sent}
