"""`confirma schema`."""

from __future__ import annotations

import json

import click

__all__ = ["schema"]


@click.command()
@click.argument("what", type=click.Choice(["mapping", "invoice", "report"]))
def schema(what: str) -> None:
    """Print the JSON Schema of mapping files (for your editor), of invoices, or of `--json` reports."""
    from confirma_connector.invoice import Invoice
    from confirma_connector.mapping import mapping_schema
    from confirma_connector.report import Report

    if what == "mapping":
        tree = mapping_schema()
    else:
        tree = (Invoice if what == "invoice" else Report).model_json_schema(mode="serialization")
    click.echo(json.dumps(tree, ensure_ascii=False, indent=2))
