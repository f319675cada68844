"""What a person has on the screen in the end: lists that end, and nothing of what stood there meanwhile."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from test_overview import remember
from world import World, invoice_rows

from confirma_connector.cli import main
from confirma_connector.dispatch import Dispatch

_COUNTER = re.compile(r"reading in\.csv: [\d,]+ rows")
_ERASED = "\r\x1b[K"


def invoke(world: World, *words: object, **more: Any) -> str:
    """Run a command within this process; give all that it printed."""
    return _run(world, *words, **more).output


def as_json(world: World, *words: object) -> Any:
    return json.loads(_run(world, *words, "--json").stdout)


def _run(world: World, *words: object, **more: Any) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], env=world.environ(), **more)


def lines_with(text: str, words: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if words in line]


# -- lists -------------------------------------------------------------------------------------------------------------


def dearer(world: World, count: int) -> Path:
    """A file of invoices that went with other prices, and the last but one to another buyer."""
    numbers = range(1001, 1001 + count)
    world.send(world.source(rows=[row for number in numbers for row in invoice_rows(number)]))
    changes = {numbers[-2]: {"Kaupunki": "TURKU"}}
    rows = (invoice_rows(one, **changes.get(one, {"Hinta": f"{one},00"})) for one in numbers)
    return world.source(rows=[row for some in rows for row in some])


@pytest.mark.parametrize("count", [3, 11])
def test_a_few_that_differ_by_an_amount_are_all_told(world: World, count: int) -> None:
    told = lines_with(invoke(world, "check", dearer(world, count)), ": conflict: ")
    assert [line.split(":")[0] for line in told] == [f"invoice {1001 + index}" for index in range(count)]


def test_of_many_that_differ_by_an_amount_the_first_are_told_and_one_of_each_other_kind(world: World) -> None:
    source = dearer(world, 30)
    out = invoke(world, "check", source)
    *shown, rest = lines_with(out, ": conflict: ")
    first = (
        "invoice 1001: conflict: this number was sent before with total 125.50, here 2,512.51; nothing is sent again"
    )
    assert shown[0] == first
    assert [line.split(":")[0] for line in shown] == [f"invoice {one}" for one in (*range(1001, 1010), 1029)]
    assert "another buyer name or address" in shown[-1]
    assert rest == "20 invoices (1010–1028, 1030): conflict: more like these; all of them: confirma check --json"
    assert "  conflict: 30" in out.splitlines()
    told = as_json(world, "check", source)["files"][0]["invoices"]
    assert len({one["message"] for one in told}) == 30


def test_many_credit_notes_that_wait_stand_in_the_results(world: World) -> None:
    held = range(1001, 1031)
    rows = [row for one in held for row in (*invoice_rows(one, Hinta="x"), *invoice_rows(one + 1000, credits=one))]
    *shown, rest = lines_with(invoke(world, "send", world.source(rows=rows)), ": not sent: ")
    results = world.folder / "in.results.csv"
    assert [line.split(":")[0] for line in shown] == [f"invoice {one}" for one in range(2001, 2011)]
    assert rest == f"20 invoices (2011–2030): not sent: more like these; all of them: {results}"
    assert all(f"waits for invoice {one}, which is invalid" in results.read_text("utf-8") for one in held)


def test_the_list_of_status_ends_and_what_is_said_of_most_is_among_it(world: World) -> None:
    for number, name in enumerate("abcdefghijkl", 1001):
        remember(world, number, "failed", message=f"no such mailbox: {name}@example.com")
    for number in (1013, 1014):
        remember(world, number, "failed", message="letters are not sent there")
    remember(world, 1015, "attention", message="look")
    out = invoke(world, "status")
    assert lines_with(out, "letters are") == ["2 invoices (1013–1014): failed: letters are not sent there"]
    assert len(lines_with(out, "no such mailbox")) == 9
    rest = "3 invoices (1010–1012): failed: more like these; all of them: confirma status --json"
    assert lines_with(out, "more like these") == [rest]
    assert len(lines_with(out, ": attention: ")) == 1
    assert len(as_json(world, "status")["invoices"]) == 15


def test_what_stays_of_a_stopped_run_is_said_to_be_unsent_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Dispatch.run

    def stopped(self: Dispatch, claims: Any) -> None:
        self.stop.wished.set()
        run(self, claims)

    monkeypatch.setattr(Dispatch, "run", stopped)
    out = invoke(world, "send", world.source(1001, 1002))
    assert lines_with(out, "not sent") == ["2 invoices (1001–1002): not sent: the run stopped before it"]


# -- the counter -------------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Whatever is printed goes to a terminal; give what the runner has to know."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    return {"color": True}


def leftovers(text: str) -> list[str]:
    """Give what follows each counter where it is not taken away at once; there has to be a counter."""
    found = list(_COUNTER.finditer(text))
    assert found, text
    return [text[one.end() :][:30] for one in found if not text[one.end() :].startswith(_ERASED)]


@pytest.mark.parametrize("options", [[], ["--preview", "1001"], ["--preview", "7"], ["--annotate", "--output", "x/y"]])
def test_nothing_of_the_counter_stays_before_what_check_says(
    world: World, terminal: dict[str, Any], options: list[str]
) -> None:
    source = world.source(rows=invoice_rows(1001, lines=1000))
    assert leftovers(invoke(world, "check", source, *options, **terminal)) == []


def test_nothing_of_the_counter_stays_when_there_is_nothing_to_send(world: World, terminal: dict[str, Any]) -> None:
    source = world.source(rows=invoice_rows(1001, lines=1000))
    out = [invoke(world, "send", source, **terminal) for _ in range(2)]
    assert [leftovers(one) for one in out] == [[], []]
    assert "sending" in out[0]
    assert "sending" not in out[1]


def test_a_question_does_not_stand_behind_the_counter(world: World, terminal: dict[str, Any]) -> None:
    remember(world, 1001, "failed")
    source = world.source(rows=invoice_rows(1001, lines=1000))
    out = invoke(world, "send", source, input="n\n", **terminal)
    assert leftovers(out) == []
    assert "Send again?" in out


def test_nothing_of_the_counter_stays_before_what_adopt_and_confirm_say(world: World, terminal: dict[str, Any]) -> None:
    source = world.source(rows=invoice_rows(1001, lines=1000))
    said = [("adopt", source, "--reason", "elsewhere"), ("contract", "confirm", source)]
    assert [leftovers(invoke(world, *words, input="\n", **terminal)) for words in said] == [[], []]
