"""The excel adapter reading cells: what each of them means, however it is spelled, and what cannot be trusted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from workbooks import ADAPTER, DATE, HEADER, MAIN, number, raw, records, saved, values

from confirma_connector import SourceError, Unreadable

DATA = Path(__file__).parent / "data"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "laskut.xlsx"


def meant(path: Path, cell: str, code: str = "General", *, numbers: str = "exact", **more: Any) -> Any:
    """What the first cell of the second row means; style 1 has the format *code*."""
    raw(path, f"{HEADER}<row>{cell}</row>", formats=[code], **more)
    found = values(path, numbers=numbers)
    return found[0]["A"] if found else ""


def reason(path: Path, cell: str, code: str = "General", **more: Any) -> tuple[str, str]:
    value = meant(path, cell, code, **more)
    assert isinstance(value, Unreadable)
    return value.text, value.reason


# ---- numbers ----


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("100", "100"),
        ("-12.5", "-12.5"),
        ("0.1", "0.1"),
        ("1.2E3", "1200"),
        ("1E-3", "0.001"),
        ("1.2e+3", "1200"),
        ("+5", "5"),
        (".5", "0.5"),
        (" 7 ", "7"),
        ("1.10", "1.1"),
        ("119.97000000000001", "119.97"),
        ("0.30000000000000004", "0.3"),
        ("2.9999999999999996", "3"),
        ("-119.97000000000001", "-119.97"),
        ("123456789012345", "123456789012345"),
        ("-999999999999999", "-999999999999999"),
        ("1.5E-300", "1.5E-300"),
    ],
)
def test_a_number_is_read_exactly_and_without_the_residue_of_binary_sums(path: Path, text: str, value: str) -> None:
    found = meant(path, number(text))
    assert isinstance(found, Decimal)
    assert (found, found.is_signed()) == (Decimal(value), value.startswith("-"))


@pytest.mark.parametrize("text", ["1234567890123456", "1234567890123450", "12345678901234567890", "1E15", "1.5E19"])
@pytest.mark.parametrize("code", ["General", "0", "0000000000000000", "0.00"])
def test_a_number_of_more_than_15_digits_is_not_trusted(path: Path, text: str, code: str) -> None:
    shown, why = reason(path, number(text, 1), code)
    assert shown == f"{Decimal(text):f}"
    assert why.endswith("keeps only the first 15: format the cell as text and enter it again")


@pytest.mark.parametrize(
    "text", ["abc", "1 000", "1,5", "1_000", "NaN", "INF", "0x10", "1E999", "1E-999", "1E999999999", "1٢", "٣"]
)
@pytest.mark.parametrize("code", ["General", DATE, "00000", "0%"])
def test_what_is_no_number_is_not_trusted(path: Path, text: str, code: str) -> None:
    assert reason(path, number(text, 1), code) == (text, "is no number that a cell can hold")


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("00000", "100", "00100"),
        ("00000", "123456", "123456"),
        ("0000000\\-0", "1120389", "0112038-9"),
        ("0000000-0", "23319727", "2331972-7"),
        ("000\\ 00", "11122", "111 22"),
        ('00"."00"."0000', "1102026", "01.10.2026"),
        ("00", "0", "00"),
        ('[=0]"";00000', "100", "00100"),
    ],
)
def test_a_code_keeps_the_zeros_and_marks_that_it_is_shown_with(path: Path, code: str, text: str, value: str) -> None:
    assert meant(path, number(text, 1), code) == value


@pytest.mark.parametrize(
    ("code", "text"), [("00000", "-5"), ("00000", "0.5"), ("0", "5"), ("0.00", "5"), ("#,#00", "5")]
)
def test_what_is_no_code_stays_a_number(path: Path, code: str, text: str) -> None:
    assert meant(path, number(text, 1), code) == Decimal(text)


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("0.0%", "0.255", "25.5"),
        ("0%", "0.14", "14"),
        ("0.00%", "7.0000000000000007E-2", "7"),
        ("0.0\\ %", "0.255", "25.5"),
        ('0.0" %"', "25.5", "25.5"),
        ("0.0\\%", "25.5", "25.5"),
        ("General", "0.255", "0.255"),
    ],
)
def test_a_rate_is_read_as_it_is_shown(path: Path, code: str, text: str, value: str) -> None:
    assert meant(path, number(text, 1), code) == Decimal(value)


@pytest.mark.parametrize(
    "code",
    [
        '0 "kpl"',
        "[Red]-#,##0.00",
        '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-',
        "#,##0.00\\ _€",
        '#,##0.00 "päivää; yhteensä"',
        "[$€-40B] #,##0.00",
        "#,##0.00\\ [$EUR]",
        "0.00E+00",
        "# ?/?",
        "0,",
        "@",
        "GENERAL",
        'General" sek"',
        "[$-40B]General",
        ";;;",
        "",
    ],
)
@pytest.mark.parametrize("text", ["46296", "1234.5", "-3"])
def test_a_number_stays_one_in_every_format_of_numbers(path: Path, code: str, text: str) -> None:
    assert meant(path, number(text, 1), code) == Decimal(text)


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("0.00", "1.005", "1.01"),
        ("0.00", "-1.005", "-1.01"),
        ("#,##0.00\\ _€", "119.994999", "119.99"),
        ("0", "2.5", "3"),
        ("0.00", "-0.004", "0"),
        ("0.0%", "0.25549", "25.5"),
        ("0%", "0.255", "26"),
        ("General", "1.23456", "1.23456"),
        ("0.00E+00", "1.23456", "1.23456"),
        ("# ?/?", "1.23456", "1.23456"),
        ("0,", "1234.5", "1234.5"),
        ("@", "1.23456", "1.23456"),
        ("0." + 30 * "0", "123456789012345", "123456789012345"),
        ("0." + 90 * "0", "1.5", "1.5"),
    ],
)
def test_numbers_may_be_taken_as_shown(path: Path, code: str, text: str, value: str) -> None:
    assert meant(path, number(text, 1), code, numbers="shown") == Decimal(value)
    exact = Decimal(text) * (100 if "%" in code else 1)
    assert meant(path, number(text, 1), code) == exact


def test_a_cell_without_a_style_has_the_first_one(path: Path) -> None:
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="10"/></cellXfs></styleSheet>'
    assert meant(path, "<c><v>0.255</v></c>", parts={"xl/styles.xml": styles}) == Decimal("25.5")
    assert meant(path, '<c s="9"><v>0.255</v></c>', parts={"xl/styles.xml": styles}) == Decimal("0.255")


@pytest.mark.parametrize(
    ("number_of", "value"), [(9, Decimal(4629600)), (14, dt.date(2026, 10, 1)), (2, Decimal(46296))]
)
def test_the_formats_that_have_only_a_number_are_known(path: Path, number_of: int, value: Any) -> None:
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf/><xf numFmtId="{number_of}"/></cellXfs></styleSheet>'
    assert meant(path, number("46296", 1), parts={"xl/styles.xml": styles}) == value


def test_texts_stay_texts_whatever_they_look_like(path: Path) -> None:
    texts = ["00100", "1 234,50", "-1E5", "0.255", "12345678901234567890", "01.10.2026", " x ", "TRUE", "#N/A", "=1+1"]
    book = Workbook()
    book.active.append([f"h{index}" for index in range(len(texts))])
    for column, text in enumerate(texts, 1):
        book.active.cell(2, column).value = text
        book.active.cell(2, column).data_type = "s"
    book.save(path)
    assert list(values(path)[0].values()) == texts


def test_what_is_true_is_told_as_text(path: Path) -> None:
    saved(path, Laskut=[["A", "B", "C"], [True, False, "x"]])
    assert list(values(path)[0].values()) == ["TRUE", "FALSE", "x"]


# ---- dates ----


@pytest.mark.parametrize(
    "code",
    [
        DATE,
        "d.m.yyyy;@",
        "[$-40B]d. mmmm yyyy;@",
        "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
        "yyyy\\-mm\\-dd",
        "mmmm\\ yyyy",
        "mmmm",
        "yyyy",
        '"päivä" d.m.yy',
        '[=0]"";d.m.yyyy',
    ],
)
def test_a_day_is_a_date_in_every_format_of_dates(path: Path, code: str) -> None:
    assert meant(path, number("46296", 1), code) == dt.date(2026, 10, 1)
    assert meant(path, number("46296.75", 1), code) == dt.date(2026, 10, 1)


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("d.m.yyyy h:mm", "46296.75", dt.datetime(2026, 10, 1, 18)),
        ("d.m.yyyy h:mm", "46296", dt.date(2026, 10, 1)),
        ("d.m.yyyy h:mm", "46296.9999999", dt.date(2026, 10, 2)),
        ("h:mm", "0.5", "12:00:00"),
        ("h:mm AM/PM", "0.5", "12:00:00"),
        ("mm:ss", "0.0007", "0:01:00"),
        ("[h]:mm", "1.0625", "25:30:00"),
        ("[h]:mm:ss", "0.31250001", "7:30:00"),
        ("[mm]:ss", "0", "0:00:00"),
    ],
)
def test_times_keep_their_hours_and_durations_go_beyond_a_day(path: Path, code: str, text: str, value: Any) -> None:
    assert meant(path, number(text, 1), code) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", dt.date(1900, 1, 1)),
        ("59", dt.date(1900, 2, 28)),
        ("61", dt.date(1900, 3, 1)),
        ("45351", dt.date(2024, 2, 29)),
        ("2958465", dt.date(9999, 12, 31)),
    ],
)
def test_days_are_counted_as_excel_counts_them(path: Path, text: str, value: dt.date) -> None:
    assert meant(path, number(text, 1), DATE) == value


@pytest.mark.parametrize("text", ["0", "0.5", "60", "-1", "2958466", "1E300"])
def test_a_number_that_is_no_day_is_not_trusted_as_one(path: Path, text: str) -> None:
    assert reason(path, number(text, 1), DATE) == (text, "has the format of a date, and is none")


def test_the_last_moment_of_the_calendar_is_not_passed(path: Path) -> None:
    assert reason(path, number("2958465.9999999", 1), "d.m.yyyy h:mm")[1] == "has the format of a date, and is none"


def test_days_may_be_counted_from_1904(path: Path) -> None:
    for flag in ("1", "true"):
        counted = {"workbook": f'<workbookPr date1904="{flag}"/>'}
        assert meant(path, number("44834", 1), DATE, **counted) == dt.date(2026, 10, 1)
        assert meant(path, number("0", 1), DATE, **counted) == dt.date(1904, 1, 1)
        assert meant(path, number("60", 1), DATE, **counted) == dt.date(1904, 3, 1)
        assert meant(path, number("2957003", 1), DATE, **counted) == dt.date(9999, 12, 31)
        assert reason(path, number("2957004", 1), DATE, **counted)[1] == "has the format of a date, and is none"
    assert meant(path, number("46296", 1), DATE, workbook='<workbookPr date1904="0"/>') == dt.date(2026, 10, 1)


def test_a_real_workbook_that_counts_from_1904_is_read() -> None:
    found = values(DATA / "xlsx_date1904.xlsx", header_row="none")
    assert [row["#1"] for row in found] == [dt.date(2021, 1, 1), dt.date(2021, 1, 2), "255:10:10"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-10-01", dt.date(2026, 10, 1)),
        ("2026-10-01T00:00:00", dt.date(2026, 10, 1)),
        ("2026-10-01T18:00:00.000Z", dt.datetime(2026, 10, 1, 18)),
    ],
)
def test_a_strict_workbook_has_its_dates_as_text(path: Path, text: str, value: Any) -> None:
    assert meant(path, f'<c t="d"><v>{text}</v></c>') == value


def test_a_strict_date_that_is_none_is_not_trusted(path: Path) -> None:
    assert reason(path, '<c t="d"><v>1.10.2026</v></c>') == ("1.10.2026", "is said to be a date, and is none")


# ---- formulas and errors ----


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!", "#SPILL!"])
@pytest.mark.parametrize("formula", ["", "<f>B2</f>"])
def test_an_error_is_not_trusted(path: Path, error: str, formula: str) -> None:
    assert reason(path, f'<c t="e">{formula}<v>{error}</v></c>') == (
        error,
        f"shows the error {error}: correct its formula",
    )


def test_an_error_without_a_word_is_one_all_the_same(path: Path) -> None:
    assert reason(path, '<c t="e"><v></v></c>') == ("#", "shows the error #: correct its formula")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("<c><f>B2*2</f><v></v></c>", "=B2*2"),
        ("<c><f>B2*2</f><v/></c>", "=B2*2"),
        ("<c><f>B2*2</f></c>", "=B2*2"),
        ('<c t="str"><f>B2&amp;"x"</f></c>', '=B2&"x"'),
        ('<c t="e"><f>B2</f></c>', "=B2"),
        ('<c t="s"><f>B2</f><v> </v></c>', "=B2"),
        ('<c><f t="shared" si="0"/></c>', "="),
        ('<c><f t="array" ref="A2">SUM(B2)</f></c>', "=SUM(B2)"),
    ],
)
def test_a_formula_that_was_never_calculated_is_not_trusted(path: Path, cell: str, shown: str) -> None:
    why = "has a formula that was never calculated: open the workbook in Excel or LibreOffice and save it"
    assert reason(path, cell) == (shown, why)


def test_formulas_as_openpyxl_saves_them_are_not_trusted(path: Path) -> None:
    saved(path, Laskut=[["A", "B"], ["=B2*2", 1], ["=B3", "=A3"]])
    first, second = records(path)
    assert isinstance(first.values["A"], Unreadable)
    assert (first.values["A"].text, first.values["B"]) == ("=B2*2", 1)
    assert all(isinstance(value, Unreadable) for value in second.values.values())


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c t="str"><f>IF(B2,"x","")</f><v></v></c>', ""),
        ('<c t="str"><f>IF(B2,"x","")</f><v/></c>', ""),
        ('<c t="str"><f>B2</f><v>teksti &amp; x</v></c>', "teksti & x"),
        ("<c><f>B2</f><v>12.50</v></c>", Decimal("12.5")),
        ("<c><f>B2</f><v>0</v></c>", Decimal(0)),
        ('<c t="b"><f>B2=1</f><v>1</v></c>', "TRUE"),
        ('<c><f t="shared" si="0"/><v>5</v></c>', Decimal(5)),
    ],
)
def test_the_result_of_a_formula_is_its_value_also_when_it_is_an_empty_text(path: Path, cell: str, value: Any) -> None:
    assert meant(path, cell + number("1")) == value


def test_a_zero_that_stands_in_until_the_workbook_is_calculated_is_not_trusted(path: Path) -> None:
    asked = {"workbook": '<calcPr calcId="124519" fullCalcOnLoad="1"/>'}
    shown, why = reason(path, "<c><f>B2*2</f><v>0</v></c>", **asked)
    assert (shown, why.rpartition(": ")[2]) == ("=B2*2", "open the workbook in Excel or LibreOffice and save it")
    assert meant(path, "<c><f>B2*2</f><v>4</v></c>", **asked) == Decimal(4)
    assert meant(path, "<c><v>0</v></c>", **asked) == Decimal(0)
    assert meant(path, "<c><v>0</v><extLst/></c>", **asked) == Decimal(0)


def test_a_kind_of_cell_that_nobody_knows_is_not_trusted(path: Path) -> None:
    assert reason(path, '<c t="money"><v>5</v></c>') == ("5", 'is of the unknown kind "money"')


# ---- shared strings ----


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("<si><t>Työ</t></si>", "Työ"),
        ('<si><t xml:space="preserve">  a  b </t></si>', "  a  b "),
        ("<si><r><rPr><b/><sz val='11'/></rPr><t>Ty</t></r><r><t>ö</t></r></si>", "Työ"),
        ("<si><r><t/></r><r><t />\n</r><r><t>x</t></r></si>", "x"),
        ('<si><t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh><phoneticPr fontId="1"/></si>', "課"),
        ("<si><t>a &amp; b &lt;c&gt; &quot;&apos;</t></si>", "a & b <c> \"'"),
        ("<si><t>&#8364;&#x20AC;&#x1F600;</t></si>", "€€😀"),
        ("<si><t>&amp;amp; &amp;#65;</t></si>", "&amp; &#65;"),
        ("<si><t>a_x000D_\nb</t></si>", "a\r\nb"),
        ("<si><t>_x005F_x000D_</t></si>", "_x000D_"),
        ("<si><t>_xD83D__xDE00_</t></si>", "😀"),
        ("<si><t>_x12_ _xyz_</t></si>", "_x12_ _xyz_"),
        ("<si><t>a\r\nb\rc</t></si>", "a\nb\nc"),
        ("<si><t><![CDATA[a & <b> &amp;]]></t></si>", "a & <b> &amp;"),
        ("<si><t><![CDATA[</t></si><si><t>]]></t></si>", "</t></si><si><t>"),
        ("<si><!-- <t>no</t> --><t>yes</t></si>", "yes"),
        ("<si><t>&#xD800;</t></si>", "\ufffd"),
        ("<si\n><t\n>x</t\n></si\n>", "x"),
    ],
)
def test_a_shared_text_is_read_in_every_spelling(path: Path, item: str, text: str) -> None:
    cell = '<c t="s"><v>1</v></c><c t="s"><v>2</v></c>'
    raw(path, f"{HEADER}<row>{cell}</row>", strings=f"<si><t>before</t></si>{item}<si><t>after</t></si>")
    assert list(values(path)[0].values()) == [text, "after"]


@pytest.mark.parametrize(
    "empty", ["<si/>", "<si />", "<si></si>", "<si><t/></si>", "<si><t /></si>", "<si>\n<t></t> </si>"]
)
def test_an_empty_shared_text_counts_and_is_empty(path: Path, empty: str) -> None:
    cell = '<c t="s"><v>0</v></c><c t="s"><v>1</v></c>'
    raw(path, f"{HEADER}<row>{cell}</row>", strings=f"{empty}<si><t>x</t></si>")
    assert list(values(path)[0].values()) == ["", "x"]


@pytest.mark.parametrize("index", ["1", "-1", "x", "²", "99999999999999999999"])
def test_a_shared_text_that_is_not_there_is_not_trusted(path: Path, index: str) -> None:
    cell = f'<c t="s"><v>{index}</v></c>'
    assert reason(path, cell, strings="<si><t>x</t></si>") == ("?", "points to a text that the workbook does not have")
    assert reason(path, cell)[1] == "points to a text that the workbook does not have"


def test_shared_texts_may_have_a_prefix_and_come_in_many_pieces(path: Path) -> None:
    items = "".join(f"<x:si><x:t>{'ä' * 997}{index}</x:t></x:si>" for index in range(900))
    part = f'<x:sst xmlns:x="{MAIN}" count="900">{items}</x:sst>'
    sheet = HEADER + "".join(f'<row><c t="s"><v>{index}</v></c></row>' for index in range(900))
    raw(path, sheet, strings="", parts={"xl/sharedStrings.xml": part})
    assert [row["A"] for row in values(path)] == [f"{'ä' * 997}{index}" for index in range(900)]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (f'<sst xmlns="{MAIN}"><si><t>x</t></si></sst>'.encode("utf-16"), "not written in UTF-8"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><sst><si><t>\xe4</t></si></sst>', "not written in UTF-8"),
        (b"<sst><si><t>\xe4</t></si></sst>", "can't decode byte 0xe4"),
        ('<!DOCTYPE sst [<!ENTITY a "b">]><sst><si><t>&a;</t></si></sst>', "document type"),
        ("<sst><si><t>" + "x" * (9 << 20), "a text has no end"),
        (" " * (9 << 20), "they have no beginning"),
    ],
    ids=["utf-16", "declared", "not-declared", "doctype", "endless", "blank"],
)
def test_shared_texts_that_cannot_be_read_are_refused(path: Path, part: bytes | str, why: str) -> None:
    raw(path, f'{HEADER}<row><c t="s"><v>0</v></c></row>', strings="", parts={"xl/sharedStrings.xml": part})
    with pytest.raises(SourceError, match=rf"^laskut\.xlsx: its shared texts are damaged: .*{why}"):
        records(path)


# ---- the XML of sheets ----

PLAIN = '<row r="2"><c r="A2" s="1"><v>5</v></c><c r="B2" t="inlineStr"><is><t>x</t></is></c></row>'
SAME = [
    PLAIN.replace('"', "'"),
    '<row><c s="1"><v>5</v></c><c t="inlineStr"><is><t>x</t></is></c></row>',
    PLAIN.replace('r="A2" s="1"', 's="1" r="A2"'),
    PLAIN.replace("<c ", '<c cm="1" vm="2" ph="1" '),
    PLAIN.replace("<c ", "<c\n"),
    PLAIN.replace("<c ", "<c\t", 1),
    PLAIN.replace('r="B2"', 'r = "B2"'),
    PLAIN.replace('r="A2"', 'r="a2"').replace("</c>", "</c >").replace("<v>", "<v >").replace("</v>", "</v\n>"),
    PLAIN.replace("><", ">\n  <"),
    PLAIN.replace("><", "><!-- </row><c r='B2'><v>9</v></c> --><"),
    "<!-- <row/> --><?php <row/> ?>" + PLAIN + "<!---->",
    PLAIN.replace("<row ", '<row odd="a > b" spans="1:2" '),
    PLAIN.replace("<c ", "<c odd='a > b' "),
    PLAIN.replace("<v>5</v>", "<v><![CDATA[5]]></v>"),
    PLAIN.replace("<t>x</t>", "<t><![CDATA[x]]></t>"),
    PLAIN.replace("<t>x</t>", '<r><rPr/><t>x</t></r><rPh sb="0" eb="1"><t>y</t></rPh>'),
    PLAIN.replace("<t>x</t>", '<t xml:space="preserve">&#120;</t>'),
    PLAIN.replace("</row>", "<c/><c /><c r='E2'/></row><row/><row /><row r='9'/><row r='12'></row>"),
    '<row><c s="1"><v>5</v></c><c t="str"><v>x</v></c></row>',
    "<row><c><v>5</v></c><c t='str'><f>A1</f><v>x</v></c></row>",
    PLAIN.replace("</c>", "<extLst><ext uri='x'><c1/></ext></extLst></c>"),
    PLAIN.replace('s="1"', 's="1" t="n"'),
]


@pytest.mark.parametrize("written", SAME)
def test_a_row_reads_the_same_in_every_spelling(path: Path, written: str) -> None:
    raw(path, HEADER + written, formats=["0"])
    (record,) = records(path)
    assert (record.values, record.at, record.where) == ({"A": Decimal(5), "B": "x"}, 2, "Sheet1!2")
    assert (record.place("A"), record.place("B")) == ("Sheet1!A2", "Sheet1!B2")


@pytest.mark.parametrize("blank", ["<c/>", "<c />", '<c s="1"/>', "<c></c>", "<c\n/>", '<c t="s"/>', '<c r="A2"/>'])
def test_an_empty_cell_without_a_reference_takes_its_place(path: Path, blank: str) -> None:
    raw(path, f"{HEADER}<row>{blank}<c><v>7</v></c></row>", formats=["0"])
    assert values(path) == [{"A": "", "B": Decimal(7)}]


@pytest.mark.parametrize(
    "blank", ["<row/>", "<row />", "<row></row>", "<row\n/>", '<row spans="1:2"/>', "<row><c/></row>"]
)
def test_an_empty_row_without_a_number_takes_its_place(path: Path, blank: str) -> None:
    raw(path, f"{HEADER}{blank}<row><c><v>7</v></c></row>")
    assert [record.where for record in records(path)] == ["Sheet1!3"]


def test_cells_and_rows_without_a_reference_follow_those_with_one(path: Path) -> None:
    raw(path, f'{HEADER}<row r="5"><c r="B5"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>')
    assert [(record.where, record.values["A"], record.values["B"]) for record in records(path)] == [
        ("Sheet1!5", "", 1),
        ("Sheet1!6", 3, ""),
    ]


def test_a_sheet_may_have_a_prefix_a_mark_and_much_around_its_rows(path: Path) -> None:
    written = HEADER + PLAIN + "<row><c/><c><v>7</v></c></row>"
    for tag in ("row", "c", "v", "is", "t"):
        for mark in (" ", ">", "/>"):
            written = written.replace(f"<{tag}{mark}", f"<x:{tag}{mark}").replace(f"</{tag}>", f"</x:{tag}>")
    sheet = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><!-- <sheetData/> -->\n<x:worksheet xmlns:x="{MAIN}">'
        f'<x:sheetPr/><x:dimension ref="A1"/>\n<x:sheetData >\n{written}\n</x:sheetData >'
        "<x:autoFilter ref='A1:B2'/><!-- <row> --></x:worksheet>"
    )
    raw(path, sheet, formats=["0"])
    assert values(path) == [{"A": Decimal(5), "B": "x"}, {"A": "", "B": Decimal(7)}]


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        (f"{HEADER}<row><c><v>1</v></row>", "is damaged below row 1 .a cell has no end"),
        (f"{HEADER}<row><c><v>1</v><c><v>2</v></c></row>", "is damaged below row 1 .a cell has no end"),
        (f'{HEADER}<row r="5"><c><v>1</v></c></row><row r="5"><c><v>1</v></c></row>', "row 5 comes after row 5"),
        (f'{HEADER}<row r="5"><c><v>1</v></c></row><row r="4"><c><v>1</v></c></row>', "row 4 comes after row 5"),
        (f"{HEADER}<row><c><v>1</v></c>", "there is something other than rows|it ends in the middle"),
        (f"{HEADER}<col/>", "something other than rows"),
        (f'<!DOCTYPE worksheet><worksheet xmlns="{MAIN}"><sheetData>{HEADER}</sheetData></worksheet>', "document type"),
        ('<?xml version="1.0"?><chartsheet/>', "it is no worksheet"),
    ],
)
def test_a_sheet_that_is_damaged_is_refused(path: Path, sheet: str, why: str) -> None:
    sheet = sheet if not sheet.startswith("<!") else '<?xml version="1.0"?>' + sheet
    raw(path, sheet)
    with pytest.raises(SourceError, match=why):
        records(path, sheet="1")


@pytest.mark.parametrize(
    ("encoding", "why"),
    [
        ("utf-16", "it is not written in UTF-8"),
        ("iso-8859-1", "it is not written in UTF-8"),
        ("", "can't decode byte 0xe4"),
    ],
)
def test_a_sheet_in_another_encoding_is_refused(path: Path, encoding: str, why: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding else '<?xml version="1.0"?>'
    row = '<row r="2"><c t="str"><v>ä</v></c></row>'
    text = f'{declared}<worksheet xmlns="{MAIN}"><sheetData>{HEADER}{row}</sheetData></worksheet>'
    raw(path, HEADER, parts={"xl/worksheets/sheet1.xml": text.encode(encoding or "iso-8859-1")})
    with pytest.raises(SourceError, match=why):
        records(path)


def test_reading_twice_gives_the_same(path: Path) -> None:
    saved(path, Laskut=[["A", "B"], [1, "x"], [dt.date(2026, 10, 1), None]])
    assert records(path) == records(path)
    assert ADAPTER.detect(path) == "generic"


def test_a_list_of_more_contents_than_are_remembered_is_read_to_its_end(path: Path) -> None:
    lines = [
        "".join(f'<c r="{letter}{row}"><v>{row}.{place + 1}</v></c>' for place, letter in enumerate("ABCD"))
        for row in range(2, 8_002)
    ]
    header = "".join(f'<c r="{letter}1" t="inlineStr"><is><t>{letter}</t></is></c>' for letter in "ABCD")
    raw(path, "".join(f'<row r="{row}">{cells}</row>' for row, cells in enumerate([header, *lines], 1)))
    found = values(path)
    assert found == [
        {letter: Decimal(f"{row}.{place + 1}") for place, letter in enumerate("ABCD")} for row in range(2, 8_002)
    ]


def test_rows_of_nothing_but_zeros_are_rows_and_rows_of_nothing_are_none(path: Path) -> None:
    cells = ['<c r="A1" t="inlineStr"><is><t>Nro</t></is></c><c r="B1" t="inlineStr"><is><t>Netto</t></is></c>']
    cells += [
        f'<c r="A{row}"/><c r="B{row}"><v>0</v></c>' if row % 3 else f'<c r="A{row}"/><c r="B{row}"/>'
        for row in range(2, 60)
    ]
    raw(path, "".join(f'<row r="{row}">{inner}</row>' for row, inner in enumerate(cells, 1)))
    found = records(path, header_row=1)
    assert [record.at for record in found] == [row for row in range(2, 60) if row % 3]
    assert all(dict(record.values) == {"Nro": "", "Netto": Decimal(0)} for record in found)
