"""The results files of one run: which of them there are, what is written into each, and what there is to tell."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from confirma_connector import replying, results
from confirma_connector.differing import Differing
from confirma_connector.errors import CannotRun, SettingsError, UnwritableResults
from confirma_connector.files import placed
from confirma_connector.handed import Handed
from confirma_connector.items import Item
from confirma_connector.journal import Journal, ResultsFile
from confirma_connector.language import tr
from confirma_connector.mapping import LoadedMapping
from confirma_connector.numbering import Key
from confirma_connector.outcome import Outcome, Use, outcome
from confirma_connector.records import Problem, Record
from confirma_connector.refusing import refusals
from confirma_connector.report import AttentionReport, FileReport
from confirma_connector.roworder import compared
from confirma_connector.run import Choice, Event, Run
from confirma_connector.survey import Refusals, Survey
from confirma_connector.targets import Target, matching_environment, recorded, target_of
from confirma_connector.telling import told

__all__ = ["Writing"]


@dataclass
class Writing:
    """Writes results files one after another. *is_unwritten* says that one of them could not be written.

    *touched* are the invoices this run dealt with, *held* those that could go and did not, with the reason.
    *apart* are those that need a person by what stands in their results file alone.
    """

    run: Run
    journal: Journal
    use: Use
    touched: Container[Key | None] = ()
    held: Mapping[Key, str | Problem] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    is_unwritten: bool = False
    mappings: dict[str, LoadedMapping] = field(default_factory=dict)
    apart: list[AttentionReport] = field(default_factory=list)

    def write(self, found: Survey, target: Target | None) -> None:
        """Write one results file, and tell what became of its invoices; without a *target* tell it alone."""
        if target is None:
            found = self._with_refusals(found)
            self.files.append(told(found, self._join(found), touched=self.touched))
            return
        self.run.hear(Event("writing", str(found.made_from or found.path)))
        found = self._with_refusals(found)
        differing = Differing(found)

        def join(base: Survey) -> Iterator[tuple[Item, Outcome]]:
            return differing.written(base, self._join(base))

        try:
            path, said = results.write(self.journal, found, target, self._read_like(found), join)
            notices = [said] if said else []
        except UnwritableResults as error:
            said = self._unwritten(error) if recorded(self.journal, target.path) else self._never_written(error, found)
            path, notices = None, [text for text in (target.notice, said) if text]
        notices += self._reply(found, path or target.path)
        joined = differing.told(self._join(found))
        file = told(found, joined, results=path, notices=notices, touched=self.touched)
        if path is not None and (written := tuple(differing.notices(path))):
            file = file.model_copy(update={"notices": (*file.notices, *written)})
            self.apart += differing.open(path)
        self.files.append(file)

    def update(self, choice: Choice) -> None:
        """Bring the results files up to date: of the files named, or all that still exist if nothing is named."""
        known = [file for file in self.journal.results_files() if not (file.is_answer or file.is_checked)]
        if not (choice.paths or choice.handed):
            for file in known:
                self._update(file, choice)
        for path in choice.paths:
            if replying.is_answer(self.journal, path):
                continue
            its = [file for file in known if placed(path) in (file.path, file.source) and file.path.exists()]
            for file in its:
                self._update(file, choice)
            if choice.output or not its:
                self._write_anew(path, choice)
        for one in choice.handed:
            with contextlib.closing(self._read_handed(one)) as found:
                self._refuse_foreign(found)
                self.write(found, None)

    def _read_handed(self, one: Handed) -> Survey:
        refusals = self._refusals()
        return self.run.read(Path(one.name), one.mapping, self.journal.key, refusals, records=one.records)

    def _write_anew(self, path: Path, choice: Choice) -> None:
        mapping = self.run.mapping(path, choice.mapping)
        found = self.run.read(path, mapping, self.journal.key, self._refusals(), is_target=True)
        try:
            self._refuse_foreign(found)
            self.write(found, target_of(self.journal, found, choice.output))
        finally:
            found.close()

    def _refuse_foreign(self, found: Survey) -> None:
        """Refuse results of another environment, and invoices of another seller. Raises SettingsError."""
        matching_environment(found, self.run.settings.environment)
        bound = self.journal.seller()
        other = next((seller for seller in found.sellers if bound and seller != bound), None)
        if other:
            account = self.journal.account
            raise SettingsError(
                tr(
                    "{path}: account {account} belongs to seller {seller}, this file is of {found}",
                    path=found.path,
                    account=account,
                    seller=bound,
                    found=other,
                )
            )

    def _update(self, file: ResultsFile, choice: Choice) -> None:
        place = file.source if file.kind == "csv" else file.path
        if not file.path.exists() or not place.exists():
            self.notices.append(tr("{path} is gone; its states stay in the journal", path=file.path))
            self._answer_alone(file, choice)
            return
        try:
            mapping = self.run.mapping(place, choice.mapping or file.mapping)
        except CannotRun as error:  # nothing is wrong with the file
            self.notices.append(self._unwritten(SettingsError(f"{file.path.name}: {error}")))
            return
        try:
            found = self._read(place, mapping, file.source)
        except CannotRun as error:
            spoilt = tr(
                "; if {name} is spoilt, delete it and run: confirma track {source}",
                name=file.path.name,
                source=shlex.quote(str(file.source)),
            )
            self.notices.append(self._unwritten(error) + spoilt)
            return
        try:
            if self._is_another(found, file):
                self.notices.append(
                    tr("{path} holds none of the invoices that were sent any more, and is left alone", path=place)
                )
                return
            self.write(found, Target(file.path, keeps=file.kind != "csv", is_named=True))
        finally:
            found.close()

    def _answer_alone(self, file: ResultsFile, choice: Choice) -> None:
        """Answer the system a source came from where its results were taken away: what is new is not lost to it."""
        try:
            named = choice.mapping or file.mapping
            if named not in self.mappings:
                self.mappings[named] = self.run.mapping(file.source, named)
            if self.mappings[named].file.answer is None or not file.source.exists():
                return
            found = self.run.read(file.source, self.mappings[named], self.journal.key, self._refusals(), is_target=True)
        except CannotRun:
            return  # that they are gone has been said
        with contextlib.closing(found):
            if not self._is_another(found, file):
                self.notices += self._reply(found, file.path)

    def _reply(self, found: Survey, results: Path) -> list[str]:
        """Answer for the documents as they lie there: what was never sent is not told as sent by `track` either."""
        if found.mapping.file.answer is None:
            return []
        try:
            return list(replying.reply(self.journal, found, self._join(found, "send"), results))
        except (OSError, UnwritableResults) as error:
            return [self._unwritten(error)]

    def _is_another(self, found: Survey, file: ResultsFile) -> bool:
        """Whether another list lies there now. What was just put there by a killed run is never that."""
        is_changed = found.digest != file.source_digest and not file.is_as_left(found.digest)
        return is_changed and not any(item.key and self.journal.entry(*item.key) for item in found.items)

    def _unwritten(self, error: Exception) -> str:
        self.is_unwritten = True
        return tr("{error} (the states are in the journal; the next run catches up)", error=error)

    def _never_written(self, error: Exception, found: Survey) -> str:
        """Say who writes results that no `track` knows of yet."""
        self.is_unwritten = True
        name = (found.made_from or found.path).name
        return tr(
            "{error} (the states are in the journal; the next send of {name} writes them)", error=error, name=name
        )

    def _join(self, base: Survey, use: Use | None = None) -> Iterator[tuple[Item, Outcome]]:
        entries, is_reordered = self.journal.each(item.key for item in base.items), compared(self.journal, base)
        for item, entry in zip(base.items, entries, strict=True):
            held = self.held.get(item.key, "") if item.key else ""
            yield item, outcome(item, entry, use or self.use, held, is_reordered)

    def _read_like(self, found: Survey) -> Callable[[Path], Survey]:
        return lambda path: self._read(path, found.mapping, found.made_from or found.path)

    def _read(
        self, path: Path, mapping: LoadedMapping, made_from: Path, records: Sequence[Record] | None = None
    ) -> Survey:
        key, told = self.journal.key, self._refusals()
        return self.run.read(path, mapping, key, told, is_target=True, made_from=made_from, records=records)

    def _refusals(self) -> Refusals:
        return refusals(self.journal, self.run.contract)

    def _with_refusals(self, found: Survey) -> Survey:
        """Read the source again when Confirma has refused some of it since: its cells are to say where."""
        told = self._refusals()
        keys = (item.key for item in found.items if item.key in told)
        if all(key is None or told[key] == found.refusals.get(key) for key in keys):
            return found
        try:
            again = self._read(found.path, found.mapping, found.made_from or found.path, found.records)
        except CannotRun:
            return found
        again.close()
        return again if again.digest == found.digest else found
