"""What a mapping says of lists that belong to a source: registers to look things up in, and rows of invoices."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from confirma_connector.language import tr

__all__ = ["STEM", "LinesBlock", "RegisterBlock"]

STEM = "{stem}"
"""Stands in the name of a file of lines for the name of the source without its ending."""


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RegisterBlock(_Block):
    """A list such as that of the customers: its row whose column *key* says what our column *by* says fills fields.

    *file* is looked for from the folder of the mapping file that names it; *source* are options of its *adapter*.
    *unknown* is what it means that the list has no such row: an error, or only a warning and an empty field.
    """

    file: str = Field(min_length=1)
    key: str
    by: str
    adapter: str | None = None
    source: dict[str, Any] = {}
    unknown: Literal["error", "warning"] = "error"


class LinesBlock(_Block):
    """Where the rows of the invoices stand when not below their headers: another sheet, or another file.

    A row whose column *key* says what the header's column *to* says (the same column, when left out) is of its invoice.
    *file* is looked for beside the source, `{stem}` in it is the source's own name without its ending. *source* are the
    options that differ from those of the headers; for another *adapter*, all of them.
    """

    key: str
    to: str | None = None
    file: str | None = Field(default=None, min_length=1)
    adapter: str | None = None
    source: dict[str, Any] = {}

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.file is None and not self.source:
            raise ValueError(tr("say where the rows stand: a file, or another sheet, as in source: {sheet: Rows}"))
        return self

    @property
    def header_key(self) -> str:
        """The column of the headers that rows name."""
        return self.key if self.to is None else self.to
