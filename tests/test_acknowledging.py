"""Answers in the source's own format: which invoices, what state, why; later states supersede earlier ones."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from mapped import mapping
from world import MAPPING, World, csv_rows, invoice_rows

from confirma_connector import pipeline
from confirma_connector.acknowledging import KINDS, VERDICTS, Answer, Answered, Batch, write
from confirma_connector.errors import MappingError
from confirma_connector.journal import Journal, State
from confirma_connector.records import STATES, Problem
from confirma_connector.watching import Folders, Orders, watch

pytestmark = pytest.mark.usefixtures("read_once")
DATA = Path(__file__).parent / "data" / "erp"
VALUES: Mapping[str, Mapping[str, str]] = {
    "finvoiceack": {
        "message_id": "123456",
        "message_time": "2026-11-02T10:00:00",
        "sender": "003701120389",
        "sender_intermediator": "DABAFIHH",
        "receiver": "003723319727",
        "receiver_intermediator": "NDEAFIHH",
    },
    "teapps": {"batch_id": "B7", "requested": "1", "sender": "003701120389", "receiver": "003723319727"},
    "ubl": {"document_id": "1001", "document_type": "380", "receiver": "003701120389", "receiver_scheme": "0216"},
    "idoc": {"docnum": "0000000000401001", "sender": "S4HCLNT100", "receiver": "CONFIRMA"},
    "netvisor": {},
    "table": {"ID": "ACC-SINV-2026-01001"},
}
HEADERS = {"state": "Confirma State", "message": "Confirma Message"}
BATCH = Batch(1234, 1_790_000_000.0, {}, HEADERS)
TABLE = f"{MAPPING}answer: {{kind: table, values: {{ID: number}}, headers: {{state: Tila, message: Viesti}}}}\n"
UBL_LIKE = f"{MAPPING}answer: {{kind: ubl, values: {{document_id: number}}}}\n"


def answered(kind: str, state: str, **changes: Any) -> Answered:
    told: dict[str, Any] = {"number": "1001", "message": "because", "changed_at": 1_790_000_100.0}
    return Answered(**(told | {"state": state, "values": VALUES[kind]} | changes))


def documents(kind: str, *states: str) -> Sequence[Answer]:
    told = [answered(kind, state, number=str(1001 + index)) for index, state in enumerate(states)]
    return write(kind, told, BATCH).answers


def text(answer: Answer, path: str) -> str | None:
    """Give what an independent parser finds at *path*, whatever the namespaces."""
    found = ElementTree.fromstring(answer.content)
    for name in path.split("/"):
        found = next(child for child in found if child.tag.rpartition("}")[2] == name)
    return found.text


def code(kind: str, answer: Answer) -> str | None:
    if kind == "table":
        return next(csv.DictReader(io.StringIO(answer.content.decode())))["Confirma State"]
    paths = {
        "finvoiceack": "Acknowledgement/Reason/Code",
        "teapps": "TRANSPORT_FRAME/REQUEST_MESSAGE",
        "ubl": "DocumentResponse/Response/ResponseCode",
        "idoc": "IDOC/E1STATS/STATUS",
        "netvisor": "ResponseStatus/Status",
    }
    return text(answer, paths[kind])


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    ebxml = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
    return xmlschema.XMLSchema(DATA / "finvoiceack_2.0.xsd", locations={ebxml: str(DATA / "FinvoiceackEb.xsd")})


# -- what each format says of each state -------------------------------------------------------------------------------

GOOD = {"sent": 1, "waiting": 1, "credited": 1, "delivered": 2}
BAD = ("invalid", "rejected", "conflict", "failed", "duplicate")
CODES = {
    "finvoiceack": (None, None, "6"),
    "teapps": ("POS", "POS", "NEG"),
    "ubl": ("AB", "AP", "RE"),
    "idoc": ("22", "16", "17"),
    "netvisor": ("OK", "OK", "FAILED"),
}


@pytest.mark.parametrize("state", [state for state in STATES if state != "skipped"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_state_has_the_code_of_its_format_and_none_where_nobody_knows(kind: str, state: str) -> None:
    found = [code(kind, answer) for answer in documents(kind, state)]
    if kind == "table":
        assert found == [state]
    elif state in GOOD:
        assert found == [told for told in (CODES[kind][GOOD[state] - 1],) if told]
    else:
        assert found == ([CODES[kind][2]] if state in BAD else [])


def test_every_state_of_the_journal_has_its_verdict() -> None:
    assert set(VERDICTS) == {*State.__args__, "invalid"} - {"sending"}  # type: ignore[attr-defined]


def test_a_finvoiceack_fits_its_schema(schema: xmlschema.XMLSchema) -> None:
    problems = (
        Problem("E-DATE", "is no date", "error", "line 12", "InvoiceDetails/InvoiceDate", "32.1.2026"),
        Problem("E-VAT", "is no rate", "warning"),
    )
    (one,) = write("finvoiceack", [answered("finvoiceack", "invalid", problems=problems)], BATCH).answers
    schema.validate(io.BytesIO(one.content))
    assert one.label == "1001"
    assert text(one, "Error/Location") == "InvoiceDetails/InvoiceDate (line 12)"
    assert text(one, "Acknowledgement/MessageData/MessageId") == "123456"


def test_what_names_its_message_by_nothing_has_no_finvoiceack_and_that_is_said() -> None:
    lacking = {**VALUES["finvoiceack"], "sender_intermediator": ""}
    found = write("finvoiceack", [answered("finvoiceack", "rejected", values=lacking)], BATCH)
    assert found.answers == ()
    assert found.notices == ("invoice 1001 has no answer of its own: its sender_intermediator is missing",)


def test_one_refused_invoice_makes_the_receipt_of_a_batch_negative_and_one_unknown_holds_it_back() -> None:
    (one,) = documents("teapps", "waiting", "failed", "delivered")
    assert code("teapps", one) == "NEG"
    assert text(one, "TRANSPORT_FRAME/REQUEST_TEXT") == "2 of 3 invoices taken; refused: 1002 failed: because"
    assert text(one, "TRANSPORT_FRAME/TF_SUMMARY/COUNT") == "3"
    assert documents("teapps", "waiting", "uncertain") == ()


def test_a_batch_of_which_invoices_are_left_out_has_no_positive_receipt() -> None:
    batch = Batch(1234, 1_790_000_000.0, {}, left_out=1)
    good, bad = answered("teapps", "delivered"), answered("teapps", "failed", number="1002")
    assert write("teapps", [good], batch).answers == ()
    assert write("teapps", [good], batch).notices == (
        "batch B7 has no receipt: 1 of the invoices in its file is left out",
    )
    (one,) = write("teapps", [good, bad], batch).answers
    assert code("teapps", one) == "NEG"
    told = text(one, "TRANSPORT_FRAME/REQUEST_TEXT")
    assert told == "1 of 2 invoices taken; refused: 1002 failed: because; 1 of the file left out"
    assert b"TF_SUMMARY" not in one.content


def test_a_batch_that_asks_for_no_receipt_has_none() -> None:
    silent = {**VALUES["teapps"], "requested": "0"}
    assert write("teapps", [answered("teapps", "failed", values=silent)], BATCH).answers == ()


def test_a_status_idoc_has_one_record_for_each_idoc() -> None:
    two = [
        answered("idoc", "delivered"),
        answered("idoc", "failed", number="1002", values={**VALUES["idoc"], "docnum": "402"}, message="x" * 200),
        answered("idoc", "uncertain", number="1003", values={**VALUES["idoc"], "docnum": "403"}),
    ]
    (one,) = write("idoc", two, BATCH).answers
    records = ElementTree.fromstring(one.content).findall("IDOC/E1STATS")
    assert [(r.findtext("DOCNUM"), r.findtext("STATUS")) for r in records] == [
        ("0000000000401001", "16"),
        ("402", "17"),
    ]
    assert len(records[1].findtext("STATXT") or "") == 70
    assert text(one, "IDOC/EDI_DC40/RCVPRN") == "S4HCLNT100"


@pytest.mark.parametrize(
    ("others", "status"),
    [
        (("sent", "invalid"), "17"),
        (("invalid", "sent"), "17"),
        (("delivered", "sent"), "22"),
        (("sent", "ready"), None),
    ],
)
def test_of_two_invoices_with_one_key_the_worse_is_told(others: tuple[str, str], status: str | None) -> None:
    idoc = [answered("idoc", state, number=str(1001 + index)) for index, state in enumerate(others)]
    found = write("idoc", idoc, BATCH)
    assert [code("idoc", one) for one in found.answers] == ([status] if status else [])
    assert found.notices == ("invoices 1001, 1002 have the same docnum: the answer says the worst that they came to",)
    table = [answered("table", state, number=str(1001 + index)) for index, state in enumerate(others)]
    found = write("table", table, BATCH)
    assert code("table", found.answers[0]) == {"17": "invalid", "22": "sent", None: "ready"}[status]
    assert found.notices == ("invoices 1001, 1002 have the same ID: the answer says the worst that they came to",)


def test_netvisors_shape_is_that_of_its_own_replies() -> None:
    (one,) = documents("netvisor", "sent")
    theirs = (
        "<Root><ResponseStatus><Status>OK</Status><TimeStamp>1.10.2009 16:03:24</TimeStamp></ResponseStatus></Root>"
    )
    assert [e.tag for e in ElementTree.fromstring(one.content).iter()] == [
        e.tag for e in ElementTree.fromstring(theirs).iter()
    ]
    assert re.fullmatch(r"[1-9]\d?\.[1-9]\d?\.\d{4} \d\d:\d\d:\d\d", text(one, "ResponseStatus/TimeStamp") or "")


def test_an_invoice_stands_once_in_a_table_and_nothing_in_it_is_a_formula() -> None:
    twice = [answered("table", "invalid", message="=HYPERLINK(1)"), answered("table", "invalid")]
    keyless = answered("table", "sent", number="1002", values={"ID": ""})
    found = write("table", [*twice, keyless], BATCH)
    rows = list(csv.reader(io.StringIO(found.answers[0].content.decode())))
    assert rows == [["ID", *HEADERS.values()], ["ACC-SINV-2026-01001", "invalid", "'=HYPERLINK(1)"]]
    assert found.notices == ("invoice 1002 is not in the answer: its ID is missing",)


UBL_ORDER = ("UBLVersionID", "ID", "IssueDate", "IssueTime", "SenderParty", "ReceiverParty", "DocumentResponse")


def test_an_application_response_has_the_elements_of_ubl_in_their_order() -> None:
    problem = Problem("E-DATE", "is no date", "error", "line 12", "cbc:IssueDate", "32.1.2026")
    values = {**VALUES["ubl"], "document_date": "32.1.2026"}
    (one,) = write("ubl", [answered("ubl", "invalid", values=values, problems=(problem,))], BATCH).answers
    root = ElementTree.fromstring(one.content)
    assert tuple(child.tag.rpartition("}")[2] for child in root) == UBL_ORDER
    assert text(one, "DocumentResponse/Response/Status/StatusReasonCode") == "E-DATE"
    assert [child.tag.rpartition("}")[2] for child in root[-1][1]] == ["ID", "DocumentTypeCode"]


# -- any text ----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.sampled_from([kind for kind in KINDS if kind != "table"]))
def test_any_text_makes_well_formed_xml_that_says_it(message: str, value: str, kind: str) -> None:
    values = dict.fromkeys(VALUES[kind], value or "?") | ({"requested": "1"} if kind == "teapps" else {})
    problem = Problem("E-X", message, "error", value, message, value)
    one = answered(kind, "failed", message=message, number=value, values=values, problems=(problem,))
    (document,) = write(kind, [one], BATCH).answers
    found = " ".join(ElementTree.fromstring(document.content).itertext())
    words = re.findall(r"[0-9A-Za-zÄÖÅäöå]{1,20}", message[:20])
    assert all(word in found for word in words)


def test_letters_the_encoding_lacks_stay_what_they_are_and_personal_numbers_are_hidden() -> None:
    one = answered("finvoiceack", "failed", message="Łódź € ☃ 010190-123A\n<&>\"'\x00")
    (document,) = write("finvoiceack", [one], BATCH).answers
    assert b'encoding="ISO-8859-15"' in document.content
    assert text(document, "Acknowledgement/Reason/Text") == "1001 failed: Łódź € ☃ ******-**** <&>\"'"


# -- through whole runs ------------------------------------------------------------------------------------------------


def with_mapping(world: World, words: str) -> World:
    path = world.folder / "answering.yaml"
    path.write_text(words, encoding="utf-8")
    return world.but(mapping=str(path))


def states(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["ID"]: row["Tila"] for row in csv.DictReader(file)}


def answers(world: World) -> list[str]:
    return sorted(path.name for path in world.folder.glob("*.answer*"))


def test_the_answer_lies_beside_the_results_and_later_states_supersede_earlier_ones(world: World) -> None:
    world = with_mapping(world, TABLE)
    nowhere = invoice_rows(1002, Sähköposti="", Postinumero="00001")
    report = world.send(world.source(1001, rows=[*nowhere, *invoice_rows("x1")]))
    assert states(world.folder / "in.answer.csv") == {"1001": "waiting", "1002": "waiting", "x1": "invalid"}
    assert f"answer: {world.folder / 'in.answer.csv'}" in report.files[0].notices
    world.track()
    assert states(world.folder / "in.answer.csv") == {"1001": "delivered", "1002": "failed", "x1": "invalid"}
    assert csv_rows(world.folder / "in.results.csv")[0]["confirma_state"] == "delivered"


def test_an_answer_that_was_taken_away_comes_again_only_with_something_new(world: World) -> None:
    world = with_mapping(world, TABLE)
    source = world.source(1001)
    world.send(source)
    answer = world.folder / "in.answer.csv"
    answer.unlink()
    world.send(source)
    assert not answer.exists()
    world.track()
    assert states(answer) == {"1001": "delivered"}
    answer.unlink()
    world.track()
    assert not answer.exists()


def test_where_the_results_were_taken_away_too_the_system_still_hears_of_what_is_new(world: World) -> None:
    world = with_mapping(world, TABLE)
    world.send(world.source(1001))
    for name in ("in.answer.csv", "in.results.csv"):
        (world.folder / name).unlink()
    world.track()
    assert states(world.folder / "in.answer.csv") == {"1001": "delivered"}
    assert not (world.folder / "in.results.csv").exists()


def test_an_answer_that_a_kill_kept_from_its_place_is_written_by_the_next_run(world: World) -> None:
    world = with_mapping(world, TABLE)
    source = world.source(1001)
    world.send(source)
    (world.folder / "in.answer.csv").unlink()
    with Journal(world.settings.journal, "staging", "acme") as journal:
        (file,) = [one for one in journal.results_files() if one.is_answer]
        journal.remember_results(type(file)(**{**as_fields(file), "kind": "answering"}))
    world.send(source)
    assert answers(world) == ["in.answer.csv"]


def as_fields(file: Any) -> dict[str, Any]:
    return {name: getattr(file, name) for name in file.__dataclass_fields__}


def test_somebody_elses_file_of_that_name_is_left_alone(world: World) -> None:
    world = with_mapping(world, TABLE)
    theirs = world.folder / "in.answer.csv"
    theirs.write_text("mine", encoding="utf-8")
    report = world.send(world.source(1001))
    world.track()
    assert theirs.read_text(encoding="utf-8") == "mine"
    assert states(world.folder / "in.answer-2.csv") == {"1001": "delivered"}
    assert "in.answer.csv left alone: changed by hand, or not ours" in report.files[0].notices


def test_each_invoice_has_a_document_of_its_own_where_the_format_has_one_for_each(world: World) -> None:
    world = with_mapping(world, UBL_LIKE)
    world.send(world.source(1001, 1002))
    assert answers(world) == ["in.answer-1001.xml", "in.answer-1002.xml"]
    document = Answer((world.folder / "in.answer-1002.xml").read_bytes())
    assert (code("ubl", document), text(document, "DocumentResponse/DocumentReference/ID")) == ("AB", "1002")


def test_what_was_never_sent_stays_refused_when_its_number_is_delivered_for_another(world: World) -> None:
    world = with_mapping(world, UBL_LIKE)
    world.send(world.source(1001))
    world.send(world.source(name="b.csv", rows=invoice_rows(1001, Asiakas="Aivan Muu Oy", Hinta="999,00")))
    refusal = world.folder / "b.answer-1001.xml"
    for state in ("waiting", "delivered"):
        assert world.states() == {1001: state}
        assert code("ubl", Answer(refusal.read_bytes())) == "RE"
        world.track()
    assert csv_rows(world.folder / "b.results.csv")[0]["confirma_state"] == "delivered"
    assert code("ubl", Answer((world.folder / "in.answer-1001.xml").read_bytes())) == "AP"


def test_a_number_that_stands_twice_stays_refused_on_track(world: World) -> None:
    world = with_mapping(world, TABLE.replace("ID: number", "ID: text"))
    world.send(world.source(1001))
    again = [*invoice_rows(1001, Selite="A"), *invoice_rows(1002, Selite="B"), *invoice_rows(1001, Selite="C")]
    world.send(world.source(name="b.csv", rows=again))
    told = {"A": "invalid", "B": "waiting", "C": "invalid"}
    assert states(world.folder / "b.answer.csv") == told
    world.track()
    assert states(world.folder / "b.answer.csv") == {**told, "B": "delivered"}


def test_the_answers_to_another_source_in_the_folder_stay(world: World) -> None:
    world = with_mapping(world, UBL_LIKE)
    world.send(world.source(1001))
    world.send(world.source(1002, name="b.csv"))
    world.track()
    assert answers(world) == ["b.answer-1002.xml", "in.answer-1001.xml"]


def test_a_refusal_is_taken_back_when_the_corrected_message_is_taken(world: World, schema: xmlschema.XMLSchema) -> None:
    own = "version: 1\nname: own\nextends: finvoice\ninvoice: {buyer.entity_type: {constant: BUSINESS}}\n"
    world = with_mapping(world, own)
    source = world.folder / "lasku.xml"
    shutil.copyfile(DATA / "finvoice201_example.xml", source)
    world.send(source)
    ack = world.folder / "lasku.answer-2013000018.xml"
    schema.validate(io.BytesIO(ack.read_bytes()))
    assert csv_rows(world.folder / "lasku.results.csv", "utf-8-sig")[0]["confirma_state"] == "invalid"
    right = source.read_text("iso-8859-15").replace("FI2757800750155448", "FI2112345600000785")
    source.write_text(right, "iso-8859-15")
    report = world.send(source)
    assert world.states() == {2013000018: "waiting"}
    assert not ack.exists()
    assert f"{ack.name} taken back: it is no longer true" in report.files[0].notices


def party(tag: str) -> str:
    return (
        f'<cac:{tag}><cac:Party><cbc:EndpointID schemeID="0216">0037{tag[10]}</cbc:EndpointID></cac:Party></cac:{tag}>'
    )


UBL_SPACES = " ".join(
    f'xmlns{prefix}="urn:oasis:names:specification:ubl:schema:xsd:{name}-2"'
    for prefix, name in {"": "Invoice", ":cac": "CommonAggregateComponents", ":cbc": "CommonBasicComponents"}.items()
)
BARE = {
    "teapps": "<INVOICE_CENTER><TRANSPORT_FRAME><BATCH_ID>B-17</BATCH_ID><CONTENT_RECEIVER><RECEIVER_REF>TO</RECEIVER_REF>"
    "</CONTENT_RECEIVER><SENDER>FROM</SENDER><FB_REQUEST>1</FB_REQUEST></TRANSPORT_FRAME><CONTENT_FRAME><INVOICES><INVOICE>"
    "<HEADER><INVOICE_ID>77</INVOICE_ID></HEADER></INVOICE></INVOICES></CONTENT_FRAME></INVOICE_CENTER>",
    "sap-idoc": "<INVOIC02><IDOC><EDI_DC40><DOCNUM>401001</DOCNUM><IDOCTYP>INVOIC02</IDOCTYP><SNDPRN>FROM</SNDPRN></EDI_DC40>"
    "<E1EDK02><QUALF>009</QUALF><BELNR>77</BELNR></E1EDK02></IDOC></INVOIC02>",
    "ubl": f"<Invoice {UBL_SPACES}><cbc:ID>77</cbc:ID><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>"
    f"{party('AccountingSupplierParty')}{party('AccountingCustomerParty')}</Invoice>",
}


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        (
            "teapps",
            "in.answer.xml",
            {"BATCH_ID": "B-17", "RECEIVER_REF": "FROM", "SENDER": "TO", "REQUEST_MESSAGE": "NEG"},
        ),
        ("sap-idoc", "in.answer.xml", {"DOCNUM": "401001", "RCVPRN": "FROM", "STATUS": "17"}),
        ("ubl", "in.answer-77.xml", {"EndpointID": "0037S", "ResponseCode": "RE", "DocumentTypeCode": "380"}),
    ],
)
def test_the_shipped_mappings_name_what_their_answers_need(
    world: World, name: str, file: str, said: dict[str, str]
) -> None:
    (world.folder / "in.xml").write_text(BARE[name], encoding="utf-8")
    world.but(mapping=name).send(world.folder / "in.xml")
    root = ElementTree.parse(world.folder / file).getroot()
    found = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    assert {tag: found[tag] for tag in said} == said


def test_invoices_that_the_mapping_leaves_out_are_told_in_the_receipt_and_rows_are_not(world: World) -> None:
    reminder = "<INVOICE><HEADER><INVOICE_ID>78</INVOICE_ID><INVOICE_TYPE>06</INVOICE_TYPE></HEADER></INVOICE>"
    information = '<ROWS><ROW ROW_TYPE="INFO"/></ROWS></INVOICE>'
    batch = BARE["teapps"].replace("</INVOICE>", information).replace("</INVOICES>", f"{reminder}</INVOICES>")
    (world.folder / "in.xml").write_text(batch, encoding="utf-8")
    world.but(mapping="teapps").send(world.folder / "in.xml")
    told = text(Answer((world.folder / "in.answer.xml").read_bytes()), "TRANSPORT_FRAME/REQUEST_TEXT") or ""
    assert told.startswith("0 of 1 invoices taken; refused: 77 invalid")
    assert told.endswith("; 1 of the file left out")


def test_answers_named_along_with_sources_are_no_sources(world: World) -> None:
    world = with_mapping(world, UBL_LIKE)
    source = world.source(1001)
    world.send(source)
    both = (source, world.folder / "in.answer-1001.xml")
    checked = pipeline.check(world.run(), pipeline.Choice(both))
    for report in (checked, world.send(*both), world.track(*both)):
        assert [file.path.rpartition(".")[2] for file in report.files] == ["csv"]


def test_in_the_sandbox_an_answer_says_so_in_its_name_and_its_words(world: World) -> None:
    world = with_mapping(world, TABLE).but(environment="sandbox", url=None)
    world.send(world.source(1001))
    assert states(world.folder / "in.sandbox.answer.csv") == {"1001": "TEST waiting"}


def test_a_watched_folder_gives_the_answer_to_where_answers_go_and_later_states_follow_there(world: World) -> None:
    world = with_mapping(world, TABLE)
    folders = Folders(*(world.folder / name for name in ("in", "done", "failed", "answers")))
    for folder in (folders.inbox, folders.done, folders.failed, world.folder / "answers"):
        folder.mkdir()
    world.source(1001).rename(folders.inbox / "in.csv")
    watch(world.run(), Orders(folders, is_once=True, settle=0.0), lambda _: None)
    answer = world.folder / "answers" / "in.answer.csv"
    assert states(answer) == {"1001": "waiting"}
    answer.unlink()
    world.track()
    assert states(answer) == {"1001": "delivered"}
    assert sorted(path.name for path in folders.done.iterdir()) == ["in.csv"]


# -- the mapping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"kind": "finvoicack"}, 'answer.kind: there is no kind "finvoicack"; did you mean "finvoiceack"?'),
        (
            {"kind": "idoc", "values": {"docnumb": "Nro"}},
            'answer.values.docnumb: there is no such value for idoc; did you mean "docnum"?',
        ),
        ({"kind": "idoc"}, "answer.values: docnum is required for idoc"),
        ({"kind": "table", "values": {"ID": "Nro"}}, "answer.headers: a table needs at least one of state"),
        ({"kind": "table", "headers": {"state": "Tila"}}, "answer.values: a table needs at least one key"),
        (
            {"kind": "netvisor", "headers": {"state": "Tila"}},
            "answer.headers: netvisor has no headers; only a table has",
        ),
        ({"kind": "table", "headers": {"stat": "Tila"}, "values": {"ID": "Nro"}}, "answer.headers.stat"),
    ],
)
def test_mistakes_in_the_answer_block_are_found_without_data(tmp_path: Path, block: Any, said: str) -> None:
    with pytest.raises(MappingError, match=re.escape(said)):
        mapping(tmp_path, answer=block)
