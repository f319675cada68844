"""A target of the Singer SDK: every record that comes by standard input is posted."""

from __future__ import annotations

from typing import Any

import requests
from singer_sdk import RecordSink, Target
from singer_sdk import typing as th

from bench.opponents.bodies import HEADERS, PATH


class Invoices(RecordSink):
    """Posts one record after the other on one connection."""

    def setup(self) -> None:
        """Open the connection."""
        self.session = requests.Session()
        self.session.headers.update(HEADERS)

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Post a record."""
        self.session.post(f"{self.config['url']}{PATH}", json=record).raise_for_status()


class TargetConfirma(Target):
    """The target."""

    name = "target-confirma"
    config_jsonschema = th.PropertiesList(th.Property("url", th.StringType, required=True)).to_dict()
    default_sink_class = Invoices


if __name__ == "__main__":
    TargetConfirma.cli()
