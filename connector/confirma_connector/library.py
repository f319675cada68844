"""The door for programs: check, send and track from a script, a notebook or a worker.

Nothing is printed, nobody is asked, no signal is caught, and nothing stays open between two calls.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from confirma_connector import contract, language, pipeline, plugins, settings
from confirma_connector.errors import SettingsError, Unavailable, legible
from confirma_connector.handed import Handed, of_frame, of_records
from confirma_connector.language import LanguageCode, tr
from confirma_connector.limits import Limits
from confirma_connector.mapping import LoadedMapping
from confirma_connector.records import Record
from confirma_connector.report import Report
from confirma_connector.run import Choice, Event, Run
from confirma_connector.settings import Environment, Settings
from confirma_connector.stopping import Stop

if TYPE_CHECKING:
    import pandas

__all__ = ["Connector"]

FilePath = str | os.PathLike[str]
Records = Iterable[Record | Mapping[str, object]]
Hear = Callable[[Event], None]
Rows = TypeVar("Rows")
Take = Callable[[Rows, str, LoadedMapping, Limits], Handed]

_LOADING = threading.Lock()
"""Adapters are modules, and of those there is one of each name in a process."""


class Connector:
    """One account, ready to check, send and track; any thread may call it, also while another call goes on.

    What is not said here is as in the settings of the command, but for the environment: without one it is the
    sandbox. No file is read but those named, no environment variable, no config file; `from_profile` reads these.
    *quiet_period* and *timeout* are seconds. Raises SettingsError, ContractError, AdapterError.
    """

    def __init__(
        self,
        *,
        environment: Environment = "sandbox",
        account: str | None = None,
        token: str | None = None,
        token_file: FilePath | None = None,
        url: str | None = None,
        journal: FilePath | None = None,
        contract: FilePath | None = None,
        mapping: FilePath | None = None,
        adapters: Iterable[FilePath] = (),
        attachments: FilePath | None = None,
        rules: Mapping[str, str] | None = None,
        numbering: Literal["forever", "yearly"] | None = None,
        limits: Limits | None = None,
        concurrency: int | None = None,
        quiet_period: float | None = None,
        timeout: float | None = None,
        retention_days: int | None = None,
        language: LanguageCode | None = None,
    ) -> None:
        said: dict[str, Any] = {name: value for name, value in locals().items() if name != "self"}
        said["mapping"] = None if mapping is None else os.fspath(mapping)
        said["adapters"] = tuple(adapters)
        self._begin(settings.given(said))

    @classmethod
    def from_profile(
        cls, profile: str | None = None, *, config: FilePath | None = None, environ: Mapping[str, str] | None = None
    ) -> Self:
        """Give one with the settings of a profile; without a name those at the top of the config file.

        *config* is the config file, else the user's own. Environment variables (`CONFIRMA_TOKEN` and the others) count
        if they are handed over: `environ=os.environ`. Raises SettingsError, ContractError, AdapterError.
        """
        made = cls.__new__(cls)
        made._begin(settings.load({"profile": profile, "config": config and os.fspath(config)}, environ or {}))
        return made

    def _begin(self, chosen: Settings) -> None:
        self._settings = chosen
        with language.using(chosen.language), _LOADING:
            self._contract = contract.read(chosen.contract)
            self._registry = plugins.discover(chosen.adapters)

    def __repr__(self) -> str:
        return f"Connector(environment={self.environment!r}, account={self.account!r})"

    @property
    def environment(self) -> Environment:
        """Where its invoices go: sandbox, staging or production."""
        return self._settings.environment

    @property
    def account(self) -> str:
        """The label of the creditor."""
        return self._settings.account

    def check(
        self,
        *files: FilePath,
        mapping: FilePath | None = None,
        annotate: bool = False,
        output: FilePath | None = None,
        progress: Hear | None = None,
    ) -> Report:
        """Read and check files; nothing is sent. With *annotate* a copy has the problems beside the rows."""
        choice = replace(_files(files, mapping, output), annotate=annotate)
        return self._told(pipeline.check, choice, progress)

    def send(
        self,
        *files: FilePath,
        mapping: FilePath | None = None,
        output: FilePath | None = None,
        in_place: bool = False,
        only: Iterable[int] | None = None,
        since: dt.date | None = None,
        limit: int | None = None,
        resend_corrected: bool = False,
        agreed: bool = False,
        progress: Hear | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Send what of *files* was not sent before, and write the outcome beside each invoice, as the command does.

        *only* these numbers, not before *since*, at most *limit*. *agreed* is the yes that production asks for: without
        it nothing goes there. When *stop* is set, what has begun is finished and nothing more begins. Raises what keeps
        the run from beginning (`ConfirmaError`); what stops it on the way is in the report.
        """
        if output is not None and (in_place or len(files) > 1):
            raise SettingsError(tr("output names one file: give one with it, and no in_place"))
        choice, its = _choice(only, since, limit, resend_corrected, agreed), _files(files, mapping, output)
        choice = replace(choice, paths=its.paths, mapping=its.mapping, output=its.output, in_place=in_place)
        return self._told(pipeline.send, choice, progress, stop)

    def track(
        self,
        *files: FilePath,
        mapping: FilePath | None = None,
        output: FilePath | None = None,
        progress: Hear | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Fetch the delivery information of the account and update the results files: of *files*, or else all."""
        return self._told(pipeline.track, _files(files, mapping, output), progress, stop)

    def check_records(
        self, records: Records, mapping: FilePath | None = None, *, name: str = "records", progress: Hear | None = None
    ) -> Report:
        """Check records of any iterable, each a `Record` or a dict of headers to values. *name* stands in messages."""
        handed = self._handed(of_records, records, mapping, name)
        return self._told(pipeline.check, Choice(handed=(handed,)), progress)

    def send_records(
        self,
        records: Records,
        mapping: FilePath | None = None,
        *,
        name: str = "records",
        only: Iterable[int] | None = None,
        since: dt.date | None = None,
        limit: int | None = None,
        resend_corrected: bool = False,
        agreed: bool = False,
        progress: Hear | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Send what of *records* was not sent before, as `send` does; the outcome is in the report alone.

        They are taken to the last one before anything is sent. The journal knows their invoices by number, so what was
        sent from a file or from records before is not sent again.
        """
        choice = _choice(only, since, limit, resend_corrected, agreed)
        handed = self._handed(of_records, records, mapping, name)
        return self._told(pipeline.send, replace(choice, handed=(handed,)), progress, stop)

    def track_records(
        self,
        records: Records,
        mapping: FilePath | None = None,
        *,
        name: str = "records",
        progress: Hear | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Fetch the delivery information of the account; the report has the state of each invoice of *records*."""
        handed = self._handed(of_records, records, mapping, name)
        return self._told(pipeline.track, Choice(handed=(handed,)), progress, stop)

    def check_frame(
        self,
        frame: pandas.DataFrame,
        mapping: FilePath | None = None,
        *,
        name: str = "frame",
        progress: Hear | None = None,
    ) -> Report:
        """Check the rows of a DataFrame: "row 1" is its first, whatever its index says."""
        handed = self._handed(of_frame, frame, mapping, name)
        return self._told(pipeline.check, Choice(handed=(handed,)), progress)

    def send_frame(
        self,
        frame: pandas.DataFrame,
        mapping: FilePath | None = None,
        *,
        name: str = "frame",
        only: Iterable[int] | None = None,
        since: dt.date | None = None,
        limit: int | None = None,
        resend_corrected: bool = False,
        agreed: bool = False,
        progress: Hear | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Send what of the rows of a DataFrame was not sent before, as `send_records` does."""
        choice = _choice(only, since, limit, resend_corrected, agreed)
        handed = self._handed(of_frame, frame, mapping, name)
        return self._told(pipeline.send, replace(choice, handed=(handed,)), progress, stop)

    def track_frame(
        self,
        frame: pandas.DataFrame,
        mapping: FilePath | None = None,
        *,
        name: str = "frame",
        progress: Hear | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Fetch the delivery information of the account; the report has the state of each invoice of *frame*."""
        handed = self._handed(of_frame, frame, mapping, name)
        return self._told(pipeline.track, Choice(handed=(handed,)), progress, stop)

    def _told(
        self,
        story: Callable[[Run, Choice], Report],
        choice: Choice,
        progress: Hear | None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Give the report of *story*. Before anything is sent there is none: a wish to stop raises Unavailable then."""
        wished = stop or threading.Event()
        try:
            with self._own_ways():
                return story(self._run(progress, wished), choice)
        except KeyboardInterrupt:
            if not wished.is_set():
                raise
            with self._own_ways():
                raise Unavailable(tr("stopped; nothing is lost, run again to go on")) from None

    @contextlib.contextmanager
    def _own_ways(self) -> Iterator[None]:
        """Speak and count as we do: how the program that calls us rounds is its own affair."""
        with language.using(self._settings.language), decimal.localcontext(decimal.Context()):
            yield

    def _run(self, progress: Hear | None = None, wished: threading.Event | None = None) -> Run:
        stop = Stop(wished or threading.Event())
        return Run(self._settings, self._contract, self._registry, progress or (lambda _: None), stop)

    def _handed(self, take: Take[Rows], rows: Rows, mapping: FilePath | None, name: str) -> Handed:
        """Take *rows* with the mapping that is named for them. Raises SettingsError, MappingError, SourceError."""
        named = os.fspath(mapping) if mapping else self._settings.mapping
        with self._own_ways():
            if not named:
                raise SettingsError(tr("{name}: name the mapping that reads it (mapping=…)", name=name))
            return take(rows, legible(name), self._run().mapping(Path(legible(name)), named), self._settings.limits)


def _choice(
    only: Iterable[int] | None, since: dt.date | None, limit: int | None, resend_corrected: bool, agreed: bool
) -> Choice:
    return Choice(
        only=None if only is None else frozenset(only),
        since=since,
        limit=limit,
        resend_corrected=resend_corrected,
        is_agreed=agreed,
    )


def _files(files: Iterable[FilePath], mapping: FilePath | None, output: FilePath | None) -> Choice:
    named, path = os.fspath(mapping) if mapping else None, Path(output) if output else None
    return Choice(tuple(map(Path, files)), named, path)
