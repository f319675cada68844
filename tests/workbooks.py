"""Excel workbooks for tests: plain ones by openpyxl, and odd ones written part by part, so that any spelling can be made."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from confirma_connector import Record, Source, plugins

__all__ = [
    "ADAPTER",
    "DATE",
    "HEADER",
    "MAIN",
    "cells",
    "number",
    "raw",
    "records",
    "rows",
    "saved",
    "source",
    "values",
]

ADAPTER = plugins.discover([], []).get("excel")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>A</t></is></c><c r="B1" t="inlineStr"><is><t>B</t></is></c></row>'
"""A first row with the headers A and B."""
DATE = "d.m.yyyy"


def source(path: Path, **options: Any) -> Source:
    """The workbook as a source with *options*."""
    model = ADAPTER.options()
    assert model is not None
    return Source((path,), model(**options))


def records(path: Path, **options: Any) -> list[Record]:
    """Every record of a workbook."""
    return list(ADAPTER.read(source(path, **options)))


def values(path: Path, **options: Any) -> list[dict[str, Any]]:
    """The values of every record of a workbook."""
    return [dict(record.values) for record in records(path, **options)]


def rows(path: Path, **options: Any) -> list[int]:
    """The row numbers of every record of a workbook."""
    return [int(str(record.at)) for record in records(path, **options)]


def saved(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    """Save a workbook of these rows by openpyxl."""
    book = Workbook()
    for name, lines in sheets.items():
        sheet: Worksheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    del book["Sheet"]
    book.save(path)
    return path


def number(text: str, style: int = 0) -> str:
    """A cell without a reference that holds a number."""
    return f'<c s="{style}"><v>{text}</v></c>'


def cells(*texts: str) -> str:
    """A row without references of cells that hold texts."""
    return (
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' if text else "<c/>" for text in texts)
        + "</row>"
    )


def raw(
    path: Path,
    *sheets: str,
    names: Sequence[str] = (),
    formats: Sequence[str] = (),
    strings: str | None = None,
    workbook: str = "",
    tabs: Mapping[int, str] | None = None,
    parts: Mapping[str, bytes | str | None] | None = None,
    targets: Mapping[int, str] | None = None,
) -> Path:
    """Write a workbook from XML.

    Each of *sheets* is what stands in its `sheetData`, or its whole part. Style 0 is General and style 1 has the first
    of *formats*. *strings* stands within `sst`, *workbook* behind the sheets in their part; *tabs* are more attributes
    of a tab, and *targets* other places of sheets. *parts* replace others or come in addition; None takes one away.
    """
    named = [*names, *(f"Sheet{index}" for index in range(len(names) + 1, len(sheets) + 1))]
    places = {index: f"worksheets/sheet{index}.xml" for index in range(1, len(sheets) + 1)}
    made: dict[str, bytes | str | None] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _workbook(named, workbook, tabs or {}),
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{index}": ("worksheet", place) for index, place in {**places, **(targets or {})}.items()}
            | {"s": ("styles", "styles.xml")}
            | ({} if strings is None else {"t": ("sharedStrings", "sharedStrings.xml")})
        ),
        "xl/styles.xml": _styles(formats),
    }
    if strings is not None:
        made["xl/sharedStrings.xml"] = f'{DECLARED}<sst xmlns="{MAIN}">{strings}</sst>'
    for index, sheet in enumerate(sheets, 1):
        is_whole = sheet.lstrip("\ufeff").startswith("<?xml") or "worksheet" in sheet[:60]
        whole = sheet if is_whole else f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'
        made[f"xl/{places[index]}"] = whole if whole.startswith(("<?xml", "\ufeff")) else DECLARED + whole
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (made | dict(parts or {})).items():
            if content is not None:
                archive.writestr(name, content)
    return path


def _workbook(names: Sequence[str], more: str, tabs: Mapping[int, str]) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{index}" r:id="rId{index}" {tabs.get(index, "")}/>'
        for index, name in enumerate(names, 1)
    )
    return f'{DECLARED}<workbook xmlns="{MAIN}" xmlns:r="{_RELATED}"><sheets>{listed}</sheets>{more}</workbook>'


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{key}" Type="{_RELATED}/{kind}" Target={quoteattr(place)}/>'
        for key, (kind, place) in targets.items()
    )
    return f'{DECLARED}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _styles(formats: Sequence[str]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{163 + index}" formatCode={quoteattr(code)}/>' for index, code in enumerate(formats, 1)
    )
    styles = "".join(f'<xf numFmtId="{163 + index}"/>' for index in range(1, len(formats) + 1))
    return (
        f'{DECLARED}<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts>'
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'
    )
