"""`confirma schema`."""

from __future__ import annotations

import json

import click

from confirma_connector.cli.saying import say

__all__ = ["schema"]


@click.command()
@click.argument("what", type=click.Choice(["mapping", "invoice", "report", "reports"]))
def schema(what: str) -> None:
    """Print the JSON Schema of mapping files (for your editor), of invoices, or of `--json` reports.

    `reports` are those of `track --all-profiles`.
    """
    from confirma_connector import parts
    from confirma_connector.invoice import Invoice
    from confirma_connector.mapping import mapping_schema
    from confirma_connector.report import Report, Reports

    if what == "mapping":
        tree = mapping_schema()
    elif what == "invoice":
        tree = parts.schema(Invoice)
    else:
        tree = (Report if what == "report" else Reports).model_json_schema(mode="serialization")
    say(json.dumps(tree, ensure_ascii=False, indent=2))
