"""An account for one trial: a stand-in for the service on this machine, a journal, and a sample to send."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from confirma_connector.errors import ConfirmaError
from confirma_connector.mapping import LoadedMapping
from confirma_connector.pipeline import Choice, Run, send, track
from confirma_connector.report import FileReport
from confirma_connector.sandbox import StandIn
from confirma_connector.testing.finding import Needless, Untried
from confirma_connector.testing.trial import Trial
from confirma_connector.testing.written import written

__all__ = ["KEY", "Account", "listed", "opened"]

KEY = "conformance-kit"


@dataclass
class Account:
    """A journal and a server of its own. *sellable* are the numbers that can be sent, in the order of the sample."""

    trial: Trial
    folder: Path
    run: Run
    server: StandIn
    mapping: Path
    sellable: list[int]
    notices: Sequence[str] = ()
    """What the last asking said of files that could not be written."""

    def send(self, path: Path, only: Collection[int] | None = None) -> list[FileReport]:
        """Send a file, or of it *only* these invoices. Raises ConfirmaError."""
        wanted = None if only is None else frozenset(only)
        return list(send(self.run, Choice((path,), mapping=str(self.mapping), only=wanted)).files)

    def track(self) -> list[FileReport]:
        """Ask what became of the invoices, and update every results file. Raises ConfirmaError."""
        report = track(self.run, Choice())
        self.notices = report.notices
        return list(report.files)

    def arrived(self) -> list[int]:
        """Give the numbers that the server took, one for each copy."""
        return sorted(self.server.ledger.numbers(pending=True))

    def beside(self, path: Path, told: FileReport) -> dict[str, tuple[str, str]]:
        """Read from a results file what stands beside each invoice: state and case, by number. Raises ConfirmaError."""
        results = Path(told.results)
        if (rows := listed(results)) is not None:
            return rows
        mapping = self.run.mapping(results, str(self.mapping))
        found = self.run.read(results, mapping, b"conformance", is_target=True, made_from=path)
        found.close()
        records = {record.at: record.values for record in mapping.adapter.read(found.source)}
        headers = mapping.headers
        cells = ((item, records.get(item.at, {})) for item in found.items)
        return {
            item.label: (str(values.get(headers.state) or ""), str(values.get(headers.case_id) or ""))
            for item, values in cells
        }


def listed(path: Path) -> dict[str, tuple[str, str]] | None:
    """Read a list of results; None when the file is none."""
    if path.suffix != ".csv" or not path.read_bytes().startswith(b"\xef\xbb\xbfnumber;where;"):
        return None
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row[0]: (row[2], row[5]) for row in list(csv.reader(file, delimiter=";"))[1:]}


@contextlib.contextmanager
def opened(trial: Trial) -> Iterator[Account]:
    """Give an account with nothing in it. Raises Untried, ConfirmaError."""
    named = trial.needed_mapping()
    try:
        from confirma_connector.sandbox import serve_in_thread

        folder = trial.new_folder()
        serving = serve_in_thread(folder / "stand-in.sqlite3", key=KEY, pace=0)
    except ImportError as error:
        raise Untried(f'this needs more: pip install "confirma-connector[sandbox]" ({error.name})') from None
    trial.surveyed(trial.path)
    with contextlib.suppress(Needless):
        written(trial, trial.copy(), "one", f"wrote results into a copy of {trial.name}")  # so that it is known to end
    with serving as server:
        run = trial.run_with(
            url=server.url,
            token=KEY,
            account="conformance",
            journal=folder / "journal" / "journal.sqlite3",
            quiet_period=0,
            timeout=20,
            concurrency=1,
        )
        mapping = _of_today(trial, named, folder)
        found = run.read(trial.copy(), run.mapping(trial.path, str(mapping)), b"conformance")
        found.close()
        sellable = [item.number for item in found.items if item.facts is not None and item.number is not None]
        if not sellable:
            raise Untried("no invoice in the sample can be sent: mend that first")
        yield Account(trial, folder, run, server, mapping, sellable)


def _of_today(trial: Trial, named: LoadedMapping, folder: Path) -> Path:
    """Give a mapping by which the invoices are dated today: for old ones nobody asks any more what became of them."""
    pattern = named.file.locale.dates[0] if named.file.locale.dates else "%Y-%m-%d"
    today = dt.date.today()
    dates = {"date": today, "due_date": today + dt.timedelta(days=14)}
    tree = {
        "version": 1,
        "name": "of-today",
        "extends": str(named.path.resolve()),
        "adapter": named.adapter.name,
        "invoice": {
            field: {"constant": day.strftime(pattern)} for field, day in dates.items() if field in named.file.invoice
        },
    }
    path = folder / "of-today.yaml"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
    was = [item.facts is not None for item in trial.surveyed(trial.path)]
    with contextlib.suppress(ConfirmaError):
        found = trial.run.read(trial.path, trial.run.mapping(trial.path, str(path)), b"conformance")
        found.close()
        if [item.facts is not None for item in found.items] == was:
            return path
    return named.path
