"""The rows of a file as `check` will read them: those at its beginning and at its end, and how many there are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from confirma_connector.errors import SourceError
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.plugins import Adapter
from confirma_connector.records import Record, Source

__all__ = ["LAST", "LOOKED_AT", "Reading", "Rows"]

LOOKED_AT, LAST = 4_800, 200
"""As many rows at the beginning and at the end are looked at for evidence; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are looked at, and how many there are."""

    looked: list[Record]
    count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One file, and the adapter that reads it as `check` will."""

    path: Path
    adapter: Adapter
    limits: Limits

    def records(self, options: Mapping[str, Any]) -> Iterator[Record]:
        """Read with these *options*, but not what the source itself leaves out (the totals row of a table)."""
        source = Source((self.path,), self.options(options), limits=self.limits)
        return (record for record in self.adapter.read(source) if not record.skipped)

    def options(self, options: Mapping[str, Any]) -> BaseModel | None:
        """Give the options as the adapter takes them. Raises SourceError."""
        model = self.adapter.options()
        try:
            return self.adapter.of_options(lambda: model.model_validate(options)) if model else None
        except ValidationError as error:
            told = error.errors()[0]["msg"].removeprefix("Value error, ")  # not for people
            raise SourceError(f"{self.path.name}: {told}") from None

    def rows(self, options: Mapping[str, Any]) -> Rows:
        """Read all rows. Raises SourceError, also when there is none."""
        records = self.records(options)
        looked = list(islice(records, LOOKED_AT))
        last: deque[Record] = deque(maxlen=LAST)
        count = len(looked)
        for record in records:
            last.append(record)
            count += 1
        if not looked:
            raise SourceError(tr("{name}: no row stands below the header", name=self.path.name))
        return Rows([*looked, *last], count)
