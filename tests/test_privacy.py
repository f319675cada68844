"""People's data: how long it is kept, that it is really gone then, copies of the journal, identity numbers nowhere."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from test_cli import invoke
from test_journal import ALL, claim, facts, reach
from world import DAY, HEADERS, MAPPING, World, csv_rows, invoice_rows

from confirma_connector.files import locked
from confirma_connector.journal import FINAL, Claim, Journal, State, Step
from confirma_connector.masking import masked

MARKER = b"MARKER-of-a-person"
DAYS = 86_400


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "j" / "journal.sqlite3", "staging", "acme") as journal:
        yield journal


def age(path: Path, days: float) -> None:
    """Let every state of the journal have come about *days* earlier."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE invoices SET changed_at = changed_at - ?", (days * DAYS,))
        database.commit()


def kept(path: Path) -> dict[int, bool]:
    """Say by number whether the request body is still there."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(
            "SELECT number, MAX(LENGTH(body)) FROM invoices JOIN events ON invoice = invoices.id"
            " LEFT JOIN bodies ON bodies.event = events.id GROUP BY number ORDER BY number"
        ).fetchall()
    return {number: bool(is_kept) for number, is_kept in rows}


def places_of(data: bytes, folder: Path) -> list[str]:
    return [path.name for path in sorted(folder.iterdir()) if data in path.read_bytes()]


# -- how long ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ALL)
def test_only_what_is_in_its_final_state_is_ever_dropped(journal: Journal, state: State) -> None:
    reach(journal, state)
    age(journal.path, 1000)
    assert journal.purge(30) == (state in FINAL)
    assert kept(journal.path) == {1001: state not in FINAL}


def test_data_is_kept_for_as_long_as_is_set_and_no_longer(journal: Journal) -> None:
    reach(journal, "delivered")
    age(journal.path, 29.9)
    assert (journal.purge(30), kept(journal.path), journal.kept()) == (0, {1001: True}, 1)
    age(journal.path, 0.2)
    assert (journal.purge(30), kept(journal.path), journal.kept()) == (1, {1001: False}, 0)
    assert journal.purge(0) == 0


def test_another_accounts_data_is_left_alone(journal: Journal) -> None:
    with Journal(journal.path, "staging", "other") as other, Journal(journal.path, "sandbox", "acme") as trial:
        for one in (journal, other, trial):
            reach(one, "delivered")
        assert journal.purge(0) == 1
        assert (other.kept(), trial.kept()) == (1, 1)


def test_what_is_needed_to_send_nothing_twice_stays(journal: Journal) -> None:
    before = reach(journal, "delivered")
    trail = [(event, status) for _, event, status, _ in journal.events(before)]
    journal.purge(0)
    after = journal.named(1001)[0]
    assert after == before
    assert (after.core, after.print) == (facts().core, facts().print)
    assert [(event, status) for _, event, status, _ in journal.events(after)] == trail
    assert journal.events(after)[0][3] == "fingerprint p1"


def test_a_persons_reason_stays_and_the_servers_words_go(journal: Journal) -> None:
    (entry,) = journal.advance(claims=[claim()])
    answer = Step(entry.id, "rejected", "refused", message="no", fields=(("a", "b"),), http_status=422, detail="raw")
    journal.advance([answer])
    journal.advance([Step(entry.id, "handled", "resolved: handled", message="by phone", detail="by phone")])
    journal.purge(0)
    (after,) = journal.named(1001)
    assert (after.message, after.fields) == ("by phone", ())
    assert [detail for *_, detail in journal.events(after)] == ["fingerprint p1", "", "by phone"]


def test_what_goes_again_is_kept_again(journal: Journal) -> None:
    entry = reach(journal, "delivered")
    journal.purge(0)
    journal.advance([Step(entry.id, "failed", "observed", detail="news")])
    journal.reopen(journal.named(1001)[0], [], "to be sent again")
    journal.advance(claims=[claim(print="p2")])
    assert kept(journal.path) == {1001: True}
    journal.advance([Step(entry.id, "credited", "observed", detail="more news")])
    assert journal.purge(0) == 1
    assert {detail for _, event, _, detail in journal.events(entry) if event == "observed"} == {""}


def test_what_the_server_says_after_a_purge_is_dropped_in_its_turn(journal: Journal) -> None:
    entry = reach(journal, "delivered")
    journal.purge(0)
    journal.advance([Step(entry.id, "credited", "observed", detail="news of a person")])
    assert (journal.kept(), journal.purge(0)) == (1, 1)
    assert {detail for _, event, _, detail in journal.events(entry) if event == "observed"} == {""}


def test_send_and_track_drop_what_is_old_by_themselves(world: World) -> None:
    source = world.source(1001, 1002)
    world.send(source)
    world.track()
    assert kept(world.settings.journal) == {1001: True, 1002: True}
    age(world.settings.journal, 31)
    world.track()
    assert kept(world.settings.journal) == {1001: False, 1002: False}
    world.send(world.source(2001, name="b.csv"))
    world.track()
    age(world.settings.journal, 31)
    world.send(source)
    assert kept(world.settings.journal)[2001] is False
    assert world.arrived() == [1001, 1002, 2001]


def test_with_no_days_it_is_gone_as_soon_as_it_is_delivered(world: World) -> None:
    world = world.but(retention_days=0)
    world.send(world.source(1001))
    assert kept(world.settings.journal) == {1001: True}
    world.track()
    assert kept(world.settings.journal) == {1001: False}


def test_the_same_news_is_not_told_again_after_it_was_dropped(world: World) -> None:
    world = world.but(retention_days=0)
    world.send(world.source(1001))
    record = {"invoiceNumber": 1001, "invoiceDate": f"{DAY}", "status": "INTERMEDIATED", "message": "to a@example.com"}
    listing = json.dumps({"distributions": [record], "metaData": {"totalCount": 1}})
    world.fault("listing", "status", status=200, content=listing, content_type="application/json")
    world.send(world.source(1002, name="b.csv"))  # keeps the day being asked for
    lines = []
    for _ in range(4):
        world.track()
        with Journal(world.settings.journal, "staging", "acme") as journal:
            lines.append(len(journal.events(journal.named(1001)[0])))
    assert lines[1:] == lines[:1] * 3
    assert world.states()[1001] == "delivered"
    assert places_of(b"a@example.com", world.settings.journal.parent) == []


# -- really gone -------------------------------------------------------------------------------------------------------


def test_what_was_dropped_is_in_no_byte_of_the_journal(journal: Journal) -> None:
    random.seed(7)
    for start in range(1, 400, 20):
        sizes = [random.choice([1, 40, 300, 4000, 20_000]) for _ in range(20)]
        claims = [Claim(facts(start + index), MARKER * size) for index, size in enumerate(sizes)]
        entries = journal.advance(claims=claims)
        journal.advance(
            [Step(one.id, "rejected", "refused", http_status=422, detail=MARKER.decode() * 9) for one in entries]
        )
        again = [Claim(facts(start + index, print="p2"), MARKER * (21_000 - size)) for index, size in enumerate(sizes)]
        entries = journal.advance(claims=again[::2])
        journal.advance([Step(one.id, "waiting", "taken", detail=MARKER.decode() * 99, message="x") for one in entries])
    folder = journal.path.parent
    assert places_of(MARKER, folder)
    for states in (("waiting", "delivered"), ("rejected", "handled")):
        found = journal.entries([states[0]])
        said = MARKER.decode()
        journal.advance([Step(one.id, states[1], "observed", detail=said, fields=((said, said),)) for one in found])
    assert journal.purge(0) == 400
    assert places_of(MARKER, folder) == []


def test_what_was_overwritten_by_a_correction_is_gone_too(journal: Journal) -> None:
    (entry,) = journal.advance(claims=[Claim(facts(), MARKER * 5000)])
    journal.advance([Step(entry.id, "rejected", "refused")])
    journal.advance(claims=[Claim(facts(print="p2"), b"corrected")])
    journal.advance([Step(entry.id, "delivered", "observed")])
    journal.purge(0)
    assert places_of(MARKER, journal.path.parent) == []


def test_while_somebody_reads_along_the_log_is_emptied_by_who_closes_last(tmp_path: Path) -> None:
    path = tmp_path / "j" / "journal.sqlite3"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        with Journal(path, "staging", "acme") as journal:
            (entry,) = journal.advance(claims=[Claim(facts(), MARKER * 500)])
            journal.advance([Step(entry.id, "delivered", "observed")])
            journal._database.execute("PRAGMA busy_timeout = 0")
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM invoices").fetchall()
            assert journal.purge(0) == 1
        reader.execute("COMMIT")
    assert places_of(MARKER, path.parent) == []


def test_the_sandbox_forgets_what_was_in_old_invoices_as_well(world: World) -> None:
    assert world.server
    ledger = world.server.ledger
    world.send(world.source(1001))
    ledger.drop_bodies(1)
    assert b"1001" in ledger.bodies(1001)[0]
    ledger.drop_bodies(0)
    assert (ledger.bodies(1001), ledger.numbers()) == ([b""], [1001])
    world.track()
    assert world.states() == {1001: "delivered"}


def test_the_sandboxs_own_store_is_private_and_forgets(world: World) -> None:
    alone = {**dict.fromkeys(("CONFIRMA_ENVIRONMENT", "CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_ACCOUNT"), "")}
    source = world.source(rows=invoice_rows(1001, Selite=MARKER.decode()))
    assert invoke(world, "send", source, **alone)[0] == 0
    store = world.settings.journal.with_suffix(".sandbox.sqlite3")
    assert MARKER in b"".join(path.read_bytes() for path in store.parent.glob(f"{store.name}*"))
    assert os.name == "nt" or stat.S_IMODE(store.stat().st_mode) == 0o600
    time.sleep(2.1)  # three steps of a life, a second each
    assert invoke(world, "track", CONFIRMA_RETENTION_DAYS="0", **alone)[0] == 0
    assert places_of(MARKER, store.parent) == []


# -- the command -------------------------------------------------------------------------------------------------------


def test_purging_by_hand_says_how_many(world: World) -> None:
    world.send(world.source(1001, 1002))
    world.track()
    world.send(world.source(1003, name="b.csv"))
    code, out, _ = invoke(world, "journal", "purge")
    assert code == 0
    assert out.splitlines() == [
        "account acme: dropped the data of 0 invoices",
        "2 invoices came to a final state less than 30 days ago; --older-than 0 takes all",
    ]
    _, out, _ = invoke(world, "journal", "purge", "--older-than", 0)
    assert out.splitlines() == ["account acme: dropped the data of 2 invoices"]
    assert kept(world.settings.journal) == {1001: False, 1002: False, 1003: True}


def test_purging_waits_for_a_run_of_the_same_account(world: World) -> None:
    world.send(world.source(1001))
    with Journal(world.settings.journal, "staging", "acme") as journal, locked(journal.lock_path, "busy"):
        assert invoke(world, "journal", "purge")[0] == 3


@pytest.mark.parametrize("words", [["purge"], ["backup", "copy.sqlite3"]])
def test_where_there_is_no_journal_none_is_made(world: World, words: list[str]) -> None:
    code, _, err = invoke(world, "journal", *words)
    assert (code, "there is no journal" in err) == (2, True)
    assert not world.settings.journal.exists()
    assert not (world.folder / "copy.sqlite3").exists()


# -- copies ------------------------------------------------------------------------------------------------------------


def test_a_copy_is_whole_and_private_while_a_run_is_active(world: World) -> None:
    world.send(world.source(*range(1001, 1011)))
    copy = world.folder / "copy.sqlite3"
    with Journal(world.settings.journal, "staging", "acme") as journal, locked(journal.lock_path, "busy"):
        assert invoke(world, "journal", "backup", copy)[0] == 0
    assert os.name == "nt" or stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in world.folder.glob("copy*")] == ["copy.sqlite3"]
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT COUNT(*) FROM invoices").fetchall() == [(10,)]


def test_a_copy_has_nothing_of_a_transaction_under_way(journal: Journal, tmp_path: Path) -> None:
    with Journal(journal.path, "staging", "acme") as other:
        journal.advance(claims=[claim(1001)])
        with journal._transaction() as database:
            database.execute("UPDATE invoices SET status = 'half done'")
            other.backup(tmp_path / "copy.sqlite3")
    with Journal(tmp_path / "copy.sqlite3", "staging", "acme") as copy:
        assert [(entry.number, entry.status) for entry in copy.entries()] == [(1001, "")]


@pytest.mark.parametrize("name", ["there.sqlite3", "no-such-folder/copy.sqlite3"])
def test_a_copy_overwrites_nothing_and_leaves_nothing_half(world: World, name: str) -> None:
    world.send(world.source(1001))
    (world.folder / "there.sqlite3").write_bytes(b"somebody's work")
    code, _, err = invoke(world, "journal", "backup", world.folder / name)
    assert code == 2
    assert name in err.splitlines()[0]
    assert (world.folder / "there.sqlite3").read_bytes() == b"somebody's work"


def restore(world: World, copy: Path) -> None:
    """Do as the documentation says: remove the journal and its log, and copy the file into its place."""
    journal = world.settings.journal
    for path in (journal, *(journal.with_name(journal.name + end) for end in ("-wal", "-shm"))):
        path.unlink(missing_ok=True)
    journal.write_bytes(copy.read_bytes())
    journal.chmod(0o600)


def test_an_old_journal_put_back_doubles_nothing(world: World) -> None:
    world.send(world.source(1001, 1002))
    copy = world.folder / "copy.sqlite3"
    assert invoke(world, "journal", "backup", copy)[0] == 0
    every = world.source(1001, 1002, 1003, 1004)
    world.send(every)
    restore(world, copy)
    report = world.send(every)
    assert world.arrived() == [1001, 1002, 1003, 1004]
    assert {number: world.states()[number] for number in (1003, 1004)} == {1003: "conflict", 1004: "conflict"}
    assert "already at Confirma" in world.entries()[1003].message
    assert report.exit_code == 1
    for number in (1003, 1004):
        assert invoke(world, "resolve", number, "--arrived", "--reason", "restored journal")[0] == 0
    world.track()
    assert set(world.states().values()) == {"delivered"}
    assert world.send(every).exit_code == 0
    assert world.arrived() == [1001, 1002, 1003, 1004]


# -- personal identity numbers -----------------------------------------------------------------------------------------

RIGHT, WRONG, ODD = "131052-308T", "131052-308X", "1310-52308T-9"
"""A made-up identity code that fits, one whose check character does not, and one that has not even the form."""
BY_PERSON = MAPPING.replace("  buyer.business_id: buyer_id\n", "  buyer.personal_identity_number: buyer_id\n")
BY_PERSON = BY_PERSON.replace(
    "  buyer.address.street: street\n", "  buyer.entity_type: {constant: CONSUMER}\n  buyer.address.street: street\n"
)


def people(world: World) -> World:
    """Give a world whose column of business ids holds personal identity numbers."""
    path = world.folder / "people.yaml"
    path.write_text(BY_PERSON, encoding="utf-8")
    return world.but(mapping=str(path))


def spellings(number: str) -> tuple[str, ...]:
    return (number, number.lower(), "".join(filter(str.isalnum, number)), number.replace("-", "\\u002d"))


def leaks(world: World, outputs: Iterable[str]) -> list[str]:
    """Say where one of the numbers is: in outputs, in the result cells, in any other file, in the journal but its bodies."""
    found = [
        f"{where}: {number}"
        for number in (RIGHT, WRONG, ODD)
        for spelled in spellings(number)
        for where, text in [*enumerate(outputs), *_written(world)]
        if spelled.casefold() in text.casefold()
    ]
    return sorted(set(found))


def _written(world: World) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(world.settings.journal)) as database:
        database.execute("PRAGMA query_only = 1")
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "body"]
            for row in database.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall():
                yield f"journal, {table}", repr(row)
    for path in world.folder.rglob("*"):
        if path.is_dir() or world.settings.journal.name in path.name or path.name in ("in.csv", "mixed.csv"):
            continue
        if "results" in path.name:
            for row in csv_rows(path):
                yield path.name, repr([cell for name, cell in row.items() if name not in HEADERS])
        else:
            yield path.name, path.read_text(encoding="utf-8")


def echo(number: str) -> dict[str, object]:
    """Give a refusal that repeats what it was sent, in its sentence, at a field and as JSON in JSON."""
    request = json.dumps({"personalIdentityNumber": number})
    said = {
        "message": f"Not a person: {number}",
        "errors": [
            {"field": "invoice.parties.buyerParty.personalIdentityNumber", "message": f"{number} is not valid"},
            {"field": "invoice.header.date", "message": f"no invoices for {number.replace('-', '')} today"},
        ],
        "request": request,
        "escaped": "ESCAPED",
    }
    content = json.dumps(said).replace("ESCAPED", number.replace("-", "\\u002d"))
    return {"content": content, "content_type": "application/json"}


def every_command(world: World, source: Path, numbers: Iterable[int]) -> list[str]:
    outputs: list[str] = []

    def run(*words: object) -> None:
        _, out, err = invoke(world, *words)
        assert "Traceback" not in err
        outputs.extend((out, err))

    for words in (["check", source], ["send", source], ["send", source], ["track"]):
        run(*words)
        run(*words, "--json", "--log-json")
    run("report", "--html", world.folder / "page.html")
    run("status", "--csv", DAY, DAY, "--output", world.folder / "list.csv")
    assert (world.folder / "page.html").exists()
    assert (world.folder / "list.csv").exists()
    for words in (["status"], ["journal", "purge"], *(["show", number] for number in numbers)):
        run(*words)
    for words in (["status", "--json"], *(["show", number, "--json"] for number in numbers)):
        run(*words)
    return outputs


def test_identity_numbers_are_nowhere_but_in_the_request(world: World) -> None:
    world = people(world)
    rows = [
        row
        for index, number in enumerate((RIGHT, WRONG, ODD))
        for row in invoice_rows(1001 + index, **{"Asiakkaan tunnus": number})
    ]
    rows += invoice_rows(1004, Hinta="kaksi", **{"Asiakkaan tunnus": RIGHT})
    rows += [*invoice_rows(1005, **{"Asiakkaan tunnus": RIGHT}), *invoice_rows(1005, **{"Asiakkaan tunnus": WRONG})]
    rows += [*invoice_rows(1006, **{"Asiakkaan tunnus": ODD}), *invoice_rows(1006, **{"Asiakkaan tunnus": ODD[1:]})]
    outputs = every_command(world, world.source(rows=rows), range(1001, 1007))
    assert world.arrived() == [1001, 1002, 1003]
    assert world.server
    assert RIGHT.encode() in world.server.ledger.bodies(1001)[0]
    assert "******-****" in outputs[0]
    assert leaks(world, outputs) == []


@pytest.mark.parametrize("number", [RIGHT, WRONG, ODD])
def test_what_the_server_repeats_is_masked(world: World, number: str) -> None:
    world = people(world)
    source = world.source(
        rows=[row for n in (1001, 1002, 1003) for row in invoice_rows(n, **{"Asiakkaan tunnus": number})]
    )
    for status, more in ((422, {}), (503, {}), (200, {"after_commit": True})):
        world.fault("create", "status", status=status, times=1, **more, **echo(number))
    outputs = every_command(world, source, (1001, 1002, 1003))
    assert "not valid" in "".join(outputs)
    assert leaks(world, outputs) == []


def test_a_refused_key_that_repeats_the_request_is_masked(world: World) -> None:
    world = people(world)
    world.fault("create", "status", status=403, **echo(ODD))
    outputs = every_command(world, world.source(rows=invoice_rows(1001, **{"Asiakkaan tunnus": ODD})), (1001,))
    assert "HTTP 403" in "".join(outputs)
    assert leaks(world, outputs) == []


@pytest.mark.parametrize("number", [RIGHT, WRONG])
def test_a_listing_that_repeats_it_is_masked(world: World, number: str) -> None:
    world = people(world)
    source = world.source(rows=invoice_rows(1001, **{"Asiakkaan tunnus": number}))
    world.send(source)
    record = {"invoiceNumber": 1001, "invoiceDate": f"{DAY}", "status": "ERROR", "message": f"{number} is not known"}
    listing = json.dumps({"distributions": [record | {"buyer": number}], "metaData": {"totalCount": 1}})
    world.fault("listing", "status", status=200, content=listing, content_type="application/json")
    outputs = every_command(world, source, (1001,))
    assert world.states() == {1001: "failed"}
    assert "******-**** is not known" in "".join(outputs)
    assert leaks(world, outputs) == []


def test_an_identity_number_in_the_wrong_column_is_masked_as_well(world: World) -> None:
    rows = [
        *invoice_rows(1001, **{"Asiakkaan tunnus": RIGHT}),  # the column of business ids
        *invoice_rows(WRONG, Asiakas="x"),  # the column of invoice numbers
        *invoice_rows(1003, Postinumero=RIGHT),
        *invoice_rows(1004, Hinta=WRONG),
    ]
    outputs = every_command(world, world.source(rows=rows), (1001, 1003, 1004))
    assert "E-BUSINESS-ID" in outputs[0]
    assert [where for where in leaks(world, outputs) if ODD not in where] == []


def test_a_persons_reason_is_masked(world: World) -> None:
    world.fault("create", "drop", times=1)
    world = world.but(quiet_period=600)
    world.send(world.source(1001))
    resolved = invoke(world, "resolve", 1001, "--handled", "--reason", f"{RIGHT} called")
    shown = invoke(world, "show", 1001)
    assert "******-**** called" in shown[1]
    assert leaks(world, [resolved[1], shown[1]]) == []


def test_after_a_purge_the_number_is_in_no_byte_of_the_journal(world: World) -> None:
    world = people(world).but(retention_days=0)
    world.send(world.source(rows=invoice_rows(1001, **{"Asiakkaan tunnus": RIGHT})))
    assert places_of(RIGHT.encode(), world.settings.journal.parent)
    world.track()
    assert world.states() == {1001: "delivered"}
    assert places_of(RIGHT.encode(), world.settings.journal.parent) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("131052-308T", "******-****"),
        ("131052A308T and 010100+123D", "*********** and ******+****"),
        ("19900101-1234.", "********-****."),
        ('{"id":"131052\\u002b308T"}', '{"id":"******\\*********"}'),
    ],
)
def test_the_form_of_an_identity_number_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("2331972-7", "2516000017", "RF18 5390 0754 7034", "2026-11-23T10:00:00+02:00", "FI2112345600000785"),
        *("131052-308T-1", "1131052-308T", "e1f2131052-3081", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "040 123 4567"),
    ],
)
def test_other_numbers_are_let_be(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("known", ["", "7", "1234"])
def test_a_value_too_short_to_be_told_apart_hides_nothing(known: str) -> None:
    assert masked('{"status": 7, "number": 1234}', [known]) == '{"status": 7, "number": 1234}'
