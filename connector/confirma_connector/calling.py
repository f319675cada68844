"""Calling the code of one adapter: whatever it does that no adapter may comes out as one line that names it."""

from __future__ import annotations

import contextlib
import contextvars
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from confirma_connector.errors import AdapterError, ConfirmaError, SourceError, at_line, said
from confirma_connector.guarding import Strayed, at_work, own_context, place
from confirma_connector.language import mark, tr, trn
from confirma_connector.patience import Late, watched, within
from confirma_connector.prints import Prints

__all__ = ["PATIENCE", "SHIPPED", "Called"]

SHIPPED = mark("shipped")
"""The origin of our own adapters."""

PATIENCE = 10.0
"""Seconds: as long as a partner's adapter may think about a small question."""
_LONG_PATIENCE = 1_800.0
"""Seconds: as long as it may give no record, or write one file."""
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Called:
    """The code of one adapter. Whatever goes wrong inside it comes out as an error that names it.

    Each adapter has a plugin manager of its own, so that a question can reach nobody else. What a partner's (any but
    ours) does to the process or the source is put back or told.
    """

    name: str
    origin: str
    hooks: tuple[str, ...]
    _manager: pluggy.PluginManager
    prints: Prints = field(default_factory=Prints, compare=False)
    _late: set[str] = field(default_factory=set, compare=False)

    @property
    def is_ours(self) -> bool:
        """Whether it is shipped with this program."""
        return self.origin == SHIPPED

    def home(self, hook: str) -> str:
        """Name the line on which the function of *hook* begins; "" where nobody can."""
        for one in getattr(self._manager.hook, hook).get_hookimpls():
            function = inspect.unwrap(one.function)
            if code := getattr(function, "__code__", None):
                return at_line(Path(code.co_filename).name, code.co_firstlineno)
        return ""

    def printed(self) -> str:
        """Say that it printed; "" when it did not. What it printed is left out: it may quote an invoice."""
        if not self.prints.count:
            return ""
        return trn(
            'adapter "{name}" ({origin}) printed {count} line, which is left out here',
            'adapter "{name}" ({origin}) printed {count} lines, which are left out here',
            self.prints.count,
            **self._spelled(),
        )

    def _call(
        self,
        doing: str,
        call: Callable[[], _Answer],
        context: contextvars.Context | None = None,
        says: tuple[type[Exception], ...] = (SourceError,),
    ) -> _Answer:
        """Call the adapter's code. *doing* says what it is asked for; what it *says* by raising is let through."""
        try:
            return call() if self.is_ours else at_work(self.prints, context or own_context(), call)
        except Strayed:
            raise self.failed(tr("left another working directory behind in {hook}", hook=doing)) from None
        except KeyboardInterrupt as stop:
            self._stopped(doing, stop)
            raise
        except BaseException as error:
            if isinstance(error, (*says, ConfirmaError) if self.is_ours else says) and (self.is_ours or said(error)):
                raise
            raise self.failed(tr("failed in {hook}: {place}", hook=doing, place=place(error))) from error

    def _stopped(self, doing: str, stop: KeyboardInterrupt) -> None:
        """Note on what ends the run, by a person's wish or the adapter's own doing, who was at work."""
        if not self.is_ours and not hasattr(stop, "__notes__"):
            stop.add_note(tr('adapter "{name}" ({origin}) was at work in {hook}', **self._spelled(), hook=doing))

    def _spelled(self) -> dict[str, str]:
        return {"name": self.name, "origin": tr(self.origin)}

    def failed(self, how: str) -> AdapterError:
        """Give the error that names the adapter and says *how* it failed."""
        return AdapterError(tr('adapter "{name}" ({origin}) {fault}', **self._spelled(), fault=how))

    def _ask(self, hook: str, **arguments: Any) -> Any:
        """Ask a small question: a partner's adapter that does not answer it in time is not asked again."""
        call = partial(self._call, hook, partial(getattr(self._manager.hook, hook), **arguments))
        if self.is_ours:
            return call()
        if hook not in self._late:
            try:
                return within(PATIENCE, call)
            except Late:
                self._late.add(hook)
            except KeyboardInterrupt as stop:
                self._stopped(hook, stop)
                raise
        raise self.failed(tr("did not answer in {hook} within {seconds:g} seconds", hook=hook, seconds=PATIENCE))

    @contextlib.contextmanager
    def _source_kept(self, doing: str, path: Path) -> Iterator[None]:
        """Hold a partner's adapter to leaving *path* as it is. Raises AdapterError, SourceError."""
        from confirma_connector.safekeeping import Changed, unchanged  # listing adapters needs none of it

        try:
            with unchanged(path):
                yield
        except Changed as error:
            raise self.failed(
                tr(
                    "was at work in {hook} when {path} was changed; as it was before it is kept as {saved}",
                    hook=doing,
                    path=error.path,
                    saved=error.saved,
                )
            ) from error

    @contextlib.contextmanager
    def _watched(self, doing: str) -> Iterator[Callable[[Callable[[], _Answer]], _Answer]]:
        """Give what calls, for long work: where a call never ends, our command says so and ends."""
        minutes = _LONG_PATIENCE / 60

        def too_long() -> str:
            return str(
                self.failed(tr("has given nothing in {hook} for {minutes:g} minutes", hook=doing, minutes=minutes))
            )

        with watched(_LONG_PATIENCE, too_long) as timed:
            yield timed
