"""The whole story on the shipped samples, in the built-in sandbox: `python samples/demo.py FOLDER`.

Everything is done with the command `confirma` itself; what it writes lies in FOLDER, to look at afterwards.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(folder: Path) -> None:
    """Tell the story in a fresh *folder*."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    samples = {"mistakes": "with-mistakes", "cleaning": "row-per-invoice", "tools": "row-per-line"}
    for name, sample in samples.items():
        shutil.copyfile(HERE / sample / "invoices.csv", folder / f"{name}.csv")
    confirma = Confirma(folder)

    say("A file with mistakes: each is named with line, column, value and what was expected. Nothing is sent.")
    confirma("check", "mistakes.csv", exit_code=1)
    say("Sending it sends the good invoice and leaves the others, with the reason beside each.")
    confirma("send", "mistakes.csv", exit_code=1)
    say("Two good files: one row an invoice; one row a line (ISO-8859-15, decimal comma, a total row, a note).")
    confirma("send", "cleaning.csv")
    confirma("send", "tools.csv")
    say("Taken by the API is not delivered: they are waiting. Sending again sends nothing: the journal remembers.")
    confirma("send", "tools.csv")
    time.sleep(2.5)
    say("Later the delivery information tells the truth: one address does not exist, the rest is delivered.")
    confirma("track", exit_code=1)
    say("Every state stands beside its invoice, and nothing else in the file has changed:")
    for name in samples:
        show(folder / f"{name}.sandbox.results.csv")
    print(f"\nThe files are in {folder}. Open the results, change something, and send again.")


class Confirma:
    """The command, run in one folder with a journal of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CONFIRMA_")}
        self._environment = clean | {"CONFIRMA_JOURNAL": str(folder.resolve() / "journal.sqlite3"), "PYTHONUTF8": "1"}

    def __call__(self, *arguments: str, exit_code: int = 0) -> None:
        """Run the command with *arguments*; leave when it ends with another exit code than expected."""
        print(f"\n$ confirma {' '.join(arguments)}", flush=True)
        command = [sys.executable, "-m", "confirma_connector.cli", *arguments]
        done = subprocess.run(command, cwd=self._folder, env=self._environment, check=False)
        print(f"[exit code {done.returncode}]", flush=True)
        if done.returncode != exit_code:
            sys.exit(f"the demo expected exit code {exit_code}")


def say(text: str) -> None:
    """Say what comes next."""
    print(f"\n== {text}", flush=True)


def show(path: Path) -> None:
    """Count the states in a results file."""
    data = path.read_bytes()
    text = data.decode("utf-8") if b"\xc3" in data else data.decode("iso-8859-15")
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    rows = list(csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter))
    states = Counter(row["confirma_state"] for row in rows if row["confirma_state"])
    print(f"  {path.name}: {', '.join(f'{count} × {state}' for state, count in sorted(states.items()))}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
