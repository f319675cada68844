"""What must be true at the end, from the outside: whole files, whole runs, the server's own ledger."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from other_server import other_server
from world import DAY, TOKEN, World, csv_rows, csv_text, invoice_rows

pytestmark = pytest.mark.thorough

INVOICES, LINES = 2000, 5
CENT = Decimal("0.01")


def number_of(index: int) -> int:
    return 100_001 + index


def large_rows() -> list[list[str]]:
    rows = []
    for index in range(INVOICES):
        is_credit = index > 0 and index % 97 == 0
        for line in range(LINES):
            rows += invoice_rows(
                number_of(index),
                credits=number_of(index - 1) if is_credit else None,
                Asiakas=f"Åbo Köpmän ä€ {index}",
                Postinumero=f"{index % 90 + 100:05}",
                Selite=f'Putki 5"; "rivi {line}"\r\ntoinen rivi' if line == 0 else f"Työ {line}",
                Määrä=f"{'-' if is_credit else ''}{line + 1},5",
                Hinta=f"{index % 37 + 1},{line}7",
            )
    return rows


@pytest.fixture(scope="module")
def large() -> bytes:
    return csv_text(large_rows(), "\r\n").encode("iso-8859-15")


def expected(index: int) -> tuple[Decimal, Decimal]:
    """Net and VAT of an invoice, by hand."""
    sign = -1 if index > 0 and index % 97 == 0 else 1
    nets = [
        (Decimal(f"{line + 1}.5") * Decimal(f"{index % 37 + 1}.{line}7")).quantize(CENT, ROUND_HALF_UP)
        for line in range(LINES)
    ]
    vats = [(net * Decimal("0.255")).quantize(CENT, ROUND_HALF_UP) for net in nets]
    return sign * sum(nets, Decimal(0)), sign * sum(vats, Decimal(0))


def pieces_of(text: bytes) -> list[bytes]:
    """Split CSV into records: CRLF outside quotes ends one."""
    found, quoted, start = [], False, 0
    for at, byte in enumerate(text):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x0A and not quoted:
            found.append(text[start : at + 1])
            start = at + 1
    return found + ([text[start:]] if start < len(text) else [])


def test_two_thousand_invoices_arrive_once_and_exactly(world: World, large: bytes) -> None:
    source = world.folder / "suuri.csv"
    source.write_bytes(large)
    done = world.but(concurrency=4).command("send", source)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert world.server
    assert world.arrived() == [number_of(index) for index in range(INVOICES)]
    for index in range(INVOICES):
        (body,) = world.server.ledger.bodies(number_of(index))
        tree = json.loads(body, parse_float=Decimal)
        invoice = tree["invoice"]
        net, vat = expected(index)
        amounts = invoice["amounts"]
        assert (amounts["netAmount"], amounts["vatAmount"], amounts["grossAmount"]) == (net, vat, net + vat)
        assert all(type(amount) in (int, Decimal) for amount in amounts.values())
        assert len(invoice["rows"]) == LINES
        buyer = invoice["parties"]["buyerParty"]
        assert buyer["name"] == f"Åbo Köpmän ä€ {index}"
        assert buyer["address"]["postalCode"] == f"{index % 90 + 100:05}"
        is_credit = index > 0 and index % 97 == 0
        assert invoice["header"]["type"] == ("CREDIT_NOTE" if is_credit else "INVOICE")
        if is_credit:
            assert invoice["references"]["creditedInvoiceNumber"] == number_of(index - 1)
    assert world.server.ledger.strangers() == []

    written = (world.folder / "suuri.results.csv").read_bytes()
    before, after = pieces_of(large), pieces_of(written)
    assert len(before) == len(after) == INVOICES * LINES + 1
    for was, now in zip(before, after, strict=True):
        own = was.removesuffix(b"\r\n")
        assert now.startswith(own)
        assert now.endswith(b"\r\n")
        assert now[len(own) : -2].count(b";") == 4
    assert source.read_bytes() == large

    results = world.folder / "suuri.results.csv"
    assert world.command("track").returncode == 0
    rows = csv_rows(results, "iso-8859-15")
    assert [row["confirma_state"] for row in rows] == ["delivered", *[""] * (LINES - 1)] * INVOICES

    header, *records = pieces_of(results.read_bytes())
    kept = [record for index, record in enumerate(sorted(records)) if index // LINES % 3]
    corrected = b"".join([header, *kept]).replace("Åbo Köpmän".encode("iso-8859-15"), b"Turun Kauppa", 5)
    results.write_bytes(corrected)
    assert world.command("track").returncode == 0
    left = {record.split(b";")[0].decode() for record in kept}
    states = {row["Nro"]: row["confirma_state"] for row in csv_rows(results, "iso-8859-15") if row["confirma_state"]}
    assert states == dict.fromkeys(left, "delivered")
    posts = world.posts()
    again = world.command("send", results)
    assert again.returncode in (0, 1), again.stderr
    assert world.posts() == posts == INVOICES


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 502, "after_commit": True},
        {"kind": "status", "status": 502},
        {"kind": "drop", "after_commit": True},
        {"kind": "drop"},
        {"kind": "html", "after_commit": True},
        {"kind": "html"},
        {"kind": "truncated", "after_commit": True},
        {"kind": "late", "seconds": 0.3},
        {"kind": "status", "status": 429, "retry_after": "0"},
    ],
)
@pytest.mark.parametrize("every", [1, 4])
def test_whatever_the_server_does_nothing_is_sent_twice_and_nothing_is_lost(
    world: World, fault: dict[str, Any], every: int
) -> None:
    world = world.but(quiet_period=0.4)
    numbers = list(range(1001, 1021))
    source = world.source(*numbers, rows=invoice_rows(2001, credits=1001))
    world.fault("create", times=5, every=every, **fault)
    codes = []
    for _ in range(8):
        codes.append(world.send(source).exit_code)
        assert len(world.arrived()) == len(set(world.arrived()))
        if codes[-1] == 0:
            break
    assert codes[-1] == 0, codes
    assert set(codes[:-1]) <= {1, 3}
    assert world.arrived() == [*numbers, 2001]
    assert [row["confirma_state"] for row in csv_rows(world.folder / "in.results.csv")].count("ready") == 0
    world.track()
    assert set(world.states().values()) == {"delivered"}
    assert world.places_of_the_token() == []


def test_while_the_listing_hides_the_truth_nothing_is_decided(world: World) -> None:
    source = world.source(1001, 1002)
    world.fault("create", "drop", after_commit=True, numbers=(1002,), times=1)
    world.send(source)
    world.fault("listing", "no_totals")
    world.fault("listing", "forget", numbers=(1001, 1002))
    for _ in range(3):
        assert world.send(source).exit_code == 1
        assert world.states()[1002] == "uncertain"
    assert world.server
    world.server.faults.clear()
    assert world.send(source).exit_code == 0
    assert world.arrived() == [1001, 1002]


def test_one_error_in_one_row_stops_that_invoice_and_not_the_file(world: World) -> None:
    rows = [*invoice_rows(1001, 3), *invoice_rows(1002, 2), *invoice_rows(1002, ALV="kaksi"), *invoice_rows(1003, 2)]
    done = world.command("send", world.source(rows=rows, name="virhe.csv"))
    assert done.returncode == 1
    assert world.arrived() == [1001, 1003]
    lines = done.stdout.splitlines()
    (index,) = [index for index, line in enumerate(lines) if "kaksi" in line]
    assert lines[0].startswith("virhe.csv")
    assert lines[index].split() == ["line", "7", "ALV", '"kaksi"', "invoice", "1002"]
    assert "decimal" in lines[index + 1]
    cells = csv_rows(world.folder / "virhe.results.csv")
    assert cells[3]["confirma_state"] == "invalid"
    assert "kaksi" in cells[3]["confirma_message"]


def test_another_server_with_other_habits(tmp_path: Path) -> None:
    with other_server(TOKEN) as server:
        world = World.at(tmp_path, None, server.url, concurrency=3)
        source = world.source(*range(1001, 1031), rows=invoice_rows(2001, credits=1001))
        server.loses = 2
        first = world.command("send", source)
        assert first.returncode in (1, 3), first.stdout + first.stderr
        again = world.command("send", source)
        assert again.returncode == 0, again.stdout + again.stderr
        assert sorted(header["number"] for header in server.invoices()) == [*range(1001, 1031), 2001]
        assert all(header["date"] == DAY.isoformat() for header in server.invoices())
        tracked = world.command("track", "--json")
        assert tracked.returncode == 0
        assert set(world.states().values()) == {"delivered"}
        rows = csv_rows(tmp_path / "in.results.csv")
        assert {(row["confirma_state"], row["confirma_case_id"]) for row in rows} == {("delivered", "77")}
        assert world.send(source).exit_code == 0
        assert len(server.bodies) == 31
        wrong = world.command("send", world.source(1099, name="b.csv"), CONFIRMA_TOKEN="another-wrong-key")
        assert wrong.returncode == 2
        assert world.places_of_the_token(first.stdout, first.stderr, tracked.stdout, wrong.stderr) == []


def test_an_outage_of_that_server_is_exit_3_and_claims_nothing(tmp_path: Path) -> None:
    with other_server(TOKEN) as server:
        url = server.url
    world = World.at(tmp_path, None, url)
    done = world.command("send", world.source(1001))
    assert done.returncode == 3
    assert world.states() == {}
