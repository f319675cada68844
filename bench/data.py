"""The files that everybody works on: made once a day, in any size, and kept below .work/bench."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.making import MAPPING, write_csv, write_xlsx
from bench.measuring import ROOT, environment

__all__ = ["DAYS", "Data"]

DAYS = 30
"""The pending invoices of a journal are dated over as many days."""


@dataclass(frozen=True)
class Data:
    """Files of one day: their invoices are dated in the four weeks before it."""

    folder: Path
    today: dt.date

    def csv(self, rows: int) -> Path:
        """Give a text file of *rows* rows."""
        path = self._path(f"{rows}.csv")
        if not path.is_file():
            with_name = path.with_name(f"making-{path.name}")
            write_csv(with_name, rows, begin=self._begin)
            with_name.rename(path)
        return path

    def xlsx(self, rows: int) -> Path:
        """Give a workbook of *rows* rows."""
        path = self._path(f"{rows}.xlsx")
        if not path.is_file():
            with_name = path.with_name(f"making-{path.name}")
            write_xlsx(with_name, rows, begin=self._begin)
            with_name.rename(path)
        return path

    def mapping(self, adapter: str) -> Path:
        """Give the mapping for files that *adapter* reads."""
        path = self._path(f"{adapter}.yaml")
        path.write_text(MAPPING.format(adapter=adapter), "utf-8")
        return path

    def bodies(self, rows: int) -> Path:
        """Give the request bodies of the text file of *rows* rows, one a line."""
        path = self._path(f"{rows}.bodies")
        if not path.is_file():
            self._fill(rows, path, self._path("no.sqlite3"), 0)
        return path

    def journal(self, pending: int) -> Path:
        """Give a journal with *pending* invoices that wait, of thirty days."""
        path = self._path(f"{pending}.sqlite3")
        if not path.is_file():
            path.with_suffix(".making").unlink(missing_ok=True)
            self._fill(1000, self._path("1000.bodies"), path.with_suffix(".making"), pending)
            path.with_suffix(".making").rename(path)
        return path

    def forget_others(self) -> None:
        """Delete what another day left behind."""
        for path in self.folder.glob("*"):
            if not path.name.startswith(self.today.isoformat()):
                path.unlink()

    def _fill(self, rows: int, bodies: Path, journal: Path, pending: int) -> None:
        given = {
            "source": self.csv(rows),
            "mapping": self.mapping("csv_file"),
            "bodies": bodies,
            "journal": journal,
            "pending": pending,
            "days": DAYS,
        }
        said = [f"{name}={value}" for name, value in given.items()]
        command = [sys.executable, "-m", "bench.path", str(self._path("filled.json")), "bench.ours.filling", *said]
        subprocess.run(command, cwd=ROOT, env=environment(), check=True)

    def _path(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{self.today.isoformat()}-{name}"

    @property
    def _begin(self) -> dt.date:
        return self.today - dt.timedelta(days=28)
