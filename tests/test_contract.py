"""The contract as data: every known name is there, an overlay replaces any of them, and mistakes are told at load."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
import simplejson
from invoices import invoice, vendors_example

from confirma_connector.contract import Contract, read
from confirma_connector.errors import ContractError
from confirma_connector.invoice import Invoice
from confirma_connector.parts import Part, members
from confirma_connector.wirenames import Names

SHIPPED = read()

VENDORS = {
    "processing": "paymentControlEnabled manualApprovalEnabled accountingInvoiceEnabled showProductCodeEnabled",
    "distribution": "method enabled",
    "invoice.header": "number type date dueDate description additionalInformation currencyCode languageCode",
    "invoice.references": "sales buyer agreement payment orderNumber orderDate electronicPaymentCode"
    " creditedInvoiceNumber invoiceCopyUrl",
    "invoice.parties.sellerParty": "businessId name vatCode address contact paymentDetails",
    "invoice.parties.sellerParty.address": "street postalCode postalDistrict countryCode countryName",
    "invoice.parties.sellerParty.contact": "contactPerson email phone",
    "invoice.parties.sellerParty.contact.contactPerson": "name email",
    "invoice.parties.sellerParty.paymentDetails": "iban bic bankgiro postgiro",
    "invoice.parties.buyerParty": "entityType name customerAccountId personalIdentityNumber businessId vatCode"
    " electronicInvoiceAccount electronicRoutingAddress glnNumber languageCode disableCollection address contact",
    "invoice.parties.buyerParty.address": "street street2 street3 postalCode postalDistrict countryCode",
    "invoice.parties.buyerParty.contact": "contactPerson email phone",
    "invoice.parties.invoiceRecipientParty": "name businessId vatCode electronicInvoiceAccount electronicRoutingAddress"
    " glnNumber email languageCode address",
    "invoice.parties.invoiceRecipientParty.address": "street street2 street3",
}
PROPOSED = {
    "invoice.rows": "rowNumber productCode productName description quantity unit unitPrice discountPercentage"
    " discountAmount vatPercentage vatCode vatAmount netAmount grossAmount",
    "invoice.amounts": "netAmount vatAmount grossAmount roundingAmount",
    "invoice.attachments": "fileName contentType data url",
    "invoice.parties.deliveryParty": "name address",
}


def overlaid(folder: Path, text: str) -> Contract:
    path = folder / "overlay.yaml"
    path.write_text(text, "utf-8")
    return read(path)


def sent(contract: Contract, made: Invoice) -> Any:
    return simplejson.loads(contract.body(made), use_decimal=True)


def wires(contract: Contract) -> dict[tuple[str, ...], bool]:
    found = {}
    for place, item in contract.file.request.items():
        parts = place.split(".")
        route = tuple(contract.file.request[".".join(parts[: depth + 1])].wire for depth in range(len(parts)))
        found[route] = item.confirmed
    return found


@pytest.mark.parametrize(("names", "is_confirmed"), [(VENDORS, True), (PROPOSED, False)])
def test_every_wire_name_that_is_known_is_in_the_contract_with_its_mark(
    names: dict[str, str], is_confirmed: bool
) -> None:
    known = wires(SHIPPED)
    routes = {(*container.split("."), name) for container, members in names.items() for name in members.split()}
    assert routes <= set(known)
    assert {known[route] for route in routes} == {is_confirmed}


def test_hosts_paths_and_the_key_are_the_vendors() -> None:
    hosts = {name: item.wire for name, item in SHIPPED.file.hosts.items()}
    assert hosts == {
        "staging": "https://staging-integrations.confirmafinance.com",
        "production": "https://integrations.confirmafinance.com",
    }
    assert SHIPPED.path("create") == "/api/v1/partner/invoice"
    assert SHIPPED.path("listing") == "/api/v1/partner/invoice/distribution"
    assert (SHIPPED.key_header, SHIPPED.extra_headers) == ("X-Api-Key", {})


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PAUSED", "waiting"),
        ("ACCEPTED", "waiting"),
        ("DRAFT", "attention"),
        ("MANUAL", "attention"),
        ("INVOICED", "delivered"),
        ("INTERMEDIATED", "delivered"),
        ("CREDITED", "credited"),
        ("ERROR", "failed"),
        ("DUPLICATE", "duplicate"),
        (" intermediated ", "delivered"),
        ("SOMETHING_NEW", "unknown"),
        ("", "unknown"),
    ],
)
def test_every_status_means_one_state_and_a_new_one_is_never_delivered(status: str, state: str) -> None:
    assert SHIPPED.state_of(status) == state


def _places(part: type[Part], place: str) -> list[str]:
    found = []
    for name, its in members(part).items():
        inner = f"{place}.{name}"
        found.append(inner)
        for annotation in (its, *get_args(its)):
            if isinstance(annotation, type) and issubclass(annotation, Part):
                found += _places(annotation, inner)
    return found


def test_every_field_of_the_invoice_has_a_line_in_the_contract_and_every_line_a_field() -> None:
    roots = {"processing": "", "distribution": "", "references": "invoice.", "rows": "invoice.", "amounts": "invoice."}
    roots |= {
        "attachments": "invoice.",
        **dict.fromkeys(("seller", "buyer", "recipient", "delivery"), "invoice.parties."),
    }
    expected = {"invoice", "invoice.header", "invoice.parties"}
    for place in _places(Invoice, ""):
        name = place.removeprefix(".")
        expected.add(roots.get(name.split(".")[0], "invoice.header.") + name)
    assert set(SHIPPED.file.request) == expected


# ---- writing ----


def test_the_vendors_example_comes_out_as_the_vendor_wrote_it() -> None:
    body = sent(SHIPPED, vendors_example())
    assert body["processing"] == {
        "paymentControlEnabled": True,
        "manualApprovalEnabled": False,
        "accountingInvoiceEnabled": False,
    }
    assert body["distribution"] == {"method": "EMAIL", "enabled": True}
    assert body["invoice"]["header"] == {
        "number": 251601000,
        "type": "INVOICE",
        "date": "2025-12-01",
        "dueDate": "2025-12-15",
        "currencyCode": "EUR",
        "languageCode": "FI",
    }
    seller = body["invoice"]["parties"]["sellerParty"]
    assert seller["address"]["countryName"] == "FINLAND"
    assert seller["contact"]["contactPerson"] == {"name": "Teppo Testaaja", "email": "teppo.testaaja@example.com"}
    assert body["invoice"]["parties"]["buyerParty"]["customerAccountId"] == ""
    assert body["invoice"]["references"]["orderDate"] == "2025-12-01"


def test_amounts_are_numbers_written_from_their_own_digits() -> None:
    body = SHIPPED.body(invoice(rows__0__unit_price="0.10000000000000000001", rows__0__quantity="1E+3")).decode()
    assert '"unitPrice":0.10000000000000000001' in body
    assert '"quantity":1000' in body
    assert '"netAmount":100.00' in body
    assert '"number":1001' in body
    assert simplejson.loads(body, use_decimal=True)["invoice"]["rows"][0]["unitPrice"] == Decimal(
        "0.10000000000000000001"
    )


def test_what_is_absent_is_not_sent() -> None:
    body = sent(SHIPPED, invoice())
    assert "recipient" not in str(body)
    assert "attachments" not in body["invoice"]
    assert "null" not in SHIPPED.body(invoice()).decode()
    assert "supplyDate" not in str(body)


def test_a_field_with_an_empty_wire_name_is_not_sent(tmp_path: Path) -> None:
    quiet = overlaid(tmp_path, 'request:\n  invoice.header.language_code: {wire: ""}\n  invoice.amounts: {wire: ""}\n')
    body = sent(quiet, invoice())
    assert "languageCode" not in body["invoice"]["header"]
    assert "amounts" not in body["invoice"]


def test_a_word_with_an_empty_wire_value_is_not_sent(tmp_path: Path) -> None:
    assert "method" not in sent(overlaid(tmp_path, 'enums: {method: {EMAIL: {wire: ""}}}\n'), invoice())["distribution"]


def test_an_overlay_renames_members_containers_and_words(tmp_path: Path) -> None:
    renamed = overlaid(
        tmp_path,
        """
request:
  invoice.rows: {wire: invoiceRows}
  invoice.rows.vat_percentage: {wire: vatRate, confirmed: true}
  invoice.parties.buyer: {wire: customer}
enums: {method: {EMAIL: {wire: E_MAIL}}}
""",
    )
    body = sent(renamed, invoice())
    assert body["invoice"]["invoiceRows"][0]["vatRate"] == Decimal("25.5")
    assert "rows" not in body["invoice"]
    assert body["invoice"]["parties"]["customer"]["name"] == "Ostaja Oy"
    assert body["distribution"]["method"] == "E_MAIL"
    assert Names(renamed).fields("invoice.invoiceRows[0].vatRate") == ("rows[0].vat_percentage",)


def test_an_overlay_adds_headers_and_statuses_and_changes_paths(tmp_path: Path) -> None:
    more = overlaid(
        tmp_path,
        """
headers: {X-Client: {wire: acme}, X-Empty: {wire: ""}}
paths: {prefix: {wire: /api/v2}}
statuses: {ARCHIVED: {wire: Archived, state: delivered}, ERROR: {wire: FAILED}}
behaviour: {credit_note_sign: {wire: positive}}
""",
    )
    assert more.extra_headers == {"X-Client": "acme"}
    assert more.path("create") == "/api/v2/invoice"
    assert (more.state_of("archived"), more.state_of("FAILED"), more.state_of("ERROR")) == (
        "delivered",
        "failed",
        "unknown",
    )
    assert more.behaviour("credit_note_sign") == "positive"


def test_members_stand_where_the_ways_of_an_overlay_lead_as_what_it_says(tmp_path: Path) -> None:
    made = invoice()
    ways = overlaid(
        tmp_path,
        """
request:
  invoice.header: {wire: .}
  invoice.header.number: {wire: number, type: string}
  invoice.header.due_date: {wire: ../terms/dueDate}
  invoice.rows: {wire: ../lines}
  invoice.rows.net_amount: {wire: amount/net, type: string}
  invoice.parties.buyer.address.street: {wire: lines/first}
  processing.manual_approval_enabled: {wire: manualApprovalEnabled, type: string}
constants:
  invoice/origin: {wire: API}
  schema/version: {wire: "2", type: integer}
""",
    )
    plain, body = sent(SHIPPED, made), sent(ways, made)
    assert body["invoice"]["number"] == str(made.number)
    assert "header" not in body["invoice"]
    assert body["invoice"]["currencyCode"] == "EUR"
    assert body["terms"] == {"dueDate": plain["invoice"]["header"]["dueDate"]}
    assert [row["amount"]["net"] for row in body["lines"]] == [str(row.net_amount) for row in made.rows]
    assert body["invoice"]["parties"]["buyerParty"]["address"]["lines"]["first"] == made.buyer.address.street  # type: ignore[union-attr]
    assert body["processing"]["manualApprovalEnabled"] == "false"
    assert (body["invoice"]["origin"], body["schema"]) == ("API", {"version": 2})
    assert body["invoice"]["amounts"] == plain["invoice"]["amounts"]
    street = ways.route("invoice.parties.buyer.address.street")
    assert street == ("invoice", "parties", "buyerParty", "address", "lines", "first")
    assert {"request.invoice.header.due_date", "constants.invoice/origin"} <= unconfirmed(ways)


def test_what_follows_something_moved_stands_where_it_stood_and_what_is_moved_there_beside_it(tmp_path: Path) -> None:
    ways = overlaid(
        tmp_path,
        """
request:
  invoice.header.date: {wire: ../terms/from}
  invoice.header.currency_code: {wire: ../terms/currency}
constants:
  invoice/terms/note: {wire: "{0} %s"}
""",
    )
    made = invoice(description=None, due_date=None)
    body = ways.body(made).decode()
    assert body.startswith(
        '{"invoice":{"header":{"number":1001,"type":"INVOICE","languageCode":"FI"},'
        '"terms":{"from":"2026-01-15","currency":"EUR","note":"{0} %s"},"references":{"payment":"1234561"},'
    )


def test_a_section_in_which_every_line_is_a_comment_is_empty(tmp_path: Path) -> None:
    text = "headers:\n  # ? X-A: {wire: a}\nenums:\n  method:\n    # ? EDI: {wire: x}\n"
    assert overlaid(tmp_path, text).file.headers == SHIPPED.file.headers


def test_an_empty_overlay_changes_nothing(tmp_path: Path) -> None:
    assert overlaid(tmp_path, "").file == SHIPPED.file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "request:\n  invoice.row: {wire: x}\n",
            'line 2: request.invoice.row: there is no "invoice.row"; did you mean "invoice.rows"?',
        ),
        ("reqest: {}\n", 'line 1: reqest: there is no such key here; did you mean "request"?'),
        (
            "enums: {methods: {EMAIL: {wire: x}}}\n",
            'line 1: enums.methods: there is no "methods"; did you mean "method"?',
        ),
        (
            "enums:\n  method:\n    MAIL: {wire: x}\n",
            'line 3: enums.method.MAIL: there is no "MAIL"; did you mean "EMAIL"?',
        ),
        ("paths: {creat: {wire: /x}}\n", 'there is no "creat"; did you mean "create"?'),
        ("statuses:\n  NEW: {state: delivered}\n", "line 2: statuses.NEW.wire: is required"),
        ("statuses: {NEW: {wire: NEW, state: done}}\n", 'statuses.NEW.state: "done": expected waiting, delivered'),
        ("statuses: {NEW: {wire: NEW, stat: failed}}\n", 'there is no such key here; did you mean "state"?'),
        ("request: {invoice.rows: rows}\n", "line 1: request.invoice.rows: expected a block of key: value lines"),
        ("- a\n", "line 1: expected a block of key: value lines"),
        ("request: {invoice.header.date: {wire: dueDate}}\n", "are both called invoice.header.dueDate on the wire"),
        ("request: {invoice.rows: {wire: amounts}}\n", "are both called invoice.amounts on the wire"),
        (
            "statuses: {BROKEN: {wire: invoiced, state: failed}}\n",
            "the statuses INVOICED and BROKEN are both called invoiced",
        ),
        ("headers: {x-api-key: {wire: planted}}\n", "the header X-Api-Key carries the key"),
        ("hosts: {production: {wire: http://integrations.example}}\n", "expected an address like https://host"),
        ("hosts: {production: {wire: https://user:word@host.example}}\n", "expected an address like https://host"),
        ('headers: {X-A: {wire: "a\\nB: c"}}\n', "characters that cannot be part of a request"),
        ('paths: {create: {wire: "@elsewhere.example/a"}}\n', "expected a path like /invoice"),
        ("request: {invoice: {wire: ../a}}\n", "invoice: ../a leads out of the request"),
        (
            "request: {invoice.header.number: {wire: ../rows/number}}\n",
            "request.invoice.header.number would stand within",
        ),
        ("request: {invoice.rows.unit: {wire: ../unit}}\n", "what stands in a list cannot be sent beside it"),
        ("constants: {invoice/rows/a: {wire: b}}\n", "constants.invoice/rows/a would stand within invoice.rows"),
        ("constants: {invoice/header/number: {wire: b}}\n", "constants.invoice/header/number: something else"),
        ("constants: {invoice/header: {wire: b}}\n", "constants.invoice/header: something else has this place"),
        ("constants: {a: {wire: b, type: integer}}\n", 'constants.a: "b" is no integer'),
        ("a: &b c\n", "anchors"),
        ("confirmations: {a: b}\n", "confirmations: expected a list"),
        (
            "confirmations:\n  - {line: request.invoice.rows, value: rows, by: M, on: 2026-11-23}\n",
            "line 2: confirmations.0.ground: is required",
        ),
        ("confirmations:\n  - {line: a, value: b, by: ' ', on: 2026-11-23, ground: g}\n", "confirmations.0.by: "),
        ("confirmations:\n  - {line: a, value: b, by: c, on: yesterday, ground: g}\n", "confirmations.0.on: "),
    ],
)
def test_a_mistake_in_an_overlay_is_told_when_it_is_read(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContractError) as refused:
        overlaid(tmp_path, text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


CONFIRMED = "{line: request.invoice.rows, value: rows, by: Maija M, on: 2026-11-23, ground: an e-mail}"


def unconfirmed(contract: Contract) -> set[str]:
    return {one.line for one in contract.provisional()}


def test_a_confirmation_is_for_one_line_and_nothing_else(tmp_path: Path) -> None:
    confirmed = overlaid(tmp_path, f"confirmations:\n  - {CONFIRMED}\n")
    assert unconfirmed(SHIPPED) - unconfirmed(confirmed) == {"request.invoice.rows"}
    assert unconfirmed(confirmed) < unconfirmed(SHIPPED)


@pytest.mark.parametrize(
    "text",
    [
        "request: {invoice.rows: {wire: lines}}",
        "request: {invoice.rows: {wire: lines, confirmed: true}}",
        'request: {invoice.rows: {wire: ""}}',
        "request: {invoice.rows: {wire: rows, also: [lines]}}",
    ],
)
def test_a_confirmation_is_of_the_value_that_was_there(tmp_path: Path, text: str) -> None:
    assert "request.invoice.rows" in unconfirmed(overlaid(tmp_path, f"{text}\nconfirmations: [{CONFIRMED}]\n"))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("request.invoice.rows", "request: {invoice.rows: {wire: rows, confirmed: true}}"),
        ("request.invoice.header.date", "request: {invoice.header.date: {wire: day}}"),
        ("request.invoice.header.date", 'request: {invoice.header.date: {wire: ""}}'),
        ("request.invoice.header.date", "request: {invoice.header.date: {wire: date, confirmed: false}}"),
        ("hosts.production", "hosts: {production: {wire: https://other.example, confirmed: true}}"),
        ("paths.create", "paths: {create: {wire: /other, confirmed: true}}"),
        ("headers.X-Client", "headers: {X-Client: {wire: acme, confirmed: true}}"),
        ("statuses.PAUSED", "statuses: {PAUSED: {wire: PAUSED, confirmed: true, state: delivered}}"),
        ("statuses.PRINTED", "statuses: {PRINTED: {wire: PRINTED, confirmed: true, state: delivered}}"),
        ("enums.method.EMAIL", "enums: {method: {EMAIL: {wire: LETTER, confirmed: true}}}"),
    ],
)
def test_an_overlay_confirms_nothing_by_itself(tmp_path: Path, line: str, text: str) -> None:
    assert line in unconfirmed(overlaid(tmp_path, text))


def test_a_line_that_an_overlay_repeats_as_shipped_stays_confirmed(tmp_path: Path) -> None:
    repeated = overlaid(tmp_path, 'request: {invoice.header.date: {wire: date, note: "as it was"}}')
    assert unconfirmed(repeated) == unconfirmed(SHIPPED)


def test_an_overlay_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"missing\.yaml: cannot be read"):
        read(tmp_path / "missing.yaml")


def test_what_is_provisional_is_listed_and_only_that() -> None:
    listed = {(one.section, one.key) for one in SHIPPED.provisional()}
    assert {("request", "invoice.rows"), ("enums", "method.EDI"), ("enums", "entity_type.CONSUMER")} <= listed
    assert ("behaviour", "credit_note_sign") in listed
    assert (
        not {
            ("request", "invoice.header.number"),
            ("enums", "method.EMAIL"),
            ("request", "invoice.amounts.paid_amount"),
        }
        & listed
    )
