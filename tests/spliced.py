"""Workbooks to write results into: made by hand from parts, then compared with what they were."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils.escape import unescape

from confirma_connector import Result, Source
from confirma_connector.plugins import Adapter
from confirma_connector.records import RESULT_HEADERS, Record, ResultHeaders

__all__ = ["NAMES", "Bench", "changed", "check_sound", "parts", "seen", "sent", "sheet", "table", "undone", "workbook"]

NAMES = RESULT_HEADERS.names()
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_REL = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
PART = "xl/worksheets/sheet7.xml"
TABLE = "xl/tables/table1.xml"
_ROOT = (
    'xmlns:r="{rel}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" mc:Ignorable="x14ac"'
)
_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls"),
    *("AlternateContent", "webPublishItems", "tableParts", "extLst"),
)
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1"><fill><patternFill '
    'patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/>'
    '</cellStyleXfs><cellXfs count="4"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="4" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" '
    'builtinId="0"/></cellStyles></styleSheet>'
)


def sheet(rows: str, *, head: str = "", tail: str = "", prefix: str = "", namespace: str = MAIN) -> str:
    """Give the XML of a sheet with *rows* in its data; with a *prefix* ("x:") on every tag that has none."""
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    root = _ROOT.format(rel=_STRICT_REL if namespace == STRICT else _REL)
    body = f"{head}<sheetData>{rows}</sheetData>{tail}"
    if prefix:
        body = re.sub(r"<(/?)(?=\w+[\s/>])", rf"<\1{prefix}", body)
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<{prefix}worksheet {name}="{namespace}" {root}>'
        f"{body}</{prefix}worksheet>"
    )


def table(ref: str, names: Sequence[str], *, attrs: str = "", inner: str | None = None) -> dict[str, str]:
    """Give the parts of a table on the sheet, and the relation to it."""
    columns = "".join(f'<tableColumn id="{2 * at}" name="{name}"/>' for at, name in enumerate(names, 1))
    inner = f'<autoFilter ref="{ref}"/><tableColumns count="{len(names)}">{columns}</tableColumns>' * (
        inner is None
    ) + (inner or "")
    return {
        TABLE: f'<table xmlns="{MAIN}" id="1" name="Lista" displayName="Lista" ref="{ref}"{attrs}>{inner}</table>',
        "xl/worksheets/_rels/sheet7.xml.rels": relations(("rId1", "table", "../tables/table1.xml")),
    }


TABLE_TAIL = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'


def relations(*told: tuple[str, str, str], base: str = _REL) -> str:
    """Give a part of relations: identity, last word of the kind, target."""
    inner = "".join(f'<Relationship Id="{name}" Type="{base}/{kind}" Target="{to}"/>' for name, kind, to in told)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def workbook(
    path: Path,
    content: str | bytes,
    more: Mapping[str, str | bytes] | None = None,
    *,
    strings: Sequence[str] = (),
    names: str = "",
    types: Mapping[str, str] | None = None,
    main: str = f"{_TYPE}sheet.main+xml",
    base: str = _REL,
    method: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
    streamed: bool = False,
) -> Path:
    """Write a workbook whose second tab "Laskut" is *content*, with *more* parts in it."""
    space = STRICT if base == _STRICT_REL else MAIN
    texts = "".join(f"<si><t>{text}</t></si>" for text in strings)
    kinds = {
        "xl/workbook.xml": main,
        PART: f"{_TYPE}worksheet+xml",
        "xl/worksheets/sheet1.xml": f"{_TYPE}worksheet+xml",
        "xl/styles.xml": f"{_TYPE}styles+xml",
        "xl/sharedStrings.xml": f"{_TYPE}sharedStrings+xml",
        **({TABLE: f"{_TYPE}table+xml"} if more and TABLE in more else {}),
        **(types or {}),
    }
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Default Extension="bin" ContentType="application/octet-stream"/>'
        f'<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        f"{overrides}</Types>",
        "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml"), base=base),
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{base}"><bookViews><workbookView/></bookViews><sheets>'
        f'<sheet name="Muut" sheetId="1" state="hidden" r:id="rId1"/><sheet name="Laskut" sheetId="7" r:id="rId7"/>'
        f"</sheets>{names}</workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId7", "worksheet", "worksheets/sheet7.xml"),
            ("rId8", "styles", "styles.xml"),
            ("rId9", "sharedStrings", "sharedStrings.xml"),
            *((f"v{at}", "vbaProject", "vbaProject.bin") for at in range("xl/vbaProject.bin" in (more or {}))),
            base=base,
        ),
        "xl/worksheets/sheet1.xml": sheet(
            '<row r="1"><c r="A1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row>', namespace=space
        ),
        PART: content,
        "xl/styles.xml": _STYLES.replace(MAIN, space),
        "xl/sharedStrings.xml": f'<sst xmlns="{space}" count="{len(strings)}" uniqueCount="{len(strings)}">{texts}</sst>',
        **(more or {}),
    }
    with path.open("wb") as file, zipfile.ZipFile(_Pipe(file) if streamed else file, "w", method) as archive:  # type: ignore[arg-type]
        for name, data in found.items():
            archive.writestr(name, data)
        archive.comment = comment
    return path


class _Pipe:
    """A file that can only be written on: what is zipped into it gets data descriptors."""

    def __init__(self, file: object) -> None:
        self.write = file.write  # type: ignore[attr-defined]
        self.flush = file.flush  # type: ignore[attr-defined]


def sent(at: int, message: str = "", number: str = "1", case_id: str = "c-1") -> Result:
    """Give the result of an invoice that went."""
    return Result(at, number, "sent", message, "2026-11-23 10:00:00", case_id)


class Bench:
    """The Excel adapter and a folder. What is written is checked to be sound, and as sound when written again."""

    def __init__(self, adapter: Adapter, folder: Path) -> None:
        self.adapter, self.folder = adapter, folder
        self.notice = ""

    def source(self, path: Path, headers: ResultHeaders = RESULT_HEADERS, **declared: object) -> Source:
        options = self.adapter.options()
        assert options
        return Source((path,), options(**declared), headers)

    def read(self, path: Path, headers: ResultHeaders = RESULT_HEADERS, **declared: object) -> list[Record]:
        return list(self.adapter.read(self.source(path, headers, **declared)))

    def write(self, path: Path, *results: Result, headers: ResultHeaders = RESULT_HEADERS, **declared: object) -> Path:
        target, again = (self.folder / f"{name}{path.suffix}" for name in ("target", "again"))
        if path == target:
            path = path.rename(self.folder / f"before{path.suffix}")
        self.notice = self.adapter.write_results(self.source(path, headers, **declared), results, target)
        self.adapter.write_results(self.source(target, headers, **declared), results, again)
        assert again.read_bytes() == target.read_bytes(), "writing twice is not the same as writing once"
        check_sound(target)
        return target


def parts(path: Path) -> dict[str, bytes]:
    """Give the parts of a workbook in the order of the zip."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def changed(before: Path, after: Path) -> list[str]:
    """Name the parts that differ; the order and all else about them must be the same."""
    old, new = parts(before), parts(after)
    assert list(old) == list(new)
    with zipfile.ZipFile(before) as one, zipfile.ZipFile(after) as other:
        assert one.comment == other.comment
        for was, now in zip(one.infolist(), other.infolist(), strict=True):
            assert (was.filename, was.date_time, was.external_attr) == (now.filename, now.date_time, now.external_attr)
            if old[was.filename] == new[was.filename]:
                assert (was.compress_type, was.compress_size) == (now.compress_type, now.compress_size)
    return [name for name in old if old[name] != new[name]]


Seen = dict[tuple[str, str], tuple[object, object, tuple[int, ...]]]


def seen(path: Path) -> Seen:
    """Give every cell as openpyxl sees it: value, formula, style."""
    shown, told = (openpyxl.load_workbook(path, data_only=is_shown) for is_shown in (True, False))
    return {
        (page.title, cell.coordinate): (
            cell.value,
            _formula(told[page.title][cell.coordinate].value),
            tuple(cell._style),
        )
        for page in shown.worksheets
        for row in page.iter_rows(max_col=min(page.max_column, 40), max_row=min(page.max_row, 200))
        for cell in row
        if cell.value is not None or cell.has_style or told[page.title][cell.coordinate].value is not None
    }


def _formula(value: object) -> object:
    return getattr(value, "text", value)


def undone(content: bytes, columns: Sequence[str]) -> bytes:
    """Give the XML of a sheet without the cells of *columns*, and without what tells how wide it is."""
    text = content.decode()
    p = r"(?:\w+:)?"
    text = re.sub(rf'<({p})c r="(?:{"|".join(columns)})\d+"[^>]*?(?:/>|(?<!/)>.*?</\1c>)', "", text, flags=re.DOTALL)
    text = re.sub(rf"<({p})cols(?:\s[^>]*)?>.*?</\1cols>", "", text, flags=re.DOTALL)
    text = re.sub(r"""\sspans=(?:"[^"]*"|'[^']*')""", "", text)
    text = re.sub(rf"(<{p}(?:dimension|autoFilter|sortState)\s[^>]*?)\bref=\S+?(?=[\s/>])", r"\1", text)
    return re.sub(rf"<({p})row([^>]*?)\s*(?:/>|></\1row>)", r"<\1row\2/>", text).encode()


def check_sound(path: Path) -> None:
    """Check what Excel is strict about: order and counts in each sheet's XML, and tables that fit their cells."""
    found = parts(path)
    trees = {name: ElementTree.fromstring(data) for name, data in found.items() if name.endswith((".xml", ".rels"))}
    for root in trees.values():
        if _local(root) == "worksheet":
            _check_sheet(root)
        if _local(root) == "table":
            _check_table(root)
    if any(_local(root) == "table" for root in trees.values()):
        _check_headers(path)
    for root in [tree for tree in trees.values() if _local(tree) == "worksheet"]:
        filters = [child.get("ref", "") for child in root if _local(child) == "autoFilter"]
        for ref in filters:
            told = re.findall(r"_FilterDatabase[^<]*!([$A-Z0-9:]+)<", found["xl/workbook.xml"].decode())
            assert not told or ref in [name.replace("$", "") for name in told]


def _check_headers(path: Path) -> None:
    for page in openpyxl.load_workbook(path, data_only=True).worksheets:
        for one in page.tables.values():
            if one.headerRowCount != 0:
                cells = [unescape(str(cell.value)) for cell in page[one.ref][0]]
                assert cells == [column.name for column in one.tableColumns]


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _number(letters: str) -> int:
    return openpyxl.utils.column_index_from_string(letters)


def _check_sheet(root: ElementTree.Element) -> None:
    order = [_ORDER.index(_local(child)) for child in root]
    assert order == sorted(order)
    last = 0
    for column in [column for block in root if _local(block) == "cols" for column in block]:
        assert last < int(column.attrib["min"]) <= int(column.attrib["max"]) <= 16_384
        last = int(column.attrib["max"])
    row_before = 0
    for row in [row for data in root if _local(data) == "sheetData" for row in data]:
        number = int(row.get("r", row_before + 1))
        assert number > row_before
        row_before, before = number, 0
        for cell in row:
            place = cell.get("r", "")
            column_number = _number(place.rstrip("0123456789")) if place else before + 1
            assert column_number > before, f"{place} stands behind a later cell"
            assert not place or place.endswith(str(number))
            before = column_number
        if row.get("spans") and before:
            assert before <= int(row.attrib["spans"].rpartition(":")[2])


def _check_table(root: ElementTree.Element) -> None:
    (block,) = [child for child in root if _local(child) == "tableColumns"]
    names = [column.attrib["name"].casefold() for column in block]
    ids = [column.attrib["id"] for column in block]
    assert int(block.attrib["count"]) == len(names) == len(set(names)) == len(set(ids))
    left, right = (_number(place.rstrip("0123456789")) for place in root.attrib["ref"].split(":"))
    assert right - left + 1 == len(names)
    for own in [child for child in root if _local(child) in ("autoFilter", "sortState")]:
        assert own.attrib["ref"].partition(":")[2].rstrip("0123456789") == root.attrib["ref"].partition(":")[2].rstrip(
            "0123456789"
        )
