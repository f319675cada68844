"""`confirma contract diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.saying import say
from confirma_connector.contract import Contract, read
from confirma_connector.contracting.comparing import compare
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.openapi import Described, load
from confirma_connector.contracting.overlaying import write
from confirma_connector.language import mark, tr, trn

__all__ = ["diff"]

_HEADINGS = {
    Weight.STOPS: mark("nothing can be sent, all is refused, or an invoice would be another one:"),
    Weight.DANGER: mark("invoices may be lost from sight, sent twice, or wrong:"),
    Weight.LOSS: mark("something of an invoice, or of what Confirma says of it, may be left out:"),
    Weight.ADAPTED: mark("otherwise than here, and taken over:"),
    Weight.NEW: mark("good to know:"),
    Weight.FITS: mark("as here:"),
}


@click.command("diff")
@click.argument("file", metavar="OPENAPI", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--overlay", type=click.Path(path_type=Path), help="Write the overlay that adapts us into this file.")
@click.option("--replace", is_flag=True, help="Replace the file of --overlay when it is there already.")
@click.option("--all", "shows_all", is_flag=True, help="List what is as here too.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@options.settings_options
def diff(file: Path, overlay: Path | None, replace: bool, shows_all: bool, as_json: bool, **given: Any) -> None:
    """Compare the vendor's OPENAPI file (3.0 or 3.1, JSON or YAML) with the contract, what matters most first.

    The exit code is 0 when nothing is left for a person, 1 when something is, 2 when the file cannot be read.
    """
    contract = read(options.loaded_settings(given).contract)
    described = load(file)
    notes = compare(contract, described)
    if overlay is not None:
        write(overlay, contract, notes.changes, _title(described), replaces=replace)
    if as_json:
        _as_json(contract, described, notes, overlay)
    else:
        _tell(contract, described, notes, shows_all)
        if overlay is not None:
            say(tr("{path} adapts us to it (CONFIRMA_CONTRACT); try it with confirma contract verify", path=overlay))
    raise click.exceptions.Exit(1 if notes.needs_person else 0)


def _title(described: Described) -> str:
    about = described.tree.get("info")
    about = about if isinstance(about, dict) else {}
    return f"{described.path.name}: {about.get('title', '')} {about.get('version', '')}".strip()


def _unconfirmed(contract: Contract, notes: Notes) -> list[str]:
    """Give the lines that nobody has confirmed, and that the file has as we do."""
    provisional = {one.line for one in contract.provisional()}
    return [one.line for one in notes.findings if one.weight == Weight.FITS and one.line in provisional]


def _tell(contract: Contract, described: Described, notes: Notes, shows_all: bool) -> None:
    say(_title(described))
    shown = [one for one in notes.in_order() if shows_all or one.weight != Weight.FITS]
    for weight, heading in _HEADINGS.items():
        lines = [one.told(described) for one in shown if one.weight == weight]
        if lines:
            say(tr(heading))
            for line in lines:
                say(f"  {line}")
    fitting = sum(one.weight == Weight.FITS for one in notes.findings)
    say(
        trn(
            "{count} line of the contract is as the file says",
            "{count} lines of the contract are as the file says",
            fitting,
        )
    )
    if found := _unconfirmed(contract, notes):
        say(
            trn(
                '{count} of them nobody has confirmed; a ground: confirma contract confirm FILE --ground "{title}"',
                '{count} of them nobody has confirmed; a ground: confirma contract confirm FILE --ground "{title}"',
                len(found),
                title=_title(described),
            )
        )
    left = sum(one.needs_person for one in notes.findings)
    if left:
        say(trn("{count} thing is left for a person", "{count} things are left for a person", left))


def _as_json(contract: Contract, described: Described, notes: Notes, overlay: Path | None) -> None:
    changes = [{"line": one.line, **dict(one.values), "why": one.why, "is_open": one.is_open} for one in notes.changes]
    told = {
        "version": 1,
        "file": str(described.path),
        "contract": contract.version,
        "findings": [one.as_json(described) for one in notes.in_order()],
        "changes": changes,
        "unconfirmed_but_there": _unconfirmed(contract, notes),
        "needs_person": notes.needs_person,
        "overlay": str(overlay) if overlay else None,
    }
    say(json.dumps(told, ensure_ascii=False, indent=2))
