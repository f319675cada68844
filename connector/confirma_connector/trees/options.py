"""The `source:` block of adapters that read trees: which elements are invoices, and which of theirs are rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from confirma_connector.dialect import EncodingName
from confirma_connector.trees.cutting import Shape

__all__ = ["EdifactOptions", "JsonOptions", "Paths", "TreeOptions", "XmlOptions"]


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
"""One path, or several."""


class TreeOptions(BaseModel):
    """What all of them have: *document* and *lines* are paths.

    *encoding* is declared only where the file itself tells a wrong one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    document: Paths
    lines: Paths
    encoding: EncodingName | None = None
    ignore_case: bool = False

    @model_validator(mode="after")
    def _understood(self) -> TreeOptions:
        for text in (*self.document, *self.lines):
            self.check_column(text, "")
        return self

    def check_column(self, name: str, _: str) -> None:
        """Refuse a column that is no path. Raises ValueError."""
        self.shape().path(name)

    def shape(self) -> Shape:
        """Give what the cutter of documents needs."""
        return Shape(self.document, self.lines, self.prefixes(), self.ignore_case)

    def prefixes(self) -> Mapping[str, str] | None:
        """Give the declared namespaces by prefix; None where names have none."""
        return None


class XmlOptions(TreeOptions):
    """The `source:` block of xml. *namespaces* are the prefixes in paths: a name without one is of any namespace."""

    namespaces: Mapping[str, str] = Field(default={})

    def prefixes(self) -> Mapping[str, str]:
        """Give the declared namespaces by prefix."""
        return self.namespaces


class JsonOptions(TreeOptions):
    """The `source:` block of json. Without *document* each object at the top is an invoice.

    The only one, those of an array, or those of JSON lines.
    """

    document: Paths = (".",)


class EdifactOptions(TreeOptions):
    """The `source:` block of edifact: which messages are invoices, and which of their segments are rows."""

    document: Paths = ("INVOIC",)
    lines: Paths = ("LIN",)
