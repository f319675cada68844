"""Showing a run as it goes: a bar on a terminal, plain lines otherwise, JSON lines for a log."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from confirma_connector.cli.saying import harmless, say
from confirma_connector.language import mark, tr, trn, whole
from confirma_connector.pipeline import Event

__all__ = ["listener", "logged"]

_LINES = {
    "reading": mark("reading {name}"),
    "asking": mark("asking Confirma what it has"),
    "writing": mark("writing the results of {name}"),
}


def listener(*, log_json: bool, about: Mapping[str, str] | None = None) -> Callable[[Event], None]:
    """Give what hears the events of a run; that nobody reads along any more does not stop the run.

    *about* says in every line of the log whose run it is.
    """
    show: Callable[[Event], None] = _Log(about or {}) if log_json else _Bar() if sys.stderr.isatty() else _Lines()

    def hear(event: Event) -> None:
        with contextlib.suppress(OSError):
            show(event)

    return hear


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
    """A bar while invoices go; a counter while a large file is read."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, event: Event) -> None:
        if event.what == "sending":
            if self._bar is None:
                self._bar = click.progressbar(length=event.total, label=tr("sending"), file=sys.stderr, show_pos=True)
                self._bar.__enter__()
            self._bar.update(1)
            return
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
        if event.what == "reading" and event.done:
            name = harmless(Path(event.path).name)
            counted = tr("reading {name}: {rows} rows", name=name, rows=whole(event.done))
            click.echo(f"\r{counted}", err=True, nl=False)
        elif event.what == "asking":
            click.echo(f"\r\033[K{tr('asking Confirma what it has …')}", err=True, nl=False)
        elif event.what == "writing":
            click.echo("\r\033[K", err=True, nl=False)
