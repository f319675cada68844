"""Asking one adapter by its hooks: what it gives is held to what they promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from confirma_connector.calling import Called
from confirma_connector.errors import ConfirmaError, MappingError, NoWriteBack, SourceError, brief, said
from confirma_connector.guarding import own_context, place
from confirma_connector.language import because, tr
from confirma_connector.records import Match, Record, Result, Source, Unreadable
from confirma_connector.rowcells import Cells
from confirma_connector.transforms import TRANSFORMS
from confirma_connector.wellformed import Malformed, Places, wellformed

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Adapter"]

_HEAD = 65_536
_PLAIN_VALUES = frozenset({str, Decimal, int, date, Unreadable, type(None)})
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Adapter(Called):
    """One working adapter, asked by its hooks."""

    def options(self) -> type[BaseModel] | None:
        """Give the model of the mapping's `source:` block, None when the adapter takes no options."""
        model = self._ask("options") if "options" in self.hooks else None
        if model is None:
            return None
        from pydantic import BaseModel

        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise self.failed(tr("gave options that are no pydantic model"))
        return model

    def of_options(self, call: Callable[[], _Answer]) -> _Answer:
        """Call what the model of the options does. Raises AdapterError, but for what is wrong with the mapping."""
        return self._call("options", call, says=(ValueError, MappingError))

    def transforms(self) -> Mapping[str, Callable[[str], str]]:
        """Give the adapter's own named steps for mappings. Raises AdapterError, also for the name of one of ours."""
        steps = self._ask("transforms") if "transforms" in self.hooks else {}
        if isinstance(steps, Mapping):
            steps = self._call("transforms", partial(dict, steps))
        if (
            not isinstance(steps, dict)
            or not all(isinstance(name, str) for name in steps)
            or not all(callable(step) for step in steps.values())
        ):
            raise self.failed(tr("gave transforms that are no mapping of names to functions"))
        if taken := sorted(set(steps) & set(TRANSFORMS)):
            raise self.failed(
                tr("has a transform {name}, but every mapping has one of that name already", name=taken[0])
            )
        return {name: partial(self._step, name, step) for name, step in steps.items()}

    def _step(self, name: str, step: Callable[[str], str], text: str) -> str:
        changed = self._call(tr("its transform {name}", name=name), partial(step, text), says=(ValueError, SourceError))
        if not isinstance(changed, str):
            raise self.failed(
                tr("gave a {type} in its transform {name}, not text", type=type(changed).__name__, name=name)
            )
        return str.__str__(changed)

    def detect(self, path: Path) -> Match:
        """Ask whether *path* is for this adapter."""
        if "detect" not in self.hooks:
            return "no"
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD)
        except OSError as error:
            raise SourceError(tr("{path}: cannot be read: {reason}", path=path, reason=because(error))) from None
        if self.is_ours:
            return self.answered(path, head)
        with self._source_kept("detect", path):
            return self.answered(path, head)

    def answered(self, path: Path, head: bytes) -> Match:
        """Give the answer of `detect` for a file that begins with *head*."""
        answer = self._ask("detect", path=path, head=head)
        if isinstance(answer, str):
            answer = str.__str__(answer)
        if not isinstance(answer, str) or answer not in ("no", "generic", "specific"):
            shown = repr(answer)[:80] if isinstance(answer, (str, bool, type(None))) else type(answer).__name__
            raise self.failed(tr("answered {answer} in detect, not no, generic or specific", answer=shown))
        return answer  # type: ignore[return-value]

    def read(self, source: Source) -> Iterator[Record]:
        """Give the records of *source*; whatever else the adapter gives is its own error."""
        return self._our_records(source) if self.is_ours else self._partners_records(source)

    def _our_records(self, source: Source) -> Iterator[Record]:
        try:
            for record in self._manager.hook.read(source=source):
                if not isinstance(record, Record):
                    raise self.failed(tr("gave a {type} in read, not a Record", type=type(record).__name__))
                values = record.values
                if values.__class__ is not Cells and not _PLAIN_VALUES.issuperset(map(type, values.values())):
                    wellformed(record, source.limits)
                yield record
        except Malformed as error:
            raise self.failed(str(error)) from None
        except (ConfirmaError, GeneratorExit, KeyboardInterrupt):
            raise
        except OSError as error:
            raise SourceError(tr("{path}: cannot be read: {reason}", path=source.path, reason=because(error))) from None
        except BaseException as error:
            raise self.failed(tr("failed in {hook}: {place}", hook="read", place=place(error))) from error

    def _partners_records(self, source: Source) -> Iterator[Record]:
        with self._source_kept("read", source.path):
            yield from self._held_to_it(source)

    def _held_to_it(self, source: Source) -> Iterator[Record]:
        """Give the records of a partner's adapter, each checked and copied."""
        context, places, end = own_context(), Places(), object()
        call = partial(self._call, "read", context=context, says=(SourceError, OSError, Malformed))
        with self._watched("read") as timed:
            try:
                there = timed(partial(call, partial(self._manager.hook.read, source=source)))
                if not hasattr(type(there), "__iter__"):
                    raise self.failed(tr("gave a {type} in read, not Records", type=type(there).__name__))
                records = call(partial(iter, there))

                def following() -> Record | None:
                    given = next(records, end)
                    return None if given is end else wellformed(given, source.limits)

                try:
                    while (record := timed(partial(call, following))) is not None:
                        places.add(record.at, record.where)
                        yield record
                finally:
                    timed(partial(call, partial(_close, records)))
            except Malformed as error:
                raise self.failed(str(error)) from None
            except SourceError as error:
                told = said(error)
                if source.path.name in told:
                    raise SourceError(told) from error
                raise self._of_source(source.path, told) from error
            except OSError as error:
                if error.filename is not None and str(error.filename) != str(source.path):
                    raise self.failed(tr("failed in {hook}: {place}", hook="read", place=place(error))) from error
                unreadable = tr("cannot be read: {reason}", reason=brief(because(error)))
                raise self._of_source(source.path, unreadable) from error

    def _of_source(self, path: Path, problem: str) -> SourceError:
        """Give the error that says what is wrong with the source, where the adapter did not name it, or itself."""
        return SourceError(
            tr('{path}: {problem} (adapter "{name}", {origin})', path=path, problem=problem, **self._spelled())
        )

    def write_results(self, source: Source, results: Sequence[Result], target: Path) -> str:
        """Write the copy of *source* with its results to *target*; give what a person should know about it.

        Raises NoWriteBack when the source cannot carry any.
        """
        if "write_results" not in self.hooks:
            raise NoWriteBack(tr('adapter "{name}" cannot write results into this format', name=self.name))
        hook = partial(self._manager.hook.write_results, source=source, results=tuple(results), target=target)
        says = (NoWriteBack, SourceError, OSError)  # a full disk is no fault of the adapter
        call = partial(self._call, "write_results", hook, says=says)
        if not self.is_ours:
            with self._source_kept("write_results", source.path):
                return self._proven_copy(source, results, target, call)
        answer = call()
        if not target.is_file():
            raise self.failed(tr("wrote nothing in write_results"))
        return answer if isinstance(answer, str) else ""

    def _proven_copy(self, source: Source, results: Sequence[Result], target: Path, call: Callable[[], object]) -> str:
        """Let a partner's adapter write the copy, and read back what it wrote."""
        from confirma_connector.readback import difference  # listing adapters needs none of it

        with self._watched("write_results") as timed:
            answer = timed(call)
        if not (answer is None or answer is True or isinstance(answer, str)):
            found = "False" if answer is False else type(answer).__name__
            raise self.failed(tr("gave {found} in write_results, not True or a line of text", found=found))
        if not target.is_file():
            raise self.failed(tr("wrote nothing in write_results"))
        if fault := difference(self._held_to_it, source, results, target):
            raise self.failed(fault)
        return brief(" ".join(answer.split())) if isinstance(answer, str) else ""


def _close(records: Any) -> None:
    if close := getattr(records, "close", None):
        close()
