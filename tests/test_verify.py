"""One invoice through staging: sent once, looked at, and confirmed by nobody but a person."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from world import MAPPING, TOKEN, Clock, World, invoice_rows

from confirma_connector.cli import main


def verify(world: World, *words: object, **environ: str) -> tuple[int, str, str]:
    """Run the command within this process, without waiting for the listing."""
    given = ["contract", "verify", *map(str, words), "--wait", "0"]
    result = CliRunner().invoke(main, given, env={**world.environ(), **environ})
    return result.exit_code, result.stdout, result.stderr


def test_one_invoice_goes_and_what_came_back_is_shown(world: World) -> None:
    code, out, err = verify(world, world.source(1001, 1002))
    assert (code, world.arrived()) == (0, [1001]), err
    assert '"description": "Työ"' in out
    assert 'taken (HTTP 200): {"message": "Invoice received"' in out
    assert "record.status = status" in out
    assert "Not seen, so not proved: record.gross_amount." in out
    assert "Came back and means nothing to this program: paymentControlStatus." in out
    assert "request.invoice.rows.unit_price" in out
    assert "request.invoice.rows.unit," not in out
    assert "ask Confirma for the picture of invoice 1001" in out
    assert "confirma contract confirm" in out
    assert "SANDBOX" not in out
    assert world.places_of_the_token(out, err) == []


def test_nothing_is_confirmed_by_it(world: World) -> None:
    world = world.but(contract=world.folder / "overlay.yaml")
    (world.folder / "overlay.yaml").write_text("# ours\n", "utf-8")
    assert verify(world, world.source(1001))[0] == 0
    assert (world.folder / "overlay.yaml").read_text("utf-8") == "# ours\n"
    assert not (world.folder / "config").exists()


def test_until_it_is_listed_running_again_goes_on_with_the_same_invoice(world: World, clock: Clock) -> None:
    source = world.source(1001, 1002)
    world.fault("listing", "lag", seconds=3600)
    code, out, _ = verify(world, source)
    assert code == 1
    assert (
        f'It is not in the delivery information yet. Go on later, tomorrow for example, with: confirma contract verify "{source}" --only 1001'
        in out
    )
    clock.ahead = 7200
    code, out, _ = verify(world, source)
    assert (code, world.arrived()) == (0, [1001])
    assert "taken (HTTP 200)" in out
    assert "record.created_at = createdAt" in out


def test_the_invoice_may_be_named_and_what_is_done_is_left_alone(world: World) -> None:
    source = world.source(1001, 1002, 1003)
    assert verify(world, source, "--only", 1002)[0] == 0
    world.track()
    assert verify(world, source)[0] == 0
    world.track()
    assert verify(world, source)[0] == 0
    world.track()
    assert world.arrived() == [1001, 1002, 1003]
    code, _, err = verify(world, source)
    assert code == 2
    assert "no valid invoice that is not done already" in err
    assert verify(world, source, "--only", 1002)[0] == 0
    assert world.arrived() == [1001, 1002, 1003]


@pytest.mark.parametrize("number", [1002, 7])
def test_an_invoice_that_is_invalid_or_not_there_is_refused(world: World, number: int) -> None:
    code, _, err = verify(world, world.source(1001, rows=invoice_rows(1002, Hinta="x")), "--only", number)
    assert (code, world.posts()) == (2, 0)
    assert f"no valid invoice {number}" in err


@pytest.mark.parametrize(("status", "state"), [(422, "rejected"), (502, "uncertain")])
def test_what_is_not_taken_proves_nothing(world: World, status: int, state: str) -> None:
    world.fault("create", "status", status=status)
    code, out, _ = verify(world, world.source(1001))
    assert code == 1
    assert f"invoice 1001 is {state}, and not known to be taken: HTTP {status}" in out
    assert f"(HTTP {status})" in out
    assert "did not refuse" not in out
    assert "confirma contract confirm" not in out


def test_a_row_that_differs_from_what_was_sent_is_told(world: World) -> None:
    verify(world, world.source(1001))
    _, out, _ = verify(world, world.source(rows=invoice_rows(1001, Hinta="60,00")), "--only", 1001)
    assert "total 125.50, here 150.60" in out
    assert world.arrived() == [1001]


def test_a_wrong_key_is_one_clear_line(world: World) -> None:
    code, out, err = verify(world, world.source(1001), CONFIRMA_TOKEN="WRONG-KEY-012345")
    assert (code, world.arrived()) == (2, [])
    assert "401" in err.splitlines()[-1]
    assert "WRONG-KEY" not in out + err


def test_personal_identity_numbers_are_hidden(world: World) -> None:
    (world.folder / "mapping.yaml").write_text(
        MAPPING.replace("  buyer.name:", "  buyer.personal_identity_number: text\n  buyer.name:"), "utf-8"
    )
    code, out, _ = verify(world, world.source(rows=invoice_rows(1001, Selite="131052-308T")))
    assert code == 0
    assert "131052" not in out


def test_it_can_be_tried_in_the_sandbox(world: World) -> None:
    nothing = dict.fromkeys(("CONFIRMA_ENVIRONMENT", "CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_ACCOUNT"), "")
    code, out, _ = verify(world, world.source(1001), **nothing)
    lines = out.splitlines()
    assert code == 0
    assert "SANDBOX" in lines[0]
    assert "SANDBOX" in lines[-1]
    assert world.arrived() == []
    assert TOKEN not in out
