"""The hooks of an adapter as they are: without the guard of the host, it shows what they do themselves."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confirma_connector.asking import Adapter
from confirma_connector.errors import AdapterError, ConfirmaError, NoWriteBack, SourceError, at_line
from confirma_connector.records import Record, Result, Source

__all__ = ["Bare", "HookFailed", "cause_of"]


class HookFailed(AdapterError):
    """A hook raised what no hook may raise, or gave what nobody can use."""


@dataclass(frozen=True)
class Bare:
    """The hooks of *adapter*, to be called directly."""

    adapter: Adapter

    def read(self, source: Source) -> Iterator[Record]:
        """Give what `read` gives. Raises SourceError, HookFailed."""
        try:
            for record in self._hook("read")(source=source):
                if type(record) is not Record:
                    raise HookFailed(f"read gave a {type(record).__name__}, not a Record")
                if not isinstance(record.values, Mapping):
                    raise HookFailed(f"the values of a Record are a {type(record.values).__name__}, not a mapping")
                yield record
        except (SourceError, HookFailed, GeneratorExit):
            raise
        except (Exception, SystemExit) as error:
            raise HookFailed("read failed") from error

    def write(self, source: Source, results: Sequence[Result], target: Path) -> None:
        """Let `write_results` write. Raises NoWriteBack, SourceError, OSError, HookFailed."""
        try:
            answer = self._hook("write_results")(source=source, results=tuple(results), target=target)
        except (NoWriteBack, SourceError, OSError):
            raise
        except (Exception, SystemExit) as error:
            raise HookFailed("write_results failed") from error
        if not (answer is None or answer is True or isinstance(answer, str)):
            raise HookFailed(f"write_results gave {answer!r}, not True or a line of text")
        if not target.is_file():
            raise HookFailed("write_results ended and wrote nothing to `target`")

    def answered(self, path: Path, head: bytes) -> str:
        """Give what `detect` answers. Raises HookFailed."""
        try:
            answer = self._hook("detect")(path=path, head=head)
        except (Exception, SystemExit) as error:
            raise HookFailed("detect failed") from error
        if answer not in ("no", "generic", "specific"):
            raise HookFailed(f"detect answered {answer!r}")
        return str(answer)

    def _hook(self, name: str) -> Callable[..., Any]:
        hook: Callable[..., Any] = getattr(self.adapter._manager.hook, name)
        return hook

    def home(self, hook: str) -> str:
        """Say where the function of a hook begins: "read in pipes.py, line 12"."""
        place = self.adapter.home(hook) if hook in self.adapter.hooks else ""
        return f"{hook} in {place}" if place else f"{self.adapter.name} ({self.adapter.origin})"

    def place(self, error: BaseException, hook: str) -> str:
        """Say at which line of the adapter's file an error came up in *hook*; else where the hook begins."""
        name = self.home(hook).partition(" in ")[2].partition(",")[0]
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == name]
        return f"{hook} in {at_line(name, frames[-1].lineno or 0)}" if frames else self.home(hook)


def cause_of(error: BaseException) -> BaseException:
    """Give the error behind one of the host's or the kit's."""
    return error.__cause__ if isinstance(error, ConfirmaError) and error.__cause__ else error
