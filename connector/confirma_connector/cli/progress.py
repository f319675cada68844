"""Showing a run as it goes: a bar on a terminal, plain lines otherwise, JSON lines for a log."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import click

from confirma_connector.cli.saying import harmless, say
from confirma_connector.language import mark, tr, trn, whole
from confirma_connector.pipeline import Event

__all__ = ["Listener", "listener", "logged"]

_LINES = {
    "reading": mark("reading {name}"),
    "asking": mark("asking Confirma what it has"),
    "writing": mark("writing the results of {name}"),
}


class Listener:
    """Hears the events of a run; that nobody reads along any more does not stop the run.

    After a `with` block nothing of it is left on the terminal: what is said next begins at a line of its own.
    """

    def __init__(self, show: Callable[[Event], None], erase: Callable[[], None]) -> None:
        self._show = show
        self._erase = erase

    def __call__(self, event: Event) -> None:
        """Show *event*."""
        with contextlib.suppress(OSError):
            self._show(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.erase()

    def erase(self) -> None:
        """Take away what stands on the terminal: something else is to be said there."""
        with contextlib.suppress(OSError):
            self._erase()


def listener(*, log_json: bool, about: Mapping[str, str] | None = None) -> Listener:
    """Give what hears the events of a run; *about* says in every line of the log whose run it is."""
    if not log_json and sys.stderr.isatty():
        bar = _Bar()
        return Listener(bar, bar.erase)
    return Listener(_Log(about or {}) if log_json else _Lines(), lambda: None)


def logged(event: str, **facts: Any) -> None:
    """Write one line of the JSON log. Never a value of an invoice, never a key."""
    line = {"at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
    say(json.dumps(line, ensure_ascii=False), err=True)


class _Log:
    """One JSON line an event."""

    def __init__(self, about: Mapping[str, str]) -> None:
        self._about = about

    def __call__(self, event: Event) -> None:
        facts = {name: getattr(event, name) for name in ("path", "done", "total", "number", "state")}
        logged(event.what, **self._about, **{name: value for name, value in facts.items() if value})


class _Lines:
    """One line a phase."""

    def __init__(self) -> None:
        self._last = ("", "")

    def __call__(self, event: Event) -> None:
        phase = (event.what, event.path)
        if phase != self._last:
            self._last = phase
            words = _LINES.get(event.what)
            if words:
                say(tr(words, name=Path(event.path).name), err=True)
            else:
                say(trn("sending {count} invoice", "sending {count} invoices", event.total), err=True)


class _Bar:
    """A bar while invoices go; a counter while a large file is read, of which nothing stays."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._is_written = False

    def __call__(self, event: Event) -> None:
        if event.what == "sending":
            if self._bar is None:
                self.erase()
                self._bar = click.progressbar(length=event.total, label=tr("sending"), file=sys.stderr, show_pos=True)
                self._bar.__enter__()
            self._bar.update(1)
            return
        self.erase()
        if event.what == "reading" and event.done:
            name = harmless(Path(event.path).name)
            self._write(tr("reading {name}: {rows} rows", name=name, rows=whole(event.done)))
        elif event.what == "asking":
            self._write(tr("asking Confirma what it has …"))

    def _write(self, line: str) -> None:
        self._is_written = True
        click.echo(line, err=True, nl=False)

    def erase(self) -> None:
        """End the bar, or take the counter away."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
        if self._is_written:
            self._is_written = False
            click.echo("\r\033[K", err=True, nl=False)
