"""What a run is given from outside, and how it reads one file with its mapping."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar

from confirma_connector import language, rules
from confirma_connector.contract import Contract
from confirma_connector.errors import SettingsError
from confirma_connector.files import placed
from confirma_connector.handed import Handed
from confirma_connector.mapping import LoadedMapping
from confirma_connector.plugins import Registry
from confirma_connector.recognition import mapping_for
from confirma_connector.records import Record
from confirma_connector.registers import Registers
from confirma_connector.settings import Settings
from confirma_connector.stopping import Stop
from confirma_connector.survey import Look, Refusals, Survey, Wanted, survey

__all__ = ["Choice", "Event", "Run", "in_its_language"]

_More = ParamSpec("_More")
_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person may want to see happen: it is told in the thread of the run, and what it raises ends the run.

    *what* happens to the file or the records called *path*: "reading" (*done* rows so far, told every thousand),
    "asking" the service (about *total* invoices, where that is known), "sending" (invoice *number* of *total* has got
    the *state*), "writing" its results, wherever they go.
    """

    what: Literal["reading", "asking", "sending", "writing"]
    path: str = ""
    done: int = 0
    total: int = 0
    number: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files or records in memory, with which mapping, where the results go, and which invoices of them.

    *is_agreed* says yes beforehand to the question before a production send. *annotate* asks `check` for a copy with
    the problems beside the rows.
    """

    paths: Sequence[Path] = ()
    mapping: str | None = None
    output: Path | None = None
    in_place: bool = False
    only: frozenset[int] | None = None
    since: dt.date | None = None
    limit: int | None = None
    resend_corrected: bool = False
    is_agreed: bool = False
    annotate: bool = False
    handed: Sequence[Handed] = ()


@dataclass(frozen=True)
class Run:
    """Everything a run needs from outside; *ask* puts a question to a person, and where nobody is there it says no.

    *repeated* are the options that a command which a message recommends has to have as well.
    """

    settings: Settings
    contract: Contract
    registry: Registry
    hear: Callable[[Event], None] = lambda _: None
    stop: Stop = field(default_factory=Stop)
    ask: Callable[[str], bool] = lambda _: False
    repeated: Sequence[str] = ()
    registers: Registers = field(default_factory=Registers)

    def mapping(self, path: Path, named: str | None) -> LoadedMapping:
        """Give the mapping for *path*: the one *named*, that of the settings, or the shipped one that fits."""
        placed(path)  # a name that cannot be written down is refused before anything is said about it
        try:
            rules.severities(self.settings.rules)
        except ValueError as error:
            raise SettingsError(f"rules: {error}") from None
        chosen = self.settings
        return mapping_for(path, named or chosen.mapping, self.registry, chosen.rules, chosen.limits)

    def read(
        self,
        path: Path,
        mapping: LoadedMapping,
        key: bytes,
        refusals: Refusals | None = None,
        *,
        is_target: bool = False,
        made_from: Path | None = None,
        look: Look | None = None,
        wants: Wanted | None = None,
        records: Sequence[Record] | None = None,
    ) -> Survey:
        """Read *path* whole; *is_target* says that it is read to find the places for results.

        *made_from* is the source that a results file is of; *look* sees each draft while it is there; *wants* says of
        which invoices the request body is needed, which is all of them without it. Where the *records* are in memory,
        *path* is but their name.
        """
        self.hear(Event("reading", str(path)))
        return survey(
            path,
            mapping,
            self.contract,
            self.settings,
            key,
            refusals=refusals,
            is_target=is_target,
            made_from=made_from,
            registers=self.registers,
            progress=lambda rows: self.hear(Event("reading", str(path), rows)),
            look=look,
            wants=wants,
            records=records,
        )


def in_its_language(story: Callable[Concatenate[Run, _More], _Told]) -> Callable[Concatenate[Run, _More], _Told]:
    """Let *story* speak the language of the settings of its run."""

    @functools.wraps(story)
    def told(run: Run, /, *more: _More.args, **words: _More.kwargs) -> _Told:
        spoken = run.settings.language or language.current()  # looked up once, not for each sentence
        with language.using(spoken):
            return story(run, *more, **words)

    return told
