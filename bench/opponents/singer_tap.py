"""A tap of the Singer SDK: the invoices of a text file as records on standard output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from singer_sdk import Stream, Tap
from singer_sdk import typing as th

from bench.opponents.bodies import bodies

_ANY = th.ObjectType(additional_properties=True)


class Invoices(Stream):
    """The invoices, as request bodies."""

    name = "invoices"
    schema = th.PropertiesList(
        th.Property("processing", _ANY), th.Property("distribution", _ANY), th.Property("invoice", _ANY)
    ).to_dict()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        """Give the records."""
        yield from bodies(self.config["source"])


class TapInvoices(Tap):
    """The tap."""

    name = "tap-invoices"
    config_jsonschema = th.PropertiesList(th.Property("source", th.StringType, required=True)).to_dict()

    def discover_streams(self) -> list[Stream]:
        """Give its one stream."""
        return [Invoices(self)]


if __name__ == "__main__":
    TapInvoices.cli()
