"""What of the contract some invoices use: read off their bodies, and nothing that they do not use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import simplejson
from invoices import invoice, vendors_example

from confirma_connector.contract import Contract, read
from confirma_connector.invoice import Invoice
from confirma_connector.usage import Usage, used_by_sending, used_by_tracking

SHIPPED = read()
FULL: dict[str, Any] = {
    "recipient": {"name": "R Oy", "address": {"street3": "C", "postal_code": "00100", "country_name": "FINLAND"}},
    "delivery": {"name": "D", "address": {"street2": "B"}},
    "attachments": [{"file_name": "a.pdf", "data": "JVBERi0="}, {"url": "https://example.com/a.pdf"}],
    "rows__0__vat_code": "S",
    "amounts__rounding_amount": "0.00",
    "buyer__address__country_name": "FINLAND",
}


def used(*invoices: Invoice, contract: Contract = SHIPPED) -> set[str]:
    usage = Usage(contract)
    for one in invoices:
        usage.add(contract.body(one))
    return set(usage.lines())


def routes(value: Any, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Every way to a member of a body, whichever entry of a list it is in."""
    if isinstance(value, list):
        return set().union(*(routes(entry, above) for entry in value))
    if not isinstance(value, dict):
        return {above}
    return {above}.union(*(routes(inner, (*above, name)) for name, inner in value.items()))


@pytest.mark.parametrize("changes", [{}, FULL, {"type": "CREDIT_NOTE", "rows": []}, {"distribution__method": "EDI"}])
@pytest.mark.parametrize("make", [invoice, vendors_example])
def test_it_is_every_unconfirmed_member_of_the_body_and_no_other(make: Any, changes: dict[str, Any]) -> None:
    made = make(**changes)
    there = routes(simplejson.loads(SHIPPED.body(made)))
    lines = {one.key for one in SHIPPED.provisional() if one.section == "request"}
    expected = {f"request.{place}" for place in lines if SHIPPED.route(place) in there}
    assert {line for line in used(made) if line.startswith("request.")} == expected


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"distribution__method": "LETTER"}, "enums.method.LETTER"),
        ({"distribution__method": "EDI"}, "enums.method.EDI"),
        ({"buyer__entity_type": "CONSUMER"}, "enums.entity_type.CONSUMER"),
        ({"type": "CREDIT_NOTE"}, "behaviour.credit_note_sign"),
        ({"rows__0__unit_price": "0.125"}, "behaviour.more_decimals"),
        ({"rows__0__quantity": "-1.0005"}, "behaviour.more_decimals"),
        ({"rows__0__discount_percentage": "5"}, "request.invoice.rows.discount_percentage"),
        ({"delivery": {"name": "D"}}, "request.invoice.parties.delivery.name"),
    ],
)
def test_what_one_invoice_among_others_uses_is_used(changes: dict[str, Any], line: str) -> None:
    plain = used(invoice())
    assert line not in plain
    assert line in used(invoice(), invoice(**changes), invoice())


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "1.2345"},
        {"description": '":1.2345'},
        {"rows__0__description": 'a\\":1.2345'},
        {"buyer__contact__email": "a@1.234.example"},
        {"rows__0__unit_price": "50.10"},
    ],
)
def test_digits_in_a_text_are_no_number_of_many_decimals(changes: dict[str, Any]) -> None:
    assert used(invoice(**changes)) == used(invoice())


def test_a_renamed_member_is_found_under_its_new_name(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "request:\n  invoice.parties: {wire: who}\n  invoice.parties.buyer.name: {wire: title}\n"
        "enums: {method: {EMAIL: {wire: E_MAIL}}}\n",
        "utf-8",
    )
    more = used(invoice(), contract=read(overlay)) - used(invoice())
    assert more == {"request.invoice.parties", "request.invoice.parties.buyer.name", "enums.method.EMAIL"}


def test_every_send_uses_how_the_service_is_asked_and_read() -> None:
    lines = [one.line for one in used_by_sending(SHIPPED, [], by_address=False)]
    assert {"listing.query.from", "listing.record.status", "answer.status", "answer.error.field"} <= set(lines)
    assert not [line for line in lines if line.startswith(("request.", "enums.", "behaviour.", "paths."))]


def test_tracking_uses_less() -> None:
    tracking = {one.line for one in used_by_tracking(SHIPPED, by_address=False)}
    sending = {one.line for one in used_by_sending(SHIPPED, [], by_address=False)}
    assert sending - tracking == {"answer.status"}
    assert tracking < sending


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hosts: {production: {wire: https://other.example}}", "hosts.production"),
        ("headers: {X-Client: {wire: acme}}", "headers.X-Client"),
        ("statuses: {PRINTED: {wire: PRINTED, state: delivered}}", "statuses.PRINTED"),
        ('request: {invoice.rows: {wire: ""}}', "request.invoice.rows"),
        ('enums: {method: {LETTER: {wire: ""}}}', "enums.method.LETTER"),
        ("behaviour: {resend_after_error: {wire: always}}", "behaviour.resend_after_error"),
        ("paths: {create: {wire: /v2}}", "paths.create"),
    ],
)
def test_what_an_overlay_changes_for_every_send_is_used_by_every_send(tmp_path: Path, text: str, line: str) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(text, "utf-8")
    plain = {one.line for one in used_by_sending(SHIPPED, [], by_address=False)}
    assert {one.line for one in used_by_sending(read(overlay), [], by_address=False)} == plain | {line}


def test_an_address_of_the_users_own_does_not_use_the_contracts(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("hosts: {production: {wire: https://other.example}}", "utf-8")
    changed = read(overlay)
    for lines in (used_by_sending(changed, [], by_address=True), used_by_tracking(changed, by_address=True)):
        assert "hosts.production" not in {one.line for one in lines}
