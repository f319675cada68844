"""The delimited-text adapter: what it reads, what it refuses, and what it writes back."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from confirma_connector import NoWriteBack, Result, Source, SourceError
from confirma_connector.records import ResultHeaders

DATA = Path(__file__).parent / "data"
RESULTS = "confirma_state;confirma_message;confirma_updated;confirma_case_id"


class Bench:
    """One adapter and one folder: sources are made from bytes, results are written beside them."""

    def __init__(self, adapter: ModuleType, folder: Path) -> None:
        self.adapter, self.folder = adapter, folder

    def source(self, content: bytes | str, **declared: Any) -> Source:
        path = self.folder / "laskut.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        options = self.adapter.options()(**declared) if declared else None
        return Source((path,), options, declared.pop("headers", ResultHeaders()))

    def read(self, content: bytes | str, **declared: Any) -> list[Any]:
        return list(self.adapter.read(self.source(content, **declared)))

    def values(self, content: bytes | str, **declared: Any) -> list[dict[str, str]]:
        return [dict(record.values) for record in self.read(content, **declared)]

    def written(self, content: bytes | str, *results: Result, **declared: Any) -> bytes:
        target = self.folder / "target.tmp"
        assert self.adapter.write_results(self.source(content, **declared), results, target) is True
        return target.read_bytes()


@pytest.fixture
def bench(adapter: ModuleType, tmp_path: Path) -> Bench:
    return Bench(adapter, tmp_path)


def sent(at: Any, message: str = "", number: str = "1") -> Result:
    return Result(at, number, "sent", message, "2026-11-23", "c-1")


# ---- reading ----


def test_values_are_kept_as_spelled(bench: Bench) -> None:
    (record,) = bench.read("Numero; Nimi ;Summa\n00100;  Meikäläinen ;1 234,50\n")
    assert record.values == {"Numero": "00100", "Nimi": "  Meikäläinen ", "Summa": "1 234,50"}
    assert (record.at, record.where, record.part, record.problems) == (1, "line 2", "whole", ())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", list(";\t,|"))
def test_every_usual_delimiter_and_line_end_is_found(bench: Bench, mark: str, end: str) -> None:
    text = end.join(mark.join(cells) for cells in (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]))
    assert bench.values(text) == [{"a": "1", "b": "2", "c": "3"}, {"a": "4", "b": "5", "c": "6"}]


def test_line_ends_may_be_mixed(bench: Bench) -> None:
    assert [record.where for record in bench.read("a;b\r\n1;2\r3;4\n\n5;6")] == ["line 2", "line 3", "line 5"]


def test_decimal_commas_do_not_make_the_comma_a_delimiter(bench: Bench) -> None:
    assert bench.values("Nimi;Summa\nA;1,50\nB;2,50\n") == [
        {"Nimi": "A", "Summa": "1,50"},
        {"Nimi": "B", "Summa": "2,50"},
    ]


def test_two_delimiters_that_both_fit_are_refused_with_both_names(bench: Bench) -> None:
    with pytest.raises(SourceError, match=r"laskut\.csv.*semicolon and comma.*source: \{delimiter: semicolon\}"):
        bench.read("Nimi;Summa, EUR\nA;1,50\nB;2,50\n")
    assert bench.values("Nimi;Summa, EUR\nA;1,50\n", delimiter="semicolon") == [{"Nimi": "A", "Summa, EUR": "1,50"}]


def test_a_few_note_lines_do_not_hide_the_delimiter(bench: Bench) -> None:
    records = bench.read("a\tb\n1\t2\n3\t4\nHuom, tämä on muistio\n5\t6\n")
    assert [record.problems for record in records] == [(), (), ("has 1 field where the header has 2",), ()]


def test_a_file_of_one_column_is_fine(bench: Bench) -> None:
    assert bench.values("Numero\n1\n2,5\n") == [{"Numero": "1"}, {"Numero": "2,5"}]


def test_a_quote_opens_a_field_only_at_its_start(bench: Bench) -> None:
    (values,) = bench.values('Tuote;Koko 5"\nPutki 5";"a ""b""; c"\n')
    assert values == {"Tuote": 'Putki 5"', 'Koko 5"': 'a "b"; c'}


def test_line_breaks_within_quotes_belong_to_the_record(bench: Bench) -> None:
    first, second = bench.read('a;b\n"x\r\n\ny";1\n2;"3\n"\n')
    assert (first.values, first.at, first.where) == ({"a": "x\r\n\ny", "b": "1"}, 1, "line 2")
    assert (second.values, second.at, second.where) == ({"a": "2", "b": "3\n"}, 2, "line 5")


def test_text_after_a_closing_quote_is_a_problem_of_the_record_but_spaces_are_not(bench: Bench) -> None:
    first, second = bench.read('a;b\n"x" y;1\n"x"  ;2\n')
    assert first.problems == ("has text after the closing quote of field 1",)
    assert first.values == {"a": '"x" y', "b": "1"}
    assert (second.values, second.problems) == ({"a": "x", "b": "2"}, ())


def test_a_file_may_declare_that_it_has_no_quoting(bench: Bench) -> None:
    assert bench.values('a;b\n"x;y"\n', quote="none") == [{"a": '"x', "b": 'y"'}]


def test_another_quote_may_be_declared(bench: Bench) -> None:
    assert bench.values("a;b\n'x;''y';\"\n", quote="'") == [{"a": "x;'y", "b": '"'}]


def test_ragged_records_keep_their_values_and_tell_the_counts(bench: Bench) -> None:
    short, long = bench.read("a;b;c\n1;2\n1;2;3;4;\n", delimiter=";")
    assert (short.values, short.problems) == ({"a": "1", "b": "2", "c": ""}, ("has 2 fields where the header has 3",))
    assert long.values == {"a": "1", "b": "2", "c": "3", "#4": "4", "#5": ""}
    assert long.problems == ("has 5 fields where the header has 3",)


def test_empty_fields_too_many_at_the_end_are_no_problem(bench: Bench) -> None:
    (record,) = bench.read("a;b\n1;2;\n")
    assert (record.values, record.problems) == ({"a": "1", "b": "2"}, ())


def test_blank_lines_give_no_record_but_count_as_places(bench: Bench) -> None:
    records = bench.read("\n  \na\tb\n\n\t\n1\t2\n")
    assert [(r.at, r.where, dict(r.values)) for r in records] == [
        (4, "line 5", {"a": "", "b": ""}),
        (5, "line 6", {"a": "1", "b": "2"}),
    ]


def test_repeated_and_blank_headers_are_named_by_their_column(bench: Bench) -> None:
    assert list(bench.values("Nimi;x;Nimi;;y\n1;2;3;4;5\n")[0]) == ["#1 Nimi", "x", "#3 Nimi", "#4", "y"]


def test_no_two_columns_ever_get_the_same_name(bench: Bench) -> None:
    assert list(bench.values("#3 A;x;A;A;#6;\n1;2;3;4;5;6\n")[0].values()) == list("123456")


def test_the_header_may_be_declared_below_a_preamble(bench: Bench) -> None:
    text = 'Raportti;"2026\n\nNro;Summa\n1;2\n'
    for declared in ({"header_row": "3"}, {"skip_rows": "1"}, {"skip_rows": "2"}):
        (record,) = bench.read(text, **declared)
        assert (record.values, record.at, record.where) == ({"Nro": "1", "Summa": "2"}, 3, "line 4")


def test_without_a_header_the_columns_are_numbers(bench: Bench) -> None:
    records = bench.read("A;1;2\nL;3\n", header_row="none")
    assert [dict(r.values) for r in records] == [{"#1": "A", "#2": "1", "#3": "2"}, {"#1": "L", "#2": "3"}]
    assert bench.values("x\nA;1\n", header_row="none", skip_rows="1") == [{"#1": "A", "#2": "1"}]


def test_a_sep_line_names_the_delimiter(bench: Bench) -> None:
    (record,) = bench.read("\ufeffsep=|\r\na|b;c\r\n1|2;3\r\n")
    assert (record.values, record.at) == ({"a": "1", "b;c": "2;3"}, 2)
    assert bench.values("sep=;\na;b\n1;2\n", header_row="2") == [{"a": "1", "b": "2"}]


def test_a_header_only_file_has_no_records(bench: Bench) -> None:
    assert bench.read("a;b") == []


def test_reading_twice_gives_the_same_records(bench: Bench) -> None:
    source = bench.source('a;b\n"1\n";2\n3;4')
    assert list(bench.adapter.read(source)) == list(bench.adapter.read(source))


# ---- encodings ----


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("Nimi;ä\nÖ;1\n".encode(), "Ö"),
        ("Nimi;ä\nÖ;1\n".encode("utf-8-sig"), "Ö"),
        ("Nimi;ä\nÖ;1\n".encode("utf-16"), "Ö"),
        (codecs.BOM_UTF16_BE + "Nimi;ä\nÖ;1\n".encode("utf-16-be"), "Ö"),
        ("Nimi;ä\n10 €;1\n".encode("cp1252"), "10 €"),
        ("Nimi;ä\n10 €;1\n".encode("iso8859-15"), "10 €"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(bench: Bench, content: bytes, name: str) -> None:
    assert bench.values(content) == [{"Nimi": name, "ä": "1"}]


def test_a_bad_byte_in_a_utf8_file_is_named_with_its_line(bench: Bench) -> None:
    with pytest.raises(SourceError, match=r"laskut\.csv, line 3: byte 0xE4 .*UTF-8"):
        bench.read("Nimi;b\r\nä;1\r\n".encode() + b"\xe4;2\r\n" + "ö;3\r\n".encode())


def test_a_bad_byte_far_down_is_named_with_its_line(bench: Bench) -> None:
    with pytest.raises(SourceError, match="line 200002: byte 0xFF"):
        bench.read("Nimi;ä\n".encode() + b"abcdefghij;2\n" * 200_000 + b"\xff;2\n")


def test_a_declared_encoding_must_fit_every_byte(bench: Bench) -> None:
    with pytest.raises(SourceError, match=r"laskut\.csv, line 2: byte 0xE4 is not utf-8"):
        bench.read(b"a;b\n\xe4;1\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 3: byte 0x81 is not cp1252"):
        bench.read(b"a;b\n\x80;1\n\x81;\n")


def test_a_declared_encoding_must_agree_with_the_byte_order_mark(bench: Bench) -> None:
    with pytest.raises(SourceError, match="declared as cp1252, but its byte order mark says utf-8"):
        bench.read(codecs.BOM_UTF8 + b"a;b\n", encoding="cp1252")
    assert bench.values("a;b\n1;2\n".encode("utf-16"), encoding="UTF-16") == [{"a": "1", "b": "2"}]
    assert bench.values("a;b\n1;2\n".encode("utf-16-le"), encoding="utf-16-le") == [{"a": "1", "b": "2"}]
    with pytest.raises(SourceError, match="has no byte order mark"):
        bench.read("a;b\n1;2\n".encode("utf-16-le"), encoding="utf-16")


@pytest.mark.parametrize("content", [b"a;b\n1;\x00\n", "a;b\nä;1\n".encode("utf-16-le"), b"a;\xe4\n\x001;\n"])
def test_nul_bytes_are_refused_with_their_line(bench: Bench, content: bytes) -> None:
    with pytest.raises(SourceError, match=r"line [12]: a NUL character"):
        bench.read(content)


# ---- refusals ----


@pytest.mark.parametrize("content", [b"", codecs.BOM_UTF8, b"\n \r\n", b"sep=;\n"])
def test_an_empty_file_is_refused(bench: Bench, content: bytes) -> None:
    with pytest.raises(SourceError, match=r"laskut\.csv is empty"):
        bench.read(content)


def test_a_header_that_is_not_where_it_is_declared_is_refused(bench: Bench) -> None:
    with pytest.raises(SourceError, match="line 2: the header was expected here, but the line is blank"):
        bench.read("a;b\n\n1;2\n", header_row="2")
    with pytest.raises(SourceError, match="has 1 lines, but its header is declared on line 5"):
        bench.read("a;b\n", header_row="5")
    with pytest.raises(SourceError, match=r"line 1: .*names the delimiter"):
        bench.read("sep=;\na;b\n", header_row="1")


def test_an_unclosed_quote_is_named_by_the_line_where_it_was_opened(bench: Bench) -> None:
    with pytest.raises(
        SourceError, match=r"laskut\.csv, line 3: the quote \" opened here is not closed before the end"
    ):
        bench.read('a;b\n1;2\n"x\ny";"3\n4;5\n'.replace('"x\ny"', "x"))
    with pytest.raises(SourceError, match=r"line 3: the quote"):
        bench.read('a;b\n"1\n";"2\n3;4\n')


def test_a_record_is_bounded(bench: Bench) -> None:
    with pytest.raises(SourceError, match=r"line 2: the quote .* not closed: its record has more than 10,000 lines"):
        bench.read('a;b\n"x' + "\n" * 20_000 + '";1\n')
    with pytest.raises(SourceError, match=r"line 2: the quote .* more than 1,000,000 characters in one line or record"):
        bench.read('a;b\n"x' + ("y" * 600_000 + "\n") * 2 + '";1\n')


def test_a_line_without_end_is_refused(bench: Bench) -> None:
    with pytest.raises(
        SourceError, match=r"line 2: has more than 1,000,000 characters in one line or record; if .* raise line_length"
    ):
        bench.read(b"a;b\n" + b"x" * 9_500_000 + "€".encode())


def test_a_line_of_exactly_the_longest_length_is_read(bench: Bench) -> None:
    (record,) = bench.read(b"a;b\r\n1;" + b"x" * 999_998 + b"\r\n")
    assert len(str(record.values["b"])) == 999_998


def test_too_many_fields_are_refused(bench: Bench) -> None:
    with pytest.raises(SourceError, match="line 1: has 16,385 columns, more than the 16,384"):
        bench.read(";" * 16_384 + "\n")


# ---- options ----


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"encoding": "utf-9"}, '"utf-9" is no encoding of text files'),
        ({"encoding": "rot13"}, '"rot13" is no encoding of text files'),
        ({"encoding": "utf-16"}, None),
        ({"delimiter": "semicolon"}, None),
        ({"delimiter": "TAB"}, None),
        ({"delimiter": "\t"}, None),
        ({"delimiter": "^"}, None),
        ({"delimiter": "\\t"}, "is no delimiter; expected one character, or tab"),
        ({"delimiter": "x"}, "is no delimiter"),
        ({"delimiter": ""}, "is no delimiter"),
        ({"delimiter": "\n"}, "is no delimiter"),
        ({"quote": "none"}, None),
        ({"quote": '""'}, "is no quote; expected one character, or none"),
        ({"quote": ";", "delimiter": "semicolon"}, "cannot be both"),
        ({"header_row": "1"}, None),
        ({"header_row": "none", "skip_rows": "2"}, None),
        ({"header_row": "0"}, '"0" is no header_row; expected a whole number from 1, or none'),
        ({"header_row": "1.5"}, '"1.5" is no header_row'),
        ({"skip_rows": "-1"}, '"-1" is no skip_rows; expected a whole number from 0'),
        ({"header_row": "2", "skip_rows": "1"}, "declare one of them"),
        ({"sheet": "Laskut"}, "sheet"),
    ],
)
def test_options_come_as_text_and_are_refused_in_sentences(
    adapter: ModuleType, declared: Any, told: str | None
) -> None:
    model = adapter.options()
    if told is None:
        assert model(**declared) == model(**declared)
    else:
        with pytest.raises(ValidationError) as caught:
            model(**declared)
        assert told in str(caught.value)


def test_options_are_frozen(adapter: ModuleType) -> None:
    with pytest.raises(ValidationError):
        adapter.options()().delimiter = ";"


def test_a_delimiter_that_is_also_the_quote_is_refused(bench: Bench) -> None:
    with pytest.raises(SourceError, match="cannot be both the delimiter and the quote"):
        bench.read("sep=|\na|b\n", quote="|")
    with pytest.raises(SourceError, match="has no character '¦'"):
        bench.read("a;b\n", delimiter="¦", encoding="ascii")


# ---- detection ----


@pytest.mark.parametrize(
    ("name", "head", "match"),
    [
        ("laskut.csv", b"Numero\n1\n", "generic"),
        ("LASKUT.SKV", b"a;b\n", "generic"),
        ("laskut.tab", "a\tb\n".encode("utf-16"), "generic"),
        ("laskut", b"a;b\n1;2\n3;4\n", "generic"),
        ("laskut.dat", b"a;b\n" + b"1;2\n" * 20_000, "generic"),
        ("laskut.dat", b"", "no"),
        ("laskut.csv", codecs.BOM_UTF8, "no"),
        ("laskut.dat", b"just a line\nand another\n", "no"),
        ("laskut.csv", b"PK\x03\x04rest", "no"),
        ("laskut.csv", b"\xd0\xcf\x11\xe0\xa1\xb1", "no"),
        ("laskut.csv", b"%PDF-1.7", "no"),
        ("laskut.csv", codecs.BOM_UTF8 + b"<?xml version='1.0'?>", "no"),
        ("laskut.csv", "<?xml version='1.0'?>".encode("utf-16"), "no"),
        ("laskut.txt", b'{"a": 1}', "no"),
        ("laskut.txt", b'\n [{"a": 1}]', "no"),
        ("laskut.csv", b"a;b\n\x01\x00", "no"),
    ],
)
def test_detection_is_generic_or_no(adapter: ModuleType, name: str, head: bytes, match: str) -> None:
    assert adapter.detect(Path(name), head[: 1 << 16]) == match


# ---- writing back ----


def test_results_stand_behind_each_record(bench: Bench) -> None:
    written = bench.written('\ufeffsep=;\r\nNro;Nimi\r\n\r\n1;Ä\r\n2;"B\r\n"\n3;C', sent(3, "ok"), sent(5)).decode()
    assert written == (
        f"\ufeffsep=;\r\nNro;Nimi;{RESULTS}\r\n\r\n1;Ä;sent;ok;2026-11-23;c-1\r\n"
        '2;"B\r\n";;;;\n3;C;sent;;2026-11-23;c-1'
    )


def test_a_preamble_and_note_lines_are_untouched(bench: Bench) -> None:
    written = bench.written('Lista;"x\nNro;b;c\n1;2;3\nYhteensä 1\n', sent(2), header_row="2").decode()
    assert written == f'Lista;"x\nNro;b;c;{RESULTS}\n1;2;3;sent;;2026-11-23;c-1\nYhteensä 1\n'


def test_a_short_record_gets_its_missing_delimiters_first(bench: Bench) -> None:
    written = bench.written("a;b;c\n1\n2\n3;4;5\n", sent(1), delimiter=";").decode()
    assert written.splitlines()[1:] == ["1;;;sent;;2026-11-23;c-1", "2", "3;4;5;;;;"]


@pytest.mark.parametrize("record", ["1;2;3", "1;2;3;4", "1;2;3;4;5", "1;2;3;4;5;6;7;8", "1;2;;x"])
def test_a_record_longer_than_the_header_is_never_written_into(bench: Bench, record: str) -> None:
    content = f"a;b\n{record}\n5;6\n"
    once = bench.written(content, sent(1), sent(2), delimiter=";")
    assert once.decode() == f"a;b;{RESULTS}\n{record}\n5;6;sent;;2026-11-23;c-1\n"
    assert bench.written(once, sent(1), sent(2), delimiter=";") == once
    if record.count(";") < 6:
        assert bench.read(once, delimiter=";")[0].problems


@pytest.mark.parametrize("record", ["1;2;3;4;5;6", "1;2;3;;;;;"])
def test_a_long_record_that_would_pass_for_results_stops_the_writing(bench: Bench, record: str) -> None:
    with pytest.raises(NoWriteBack, match="line 2 has more fields than the header"):
        bench.written(f"a;b\n{record}\n5;6\n", sent(2), delimiter=";")
    assert not (bench.folder / "target.tmp").exists()


def test_one_delimiter_too_many_at_the_end_is_used_for_the_results(bench: Bench) -> None:
    written = bench.written("a;b\n1;2;\n3;4;\n5;6;;;\n", sent(1), delimiter=";").decode()
    assert written == f"a;b;{RESULTS}\n1;2;sent;;2026-11-23;c-1\n3;4;;;;\n5;6;;;;\n"


@pytest.mark.parametrize("record", ["1;2;;", "1;2;;;;;", '1;2;""', '1;2;"" '])
def test_results_that_find_no_place_before_empty_fields_stop_the_writing(bench: Bench, record: str) -> None:
    with pytest.raises(NoWriteBack, match="are empty and leave the results no place"):
        bench.written(f"a;b\n{record}\n", sent(1), delimiter=";")


def test_existing_result_columns_are_updated_in_place(bench: Bench) -> None:
    header = "a;confirma_updated;confirma_state;confirma_message;confirma_case_id;b"
    content = f'{header}\n1;x;"y;";z;"w";" 2"\n2;;;;;3\n4\n5;old;old;old;old;"6\n"\n'
    written = bench.written(content, sent(1, "hyvä"), sent(3), delimiter=";").decode()
    assert written == (
        f'{header}\n1;2026-11-23;sent;hyvä;c-1;" 2"\n2;;;;;3\n4;2026-11-23;sent;;c-1\n5;old;old;old;old;"6\n"\n'
    )


def test_result_columns_count_only_when_all_four_stand_together(bench: Bench) -> None:
    partial = "a;confirma_state;confirma_message;b;confirma_updated;confirma_case_id"
    written = bench.written(f"{partial}\n1;2;3;4;5;6\n", sent(1)).decode()
    assert written == f"{partial};{RESULTS}\n1;2;3;4;5;6;sent;;2026-11-23;c-1\n"
    lone = "a;confirma_case_id"
    once = bench.written(f"{lone}\n1;2\n", sent(1))
    assert once.decode() == f"{lone};{RESULTS}\n1;2;sent;;2026-11-23;c-1\n"
    assert bench.written(once, sent(1)) == once
    with pytest.raises(SourceError, match="stand twice, from columns 2 and 6"):
        bench.written(f"a;{RESULTS};{RESULTS}\n1\n", sent(1), delimiter=";")


def test_renamed_result_columns_are_used(bench: Bench, tmp_path: Path) -> None:
    source = bench.source("Nro,b\n1,2\n", delimiter=",", quote="none")
    source = Source(source.paths, source.options, ResultHeaders("Tila", "Viesti, ohje", "Muutettu", "Tunnus"))
    first, second = tmp_path / "1", tmp_path / "2"
    bench.adapter.write_results(source, [sent(1, "a, b")], first)
    assert first.read_text() == "Nro,b,Tila,Viesti  ohje,Muutettu,Tunnus\n1,2,sent,a  b,2026-11-23,c-1\n"
    bench.adapter.write_results(source.at(first), [sent(1, "a, b")], second)
    assert second.read_bytes() == first.read_bytes()


def test_our_own_columns_are_read_back_and_their_absence_at_the_end_is_no_problem(bench: Bench) -> None:
    first, second = bench.read(f'\ufeffsep=;\n"a";b;{RESULTS}\n1;2;sent;ok;d;c\n3;4\n')
    assert first.values["confirma_state"] == "sent"
    assert (second.values["confirma_state"], second.problems) == ("", ())


def test_messages_are_one_line_and_quoted_where_they_must_be(bench: Bench) -> None:
    written = bench.written("a;b\n1;2\n", sent(1, 'Rivi 1\r\nRivi "2"; x\x85\u2028\0y'))
    (values,) = csv.DictReader(io.StringIO(written.decode(), newline=""), delimiter=";")
    assert values["confirma_message"] == 'Rivi 1 Rivi "2"; x y'
    assert written.count(b"\n") == 2


def test_a_character_the_encoding_lacks_becomes_a_question_mark(bench: Bench) -> None:
    written = bench.written(b"a;\xe4\n1;2\n", sent(1, "ä – 😀 €"))
    assert written.decode("iso8859-15").splitlines()[1] == "1;2;sent;ä ? ? €;2026-11-23;c-1"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_stays_exact(bench: Bench, codec: str) -> None:
    bom = "\ufeff".encode(codec)
    written = bench.written(bom + "a\tb\r\nä\t😀".encode(codec), sent(1, "€"))
    headers = RESULTS.replace(";", "\t")
    assert written == bom + f"a\tb\t{headers}\r\nä\t😀\tsent\t€\t2026-11-23\tc-1".encode(codec)


def test_a_header_only_file_gets_the_result_headers(bench: Bench) -> None:
    assert bench.written('"a";b 5"') == f'"a";b 5";{RESULTS}'.encode()


def test_a_file_without_a_header_cannot_carry_results(bench: Bench) -> None:
    with pytest.raises(NoWriteBack, match=r"laskut\.csv has no header row"):
        bench.written("1;2\n", sent(0), header_row="none")


@pytest.mark.parametrize("at", [0, 2, 4, 99, "line 2"])
def test_a_result_for_a_place_that_is_no_record_is_refused(bench: Bench, at: Any) -> None:
    with pytest.raises(SourceError, match="has no record at place"):
        bench.written("a;b\n1;2\n\n3;4\n", sent(at))
    assert not (bench.folder / "target.tmp").exists()


def test_two_results_for_one_place_are_refused(bench: Bench) -> None:
    with pytest.raises(SourceError, match="two results for the same place, 1"):
        bench.written("a;b\n1;2\n", sent(1), sent(1))


def test_an_encoding_that_does_not_round_trip_is_refused(bench: Bench) -> None:
    with pytest.raises(SourceError, match="does not round-trip"):
        bench.written(b"a;b\n+AGE-;2\n", sent(1), encoding="utf-7")
    assert not (bench.folder / "target.tmp").exists()


def test_headers_that_the_encoding_makes_equal_are_refused(bench: Bench) -> None:
    source = bench.source("a;b\n1;2\n", encoding="ascii")
    source = Source(source.paths, source.options, ResultHeaders("ä", "ö", "å", "x"))
    with pytest.raises(NoWriteBack, match="the same header twice"):
        bench.adapter.write_results(source, [sent(1)], bench.folder / "t")


# ---- real files ----


def test_a_procountor_export_is_read_and_written_in_its_own_encoding(adapter: ModuleType, tmp_path: Path) -> None:
    source = Source((DATA / "procountor_payments_latin1.csv",))
    records = list(adapter.read(source))
    assert [record.values["Nimi"] for record in records][1] == "MEIKÄLÄINEN MAIJA TERTTU"
    assert not any(record.problems for record in records)
    adapter.write_results(source, [sent(2, "Perillä")], tmp_path / "t")
    before, after = source.path.read_bytes().split(b"\r\n"), (tmp_path / "t").read_bytes().split(b"\r\n")
    assert [line[: len(old)] for old, line in zip(before, after, strict=True)] == before
    assert after[2].endswith(";sent;Perillä;2026-11-23;c-1".encode("iso8859-15"))


def test_a_procountor_export_with_misspelt_headers_is_still_a_table(adapter: ModuleType) -> None:
    records = list(adapter.read(Source((DATA / "procountor_payments_invalid.csv",))))
    assert (len(records), list(records[0].values)[:2]) == (3, ["Arvontapäivä", "Muksupäivä"])


def test_a_sharepoint_export_is_read_below_its_schema_line(adapter: ModuleType, tmp_path: Path) -> None:
    source = Source((DATA / "sharepoint_dynamics_invoices.csv",), adapter.options()(header_row="2"))
    records = list(adapter.read(source))
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        next(file)
        expected = list(csv.DictReader(file))
    assert [dict(record.values) for record in records] == expected
    adapter.write_results(source, [sent(record.at) for record in records], tmp_path / "t")
    with (tmp_path / "t").open(encoding="utf-8-sig", newline="") as file:
        assert next(file).startswith("ListSchema=")
        assert {row["confirma_state"] for row in csv.DictReader(file)} == {"sent"}


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_result_fields_that_a_spreadsheet_dropped_at_the_end_are_no_problem_and_are_written_again(bench, kept):
    cells = ["TEST sent", "taken", "2026-01-02 03:04:05", ""][:kept]
    content = f"number;name;{RESULTS}\n1001;Åsa;{';'.join(cells)}\n1002;Bo;;\n"
    (first, second) = bench.read(content)
    assert not first.problems
    assert not second.problems
    written = bench.written(content, Result(first.at, "1001", "delivered", "by EMAIL", "now", "C-1")).decode()
    assert written.splitlines()[1:] == ["1001;Åsa;delivered;by EMAIL;now;C-1", "1002;Bo;;"]


def test_a_field_too_many_from_before_the_results_is_never_taken_for_a_result(bench):
    content = f"number;name;{RESULTS}\n1001;Åsa;mine\n"
    (record,) = bench.read(content)
    assert record.problems == ("has 3 fields where the header has 6",)
    assert bench.written(content, Result(record.at, "1001", "delivered")).decode() == content
