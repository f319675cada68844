"""What a workbook consists of: its sheets, the tables on them, its number formats and its shared strings."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote
from xml.etree import ElementTree

from confirma_connector.errors import SourceError
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.workbook.area import Area, area
from confirma_connector.workbook.container import Container
from confirma_connector.workbook.formats import Format, formats
from confirma_connector.workbook.markup import children, local_name, tree
from confirma_connector.workbook.sheet import SheetPart

__all__ = ["Book", "Sheet", "Table"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet: its *position* among all tabs from 0, whether people see it, and how its cells are named."""

    name: str
    part: str
    position: int
    is_visible: bool

    @property
    def quoted(self) -> str:
        """The name as it stands in references: `Laskut`, `'Laskut 2026'`."""
        if self.name.isidentifier():
            return self.name
        return "'" + self.name.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a sheet; *query* says that its rows come from elsewhere. Its *area* is with header and totals."""

    name: str
    part: str
    area: Area
    has_header: bool
    has_totals: bool
    columns: tuple[str, ...]
    query: bool


class Book:
    """One workbook, opened. Raises SourceError when it is none that can be read here."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.container = Container(path, limits)
        try:
            self.part = self._main_part()
            self._tree = self._parsed(self.part)
            self._relations = self._related(self.part)
        except BaseException:
            self.container.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.container.close()

    @property
    def name(self) -> str:
        """The file's name."""
        return self.container.name

    @property
    def limits(self) -> Limits:
        """How much it may hold."""
        return self.container.limits

    @property
    def is_signed(self) -> bool:
        """Whether somebody signed it: any change would break the signature."""
        kinds = [kind for kind, _ in self._related("").values()]
        return any("digital-signature" in kind for kind in kinds) or any(
            name.startswith("_xmlsignatures/") for name in self.container.parts
        )

    @cached_property
    def is_1904(self) -> bool:
        """Whether its days are counted from 1904."""
        flags = [block.get("date1904", "") for block in children(self._tree, "workbookPr")]
        return any(flag in ("1", "true") for flag in flags)

    @cached_property
    def is_uncalculated(self) -> bool:
        """Whether its formulas are to be calculated when it is opened: zeros may stand there until then."""
        flags = [block.get("fullCalcOnLoad", "") for block in children(self._tree, "calcPr")]
        return any(flag in ("1", "true") for flag in flags)

    @cached_property
    def formats(self) -> Sequence[Format]:
        """The number format of each cell style."""
        part = next((target for kind, target in self._relations.values() if kind == "styles"), None)
        try:
            return formats(self._parsed(part)) if part else ()
        except ValueError as error:
            raise SourceError(
                tr("{name}: its part {part} is damaged ({error})", name=self.name, part=part, error=error)
            ) from None

    def strings(self) -> Iterator[bytes]:
        """Give the part of the shared strings piece by piece; nothing when there is none."""
        part = next((target for kind, target in self._relations.values() if kind == "sharedStrings"), None)
        if part is None or not self.container.has(part):
            return iter(())
        self.limits.check("text_size", self.name, self.container.member(part).file_size)
        return self.container.chunks(part)

    def stream(self, sheet: Sheet) -> SheetPart:
        """Begin one pass over a sheet."""
        return SheetPart(self.container.chunks(sheet.part), f"{self.name}, {sheet.name}", self.limits)

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The worksheets, in the order of their tabs."""
        tabs = [tab for block in children(self._tree, "sheets") for tab in children(block, "sheet")]
        found, seen = [], set[str]()
        for position, tab in enumerate(tabs):
            identity = next((value for name, value in tab.attrib.items() if local_name(name) == "id"), "")
            kind, part = self._relations.get(identity, ("", ""))
            if kind == "worksheet" and part in seen:
                raise SourceError(tr("{name}: is damaged: two of its sheets are one and the same", name=self.name))
            seen.add(part)
            if kind == "worksheet":
                is_visible = tab.get("state", "visible") == "visible"
                found.append(Sheet(tab.get("name", ""), part, position, is_visible))
        if not found:
            raise SourceError(tr("{name}: has no worksheet", name=self.name))
        return found

    def tables(self, sheet: Sheet) -> list[Table]:
        """Give the tables on *sheet*."""
        targets = [target for kind, target in self._related(sheet.part).values() if kind == "table"]
        return [table for target in dict.fromkeys(targets) if (table := self._table(target))]

    def filtered(self, sheet: Sheet) -> Area | None:
        """Give the area of the sheet's autofilter as the workbook names it; None where it does not."""
        for block in children(self._tree, "definedNames"):
            for name in children(block, "definedName"):
                is_its = name.get("localSheetId") == str(sheet.position)
                if is_its and name.get("name") == "_xlnm._FilterDatabase":
                    return area((name.text or "").rpartition("!")[2])
        return None

    def _table(self, part: str) -> Table | None:
        root = self._parsed(part)
        place = area(root.get("ref", ""))
        if place is None or local_name(root.tag) != "table":
            return None
        named = [
            column.get("name", "")
            for block in children(root, "tableColumns")
            for column in children(block, "tableColumn")
        ]
        has_query = any(kind == "queryTable" for kind, _ in self._related(part).values())
        return Table(
            name=root.get("displayName", root.get("name", "")),
            part=part,
            area=place,
            has_header=root.get("headerRowCount", "1") != "0",
            has_totals=root.get("totalsRowCount", "0") != "0",
            columns=tuple(named),
            query=has_query or root.get("tableType", "worksheet") != "worksheet",
        )

    def _main_part(self) -> str:
        parts = [target for kind, target in self._related("").values() if kind == "officeDocument"]
        if len(parts) != 1 or not self.container.has("[Content_Types].xml"):
            if self.container.has("mimetype"):
                raise SourceError(tr('{name}: is an OpenDocument file; read it with "adapter: table"', name=self.name))
            raise SourceError(tr("{name}: is a zip file, but no workbook", name=self.name))
        types = self._parsed("[Content_Types].xml")
        kinds = [
            kind.get("ContentType", "")
            for kind in types
            if kind.get("PartName", "").lstrip("/").lower() == parts[0].lower()
        ]
        if any("sheet.binary" in kind for kind in kinds):
            raise SourceError(tr('{name}: is a binary workbook (.xlsb); read it with "adapter: table"', name=self.name))
        if kinds and not any(("spreadsheetml" in kind or "ms-excel" in kind) for kind in kinds):
            raise SourceError(tr("{name}: is no workbook, but {kind}", name=self.name, kind=kinds[0]))
        return parts[0]

    def _parsed(self, part: str) -> ElementTree.Element:
        return tree(self.container.read(part), part, self.name, self.limits)

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Give what a part points to inside the workbook: identity → the last word of its kind, and the part."""
        folder, _, name = part.rpartition("/")
        own = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.container.has(own):
            return {}
        found = {}
        for relation in self._parsed(own):
            if relation.get("TargetMode") != "External":
                place = self._place(folder, relation.get("Target", ""))
                kind = relation.get("Type", "")
                last = kind.rpartition("/")[2] if "digital-signature" not in kind else kind
                found[relation.get("Id", "")] = (last, place)
        return found

    def _place(self, folder: str, target: str) -> str:
        """Give the part that *target* means, seen from *folder*; escaped characters count only where they must."""
        spelled = target.replace("\\", "/")
        places = [
            posixpath.normpath(posixpath.join("/", folder, one)).lstrip("/") for one in (spelled, unquote(spelled))
        ]
        return next(filter(self.container.has, places), places[0])
