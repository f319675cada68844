"""A workbook of the kind Excel itself writes, with nearly everything in it that programs tend to lose."""

from __future__ import annotations

from pathlib import Path

from spliced import MAIN, TABLE, relations, sheet, workbook

__all__ = ["HEADERS", "excel_like", "totals_table"]

HEADERS = ("Nro", "Pvm", "Asiakas", "Netto", "Ale", "Yhteensä")
_MAIN_MACRO = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_HEAD = (
    '<sheetPr filterMode="1"><tabColor rgb="FFFF0000"/></sheetPr><dimension ref="A1:F8"/><sheetViews><sheetView '
    'tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft" activeCell="C3" sqref="C3"/></sheetView></sheetViews><sheetFormatPr '
    'defaultRowHeight="15" outlineLevelRow="1" x14ac:dyDescent="0.25"/><cols><col min="1" max="1" width="9" '
    'customWidth="1"/><col min="3" max="3" width="25.5" style="0" customWidth="1"/><col min="11" max="16384" '
    'width="9.140625" hidden="1" customWidth="1"/></cols>'
)
_ROWS = (
    '<row r="1" spans="1:6" s="1" customFormat="1" x14ac:dyDescent="0.25">'
    + "".join(f'<c r="{letter}1" s="1" t="s"><v>{at}</v></c>' for at, letter in enumerate("ABCDEF"))
    + "</row>"
    '<row r="2" spans="1:6" x14ac:dyDescent="0.25"><c r="A2"><v>1001</v></c><c r="B2" s="2"><v>46296</v></c>'
    '<c r="C2" t="s"><v>6</v></c><c r="D2" s="3"><v>100.5</v></c><c r="E2" t="e"><f>NA()</f><v>#N/A</v></c>'
    '<c r="F2" s="3"><f t="shared" ref="F2:F4" si="0">D2*1.255</f><v>126.13</v></c></row>\n'
    '<row r="3" spans="1:6" outlineLevel="1" x14ac:dyDescent="0.25"><c r="A3"><v>1002</v></c><c r="B3" s="2">'
    '<v>46297</v></c><c r="C3" t="str"><f>"Älli "&amp;"Oy"</f><v>Älli Oy</v></c><c r="D3" s="3"><v>20</v></c><c r="F3" '
    's="3"><f t="shared" si="0"/><v>25.1</v></c></row>'
    '<row r="4" spans="1:6" hidden="1" x14ac:dyDescent="0.25"><c r="A4"><v>1003</v></c><c r="B4" s="2"><v>46298</v>'
    '</c><c r="C4" t="s"><v>7</v></c><c r="D4" s="3"><v>1200.25</v></c><c r="E4" t="b"><v>1</v></c><c r="F4" s="3">'
    '<f t="shared" si="0"/><v>1506.31</v></c></row>'
    '<row r="5" spans="1:11" x14ac:dyDescent="0.25"><c r="A5"><v>1004</v></c><c r="D5" s="3"><v>7.9</v></c><c r="F5" '
    's="3"><f t="array" ref="F5">SUM(D5*{1,0.255})</f><v>9.91</v></c><c r="G5" s="3"/><c r="K5" s="2"/></row>'
    '<row r="6" ht="30" customHeight="1"/>'
    '<row r="8" spans="4:6"><c r="D8" s="3"><f>SUM(D2:D5)</f><v>1328.65</v></c></row>'
)
_FILTER = (
    '<autoFilter ref="A1:F5"><filterColumn colId="2"><filters blank="1"><filter val="Öljy &amp; Oy"/><filter '
    'val="Älli Oy"/></filters></filterColumn><sortState ref="A2:F5"><sortCondition ref="A2:A5"/></sortState>'
    "</autoFilter>"
)
_TAIL = (
    '{filter}<customSheetViews><customSheetView guid="{{0F7C6C1E-30A5-4E0B-9C3C-0123456789AB}}" filter="1" '
    'showAutoFilter="1"><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
    '<autoFilter ref="A1:F5"/></customSheetView></customSheetViews>{merged}<conditionalFormatting sqref="D2:D5">'
    '<cfRule type="dataBar" priority="1"><dataBar><cfvo type="min"/><cfvo type="max"/><color rgb="FF638EC6"/></dataBar>'
    "</cfRule></conditionalFormatting>"
    '<dataValidations count="1"><dataValidation type="list" allowBlank="1" sqref="E2:E5"><formula1>Netot</formula1>'
    '</dataValidation></dataValidations><hyperlinks><hyperlink ref="C2" location="Muut!A1" display="Muut"/></hyperlinks>'
    '<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/><pageSetup paperSize="9" '
    'orientation="portrait" r:id="rId3"/><legacyDrawing r:id="rId4"/><mc:AlternateContent><mc:Choice Requires="x14">'
    '<controls/></mc:Choice></mc:AlternateContent>{tables}<extLst><ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}" '
    'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:conditionalFormattings>'
    '<x14:conditionalFormatting xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><xm:sqref>D2:D5'
    "</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
)
_COMMENTS = (
    f'<comments xmlns="{MAIN}"><authors><author>Laskuttaja</author></authors><commentList><comment ref="A2" '
    'authorId="0"><text><t>Tarkista tämä</t></text></comment></commentList></comments>'
)
_VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" style="visibility:hidden">'
    '<x:ClientData ObjectType="Note"><x:Row>1</x:Row><x:Column>0</x:Column></x:ClientData></v:shape></xml>'
)
_CACHE = (
    f'<pivotCacheDefinition xmlns="{MAIN}" refreshOnLoad="1"><cacheSource type="worksheet"><worksheetSource '
    'ref="A1:F5" sheet="Laskut"/></cacheSource><cacheFields count="0"/></pivotCacheDefinition>'
)
_NAMES = (
    '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Muut!$A$1:$F$5</definedName>'
    '<definedName name="_xlnm._FilterDatabase" localSheetId="1" hidden="1">Laskut!$A$1:$F$5</definedName>'
    '<definedName name="_xlnm.Print_Area" localSheetId="1">Laskut!$A$1:$F$5</definedName>'
    '<definedName name="Netot">Laskut!$D$2:$D$5</definedName></definedNames><calcPr calcId="191029"/>'
)
_TOTALS = (
    '<autoFilter ref="A1:F7"><sortState ref="A2:F7"><sortCondition ref="D2:D7"/></sortState></autoFilter>'
    '<tableColumns count="6"><tableColumn id="1" name="Nro" totalsRowLabel="Yhteensä" dataDxfId="0"/><tableColumn '
    'id="2" name="Pvm"/><tableColumn id="3" name="Asiakas"/><tableColumn id="4" name="Netto" '
    'totalsRowFunction="sum"/><tableColumn id="9" name="Ale"/><tableColumn id="6" name="Yhteensä"><calculatedColumnFormula>'
    'IF(Lista[[#This Row],[Netto]]&gt;0, id = "44", 0)</calculatedColumnFormula><totalsRowFormula>1</totalsRowFormula>'
    '</tableColumn></tableColumns><tableStyleInfo name="TableStyleMedium2" showRowStripes="1"/>'
)


def excel_like(path: Path, *, table: str = "", filtered: bool = True, merged: str = "", protection: str = "") -> Path:
    """Write the workbook, an .xlsm with a macro part when *path* says so; with *table* as the part of a table."""
    has_macros = path.suffix == ".xlsm"
    names = _NAMES if filtered else ""
    tail = protection + _TAIL.format(
        filter=_FILTER if filtered else "",
        merged=merged,
        tables='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>' if table else "",
    )
    related = [
        *([("rId1", "table", "../tables/table1.xml")] if table else []),
        ("rId2", "comments", "../comments1.xml"),
        ("rId3", "printerSettings", "../printerSettings/printerSettings1.bin"),
        ("rId4", "vmlDrawing", "../drawings/vmlDrawing1.vml"),
    ]
    more: dict[str, str | bytes] = {
        **({TABLE: table} if table else {}),
        "xl/worksheets/_rels/sheet7.xml.rels": relations(*related),
        "xl/comments1.xml": _COMMENTS,
        "xl/drawings/vmlDrawing1.vml": _VML,
        "xl/printerSettings/printerSettings1.bin": bytes(range(256)),
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="F2" i="7"/></calcChain>',
        "xl/pivotCache/pivotCacheDefinition1.xml": _CACHE,
        "customXml/item1.xml": "<omat><tieto/></omat>",
        **({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 any macro \x00\xff"} if has_macros else {}),
    }
    types = {
        "xl/comments1.xml": f"{_SHEETML}comments+xml",
        "xl/calcChain.xml": f"{_SHEETML}calcChain+xml",
        "xl/pivotCache/pivotCacheDefinition1.xml": f"{_SHEETML}pivotCacheDefinition+xml",
        **({"xl/vbaProject.bin": "application/vnd.ms-office.vbaProject"} if has_macros else {}),
    }
    content = sheet(_ROWS, head=_HEAD, tail=tail)
    strings = (*HEADERS, "Öljy &amp; Oy", "Talo &lt;Ky&gt;")
    return workbook(
        path,
        content,
        more,
        strings=strings,
        names=names,
        types=types,
        main=_MAIN_MACRO if has_macros else _SHEETML + "sheet.main+xml",
    )


def totals_table() -> str:
    """Give the part of a table with a totals row, a calculated column, and an order that it keeps."""
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<table xmlns="{MAIN}" id="3" name="Lista" '
        f'displayName="Lista" ref="A1:F8" totalsRowCount="1" headerRowDxfId="1">{_TOTALS}</table>'
    )
