"""Answers in the source's own format beside its results: which files they are, whose, and writing them whole."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from confirma_connector import acknowledging
from confirma_connector.acknowledging import Answer, Answered, Batch
from confirma_connector.errors import UnwritableResults
from confirma_connector.files import digest, placed, replacing
from confirma_connector.items import Item
from confirma_connector.journal import Journal, ResultsFile
from confirma_connector.language import tr, whole
from confirma_connector.outcome import Outcome
from confirma_connector.survey import Survey

__all__ = ["is_answer", "reply"]

_NO_NAME = re.compile(r"[^\w.-]+")
_LONGEST_LABEL = 60


def is_answer(journal: Journal, path: Path) -> bool:
    """Tell whether *path* is an answer of ours: `*.xml` names it along with the sources, and it is none."""
    known = journal.results_file(placed(path))
    return known is not None and known.is_answer


def reply(journal: Journal, survey: Survey, joined: Iterable[tuple[Item, Outcome]], results: Path) -> Iterator[str]:
    """Write the answers to *survey* beside its *results*, whole and anew; say what a person should know.

    An answer that was taken away is written again only when it says something else now; one that is no longer true is
    taken back while it lies there as we left it. Raises UnwritableResults.
    """
    block = survey.mapping.file.answer
    if block is None:
        return
    answered = [_answered(item, outcome, tuple(block.values), journal.environment) for item, outcome in joined]
    found = survey.path.stat()
    left_out = sum(row.is_invoice for row in survey.skipped)
    batch = Batch(found.st_size, found.st_mtime, survey.totals, dict(block.headers.items()), left_out)
    written = acknowledging.write(block.kind, answered, batch)
    replies = _Replies(journal, survey, results)
    there = [path for path in map(replies.put, written.answers) if path]
    replies.take_back()
    yield from written.notices
    yield from replies.notices
    if there:
        yield _told(there)


def _told(there: Sequence[Path]) -> str:
    if len(there) == 1:
        return tr("answer: {path}", path=there[0])
    if len(there) == 2:
        return tr("2 answers: {path}, {name}", path=there[0], name=there[1].name)
    return tr("{count} answers: {path} …", count=whole(len(there)), path=there[0])


def _answered(item: Item, outcome: Outcome, names: Sequence[str], environment: str) -> Answered:
    return Answered(
        number=item.label or item.where,
        state=outcome.state,
        message=outcome.message,
        changed_at=outcome.changed_at,
        case_id=outcome.case_id,
        values=dict(zip(names, item.answer, strict=True)),
        problems=outcome.problems,
        is_test=environment == "sandbox",
    )


@dataclass
class _Replies:
    """The answers to one source in one folder."""

    journal: Journal
    survey: Survey
    results: Path
    notices: list[str] = field(default_factory=list)
    _known: dict[Path, ResultsFile] = field(init=False)
    _source: Path = field(init=False)
    _put: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._known = {file.path: file for file in self.journal.results_files()}
        of_results = self._known.get(placed(self.survey.path))
        self._source = of_results.source if of_results else placed(self.survey.path)

    def put(self, answer: Answer) -> Path | None:
        """Write one; give its path, unless it is as it was when somebody took it away."""
        hashed = hashlib.sha256(answer.content).hexdigest()
        path = self._place(answer)
        self._put.add(path)
        known, before = self._known.get(path), digest(path) if path.exists() else ""
        if known and known.digest == hashed:
            if before == hashed:
                if known.kind != "answer":
                    self.journal.remember_results(replace(known, kind="answer"))
                return path
            if not before and known.kind == "answer":
                return None
        replaced = before if known and known.is_as_left(before) else ""
        mapping = str(self.survey.mapping.path)
        made_from = (self._source, self.survey.digest)
        file = ResultsFile(path, *made_from, hashed, mapping, "answering", replaced)
        self.journal.remember_results(file)
        try:
            with replacing(path, like=self.survey.path) as fresh:
                fresh.write_bytes(answer.content)
                if (digest(path) if path.exists() else "") != before:
                    raise UnwritableResults(
                        tr("{path}: was changed while the answer was written, and is left alone", path=path)
                    )
        except BaseException:
            if known:
                self.journal.remember_results(known)
            else:
                self.journal.forget_results(path)
            raise
        self.journal.remember_results(replace(file, kind="answer"))
        return path

    def take_back(self) -> None:
        """Take back what we answered before and would not say any more."""
        folder = placed(self.results).parent
        for path, file in self._known.items():
            is_former = file.is_answer and file.source == self._source and path.parent == folder
            if not is_former or path in self._put:
                continue
            if path.exists():
                if not file.is_as_left(digest(path)):
                    self.notices.append(
                        tr("{name} is no longer true, and was changed by hand: left alone", name=path.name)
                    )
                    continue
                self.notices.append(tr("{name} taken back: it is no longer true", name=path.name))
                path.unlink()
            self.journal.forget_results(path)

    def _place(self, answer: Answer) -> Path:
        """Give the first name that is free, or ours as we left it."""
        left_alone: list[str] = []
        for path in self._names(answer):
            if self._is_usable(path):
                if left_alone:
                    self.notices.append(
                        tr("{names} left alone: changed by hand, or not ours", names=", ".join(left_alone))
                    )
                return path
            if path not in self._put:
                left_alone.append(path.name)
        raise AssertionError("unreachable: the names go on for ever")  # not for people

    def _names(self, answer: Answer) -> Iterator[Path]:
        test = ".sandbox" if self.journal.environment == "sandbox" else ""
        label = _NO_NAME.sub("_", answer.label)[:_LONGEST_LABEL]
        stem = f"{self._source.stem}{test}.answer{f'-{label}' if label else ''}"
        folder = placed(self.results).parent
        yield folder / f"{stem}{answer.suffix}"
        for number in itertools.count(2):
            yield folder / f"{stem}-{number}{answer.suffix}"

    def _is_usable(self, path: Path) -> bool:
        if path in self._put:
            return False
        file = self._known.get(path)
        if file is not None and (not file.is_answer or file.source != self._source):
            return False
        if not os.path.lexists(path):
            return True
        try:
            return file is not None and file.is_as_left(digest(path))
        except OSError:
            return False
