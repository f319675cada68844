"""One adapter and one sample, and what trying them needs: copies to work on, readings, the places of hooks."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from confirma_connector import contract
from confirma_connector.asking import Adapter
from confirma_connector.calling import PATIENCE
from confirma_connector.contract import Contract
from confirma_connector.errors import ConfirmaError
from confirma_connector.items import Item
from confirma_connector.limits import Limits
from confirma_connector.mapping import LoadedMapping
from confirma_connector.patience import Late, within
from confirma_connector.recognition import mapping_for
from confirma_connector.records import RESULT_HEADERS, Record, Result, ResultHeaders, Source, Value, holds_results
from confirma_connector.run import Run
from confirma_connector.settings import Settings
from confirma_connector.testing.bare import Bare, cause_of
from confirma_connector.testing.finding import Broken, Finding, Untried
from confirma_connector.testing.sample import Sample
from confirma_connector.testing.subject import Subject

__all__ = ["HEAD", "Trial", "change", "sight", "spelled"]

Sight = tuple[Mapping[str, Value], str, str | None, bool, bool]
"""What a record says, apart from where it stands and of the results in it."""

_MOST = 10_000
_ABSENT = "(not there)"
HEAD = 65_536
"""So many of its first bytes `detect` sees of a file."""


@dataclass
class Trial:
    """An adapter on trial with a sample. What it writes lies below *folder*; paths are relative to *base*.

    *patience* is how many seconds a small file may take. *headers* are other ones than the mapping's for the results.
    """

    subject: Subject
    sample: Sample
    base: Path
    folder: Path
    patience: float = PATIENCE
    headers: ResultHeaders | None = None
    _copies: Iterator[int] = field(default_factory=itertools.count)

    @property
    def adapter(self) -> Adapter:
        """The adapter."""
        return self.subject.adapter

    @property
    def bare(self) -> Bare:
        """Its hooks as they are."""
        return Bare(self.adapter)

    @property
    def name(self) -> str:
        """The name of the sample's file."""
        return self.path.name

    @cached_property
    def path(self) -> Path:
        """The sample's own file, which nobody may change."""
        return self.found(self.sample.path)

    def found(self, path: str | Path) -> Path:
        """Give a file that the sample names. Raises Broken when it is not there."""
        if not (self.base / path).is_file():
            cure = "name files from the folder of the test class (of `confirma adapters check`: from where you are)"
            done, came = "looked for the files that the sample names", f"there is no file {self.base / path}"
            raise Broken(Finding(done, f"a file {path}", came, f"Sample({str(self.sample.path)!r}, …)", cure))
        return (self.base / path).resolve()

    @cached_property
    def run(self) -> Run:
        """A run that knows the adapter; nothing of this machine's settings is in it."""
        return self.run_with()

    def run_with(self, **settings: Any) -> Run:
        """Give a run with these settings."""
        chosen = Settings.model_validate({"journal": self.folder / "journal.sqlite3", **settings})
        return Run(chosen, self.contract, self.subject.registry)

    @cached_property
    def contract(self) -> Contract:
        """The shipped contract."""
        return contract.read()

    @cached_property
    def mapping(self) -> LoadedMapping | None:
        """The sample's mapping; None when none was named and none of the shipped ones fits. Raises MappingError."""
        named = self.sample.mapping
        if named is not None:
            is_file = Path(named).suffix in (".yaml", ".yml")
            return self.run.mapping(self.path, str(self.found(named)) if is_file else str(named))
        try:
            return mapping_for(self.path, None, self.subject.registry, {}, Limits())
        except ConfirmaError:
            return None

    def needed_mapping(self) -> LoadedMapping:
        """Give the mapping, which has to be one for this adapter. Raises Untried, MappingError."""
        if self.mapping is None:
            raise Untried('no shipped mapping fits the sample: give it one, mapping="mapping.yaml" (CLI: --mapping)')
        if self.mapping.adapter.name != self.adapter.name:
            raise Untried(
                f'the mapping {self.mapping.path} says "adapter: {self.mapping.adapter.name}"; give one that says '
                f'"adapter: {self.adapter.name}"'
            )
        return self.mapping

    def source(self, path: Path, **more: Any) -> Source:
        """Describe *path* as the host does, with the options of the mapping."""
        mapping = self.mapping
        is_its = mapping is not None and mapping.adapter.name == self.adapter.name
        options = mapping.options if is_its and mapping is not None else self._usual_options()
        headers = mapping.headers if is_its and mapping is not None else RESULT_HEADERS
        return Source((path,), options, self.headers or headers, **more)

    def _usual_options(self) -> object:
        model = self.adapter.options()
        if model is None:
            return None
        try:
            return model()
        except ValueError:
            raise Untried('its `source:` block has keys that have to be set: give a mapping, mapping="…"') from None

    def copy(self, path: Path | None = None) -> Path:
        """Copy a file (without one: the sample) into a folder of its own, with what lies beside the sample."""
        folder = self.new_folder()
        for one in (path or self.path, *map(self.found, self.sample.beside)):
            shutil.copyfile(one, folder / one.name)
        return folder / (path or self.path).name

    def made(self, content: bytes, name: str = "") -> Path:
        """Write a file with this content into a folder of its own, with what lies beside the sample."""
        path = self.copy().with_name(name or self.name)
        path.write_bytes(content)
        return path

    def new_folder(self) -> Path:
        """Make an empty folder."""
        folder = self.folder / f"trial-{next(self._copies)}"
        folder.mkdir(parents=True)
        return folder

    @cached_property
    def content(self) -> bytes:
        """The bytes of the sample."""
        return self.path.read_bytes()

    @cached_property
    def records(self) -> list[Record]:
        """The records of the sample. Raises ConfirmaError, Late."""
        return self.read(self.path)

    def read(self, path: Path, **more: Any) -> list[Record]:
        """Read a file whole, with the time and the number of records bounded. Raises ConfirmaError, Late."""
        source = self.source(path, **more)
        most = max(_MOST, 2 * path.stat().st_size)
        records = within(self.patience, lambda: list(itertools.islice(self.bare.read(source), most + 1)))
        if len(records) > most:
            raise Late
        return records

    def read_once(self, path: Path) -> list[Record]:
        """Give the records of a file that does not change; of this sample they are read once."""
        return self.records if path.read_bytes() == self.content else self.read(path)

    def write(self, path: Path, results: Sequence[Result], target: Path) -> None:
        """Write results into a copy of *path*. Raises NoWriteBack, SourceError, OSError, HookFailed, Late."""
        source = self.source(path, is_target=True)
        within(self.patience, lambda: self.bare.write(source, results, target))

    def answered(self, path: Path, head: bytes) -> str:
        """Ask detect about a name and a head. Raises HookFailed, Late."""
        return within(self.patience, lambda: self.bare.answered(path, head))

    def detected(self, path: Path) -> str:
        """Ask detect about a file. Raises HookFailed, Late."""
        return self.answered(path, path.read_bytes()[:HEAD]) if "detect" in self.adapter.hooks else "no"

    def surveyed(self, path: Path) -> list[Item]:
        """Give the invoices of *path* as the host sees them. Raises Untried, ConfirmaError."""
        self.read(path)  # so that it is known to end
        found = self.run.read(path, self.needed_mapping(), b"conformance")
        found.close()
        return found.items

    def fault(self, done: str, expected: str, came: str, cure: str, hook: str = "read") -> Finding:
        """Make a finding about *hook*."""
        return Finding(done, expected, came, self.bare.home(hook), cure)

    def failure(self, done: str, expected: str, error: BaseException, cure: str, hook: str = "read") -> Finding:
        """Make the finding about an error that *hook* should not have raised."""
        cause = cause_of(error)
        said = " ".join(str(cause).split())[:300]
        came = said if cause is error else f"{type(cause).__name__}: {said}"
        return Finding(done, expected, came, self.bare.place(cause, hook), cure)

    def without_ending(self, done: str, hook: str = "read") -> Finding:
        """Make the finding about a hook that did not end."""
        return self.fault(
            done,
            f"an end within {self.patience:g} seconds, and no more records than the file has bytes",
            f"{hook} had not ended by then",
            "look for a loop that does not move on, as at the end of a file that was cut off",
            hook,
        )

    def written_headers(self) -> tuple[str, ...]:
        """The headers of the result columns."""
        return self.source(self.path).headers.names()

    def has_results(self) -> bool:
        """Tell whether the sample carries results already: then they are written into itself, not into a copy."""
        headers = self.source(self.path).headers
        if self.adapter.is_ours:
            return bool(self.records) and all(header in self.records[0].values for header in headers.names())
        return any(holds_results(record.values, headers) for record in self.records)


def sight(record: Record, without: tuple[str, ...] = ()) -> Sight:
    """Give what *record* says, apart from the values under the headers *without*."""
    values = {header: value for header, value in record.values.items() if header not in without}
    return values, record.part, record.document, bool(record.problems), bool(record.skipped)


def change(one: Record, other: Record, without: tuple[str, ...] = ()) -> str:
    """Say in what *other* is not *one*, but for the values under the headers *without*; "" when it is the same."""
    was, now = sight(one, without), sight(other, without)
    if was == now:
        return ""
    told = [
        f'"{name}" was {was[0].get(name, _ABSENT)!r} and is {now[0].get(name, _ABSENT)!r}'
        for name in dict.fromkeys((*was[0], *now[0]))
        if was[0].get(name, _ABSENT) != now[0].get(name, _ABSENT)
    ]
    for what in ("part", "document", "problems", "skipped"):
        if getattr(one, what) != getattr(other, what):
            told.append(f"{what} was {getattr(one, what)!r} and is {getattr(other, what)!r}")
    return "; ".join(told[:3])


def spelled(record: Record) -> str:
    """Give a record shortly, for people."""
    text = repr(dict(record.values))
    return f"{record.where}: {text if len(text) <= 200 else text[:199] + '…'}"
