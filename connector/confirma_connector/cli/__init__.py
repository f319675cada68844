"""The command `confirma`: one module a command, loaded when it is called."""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import io
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from confirma_connector import language
from confirma_connector.alone import ALONE
from confirma_connector.cli.saying import complain, say
from confirma_connector.cli.speaking import spoken, spoken_parameter, with_click
from confirma_connector.language import mark, tr

__all__ = ["main"]

_COMMANDS: Mapping[str, str] = {
    "check": mark("Check files: what is wrong, in their own cells and words. Nothing is sent."),
    "send": mark("Send what was not sent before, and write the outcome beside each invoice."),
    "track": mark("Fetch the delivery information and update the results files."),
    "watch": mark("Send each file that is dropped into a folder, and leave the answer where it is looked for."),
    "status": mark("Count and add up the invoices of the account by state; list a month as CSV."),
    "explain": mark("Explain a problem by its code: what it means, its cause and its cure."),
    "show": mark("Show one invoice: its state and everything that happened to it."),
    "report": mark("Make one page with sums, pictures over time and what is open."),
    "adopt": mark("Make invoices known that were sent elsewhere: they are never sent from here."),
    "account": mark("Show which seller the account belongs to, or bind it to another."),
    "resend": mark("Let the next send send one invoice again that Confirma could not deliver."),
    "resolve": mark("Decide about an invoice where Confirma's own word is missing."),
    "map": mark("Propose a mapping for a file: what each column is, and why."),
    "template": mark("Make a workbook to fill in, check and send."),
    "adapters": mark("List the adapters, working and broken."),
    "new-adapter": mark("Begin an adapter for a format of your own: one file, or a package."),
    "mappings": mark("List the shipped mappings."),
    "schema": mark("Print the JSON Schema of mapping files, invoices or reports."),
    "contract": mark("List what nobody has confirmed of the contract, confirm it, try one invoice in staging."),
    "login": mark("Put the key into the system keyring."),
    "logout": mark("Take the key out of the system keyring."),
    "token": mark("Ask Confirma whether the key is valid, or renew it."),
    "journal": mark("Drop personal data from the journal, or copy it."),
    "sandbox": mark("Run the stand-in server alone, with its OpenAPI page."),
}


_OBJECTS = 50_000
_ABOUT_THE_KEY = frozenset({"login", "logout", "token"})
_LEFT_BEHIND = 10.0
"""Seconds that a thread gets to end by itself."""
_NOT_REPEATED = mark("these words are not understood, and not repeated, as one may be the key: it is never given here")


class _Commands(click.Group):
    """Loads a command's module only when that command is called: `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in _COMMANDS:
            return None
        module = name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"confirma_connector.cli.{module}"), module)
        return spoken(command)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [spoken_parameter(one) for one in super().get_params(ctx)]

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [tr(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section(tr("Commands")):
            formatter.write_dl([(name, tr(about)) for name, about in _COMMANDS.items()])

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(tr(inspect.cleandoc(self.help or "")))

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command and leave with its exit code; whatever goes wrong is one clear line."""
        with (
            language.using(None),
            with_click(),
            _for_its_owner_alone(),
            _seldom_collected(),
            _ended_with_it(),
            _stopped_in_order(),
        ):
            before = _threads()
            code = self._code(*args, **extra)
            _cut_off(_threads() - before, code)
        sys.exit(code)

    def _code(self, *args: Any, **extra: Any) -> int:
        from confirma_connector.errors import ConfirmaError

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a name the terminal cannot show ends no run
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else ""
            is_about_the_key = not _ABOUT_THE_KEY.isdisjoint(path.split()[1:2])
            said = tr(_NOT_REPEATED) if is_about_the_key else error.format_message()
            complain(tr("{problem} (see {command} --help)", problem=said, command=path) if path else said)
            code = 2
        except click.ClickException as error:
            complain(error.format_message())
            code = 2
        except ConfirmaError as error:
            complain(str(error))
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt) as stop:
            for note in getattr(stop.__cause__ or stop, "__notes__", ()):
                complain(note)
            complain(tr("stopped; nothing is lost, run again to go on"))
            code = 130
        except BrokenPipeError:
            code = 2
        except Exception as error:
            from confirma_connector.cli import mistake

            say("\n".join(mistake.lines(error)), err=True)
            complain(mistake.request(error))
            code = 2
        return code if isinstance(code, int) else 0


@contextlib.contextmanager
def _for_its_owner_alone() -> Iterator[None]:
    """Let nobody else read what is written meanwhile, and no memory, with the key in it, be written after a crash."""
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def _stopped_in_order() -> Iterator[None]:
    """Take SIGTERM like Ctrl-C from the first moment; a run listens to both by itself."""
    before = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL
    with contextlib.suppress(ValueError):  # only in the main thread can anybody listen
        if before is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _ended_with_it() -> Iterator[None]:
    """Let the process be ended when a partner's adapter hangs: it is our command alone."""
    token = ALONE.set(complain)
    try:
        yield
    finally:
        ALONE.reset(token)


def _threads() -> set[Any]:
    """Give the threads that Python would wait for before it ends."""
    loaded = sys.modules.get("threading")
    return {thread for thread in loaded.enumerate() if not thread.daemon} if loaded else set()


def _cut_off(left: set[Any], code: int) -> None:
    """End the process where threads that a partner's adapter left behind would keep it from ending: all is done."""
    for thread in left:
        thread.join(_LEFT_BEHIND)
    names = ", ".join(sorted(thread.name for thread in left if thread.is_alive()))
    if names:
        complain(tr("threads that were left behind are cut off: {names}", names=names))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@contextlib.contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let Python look for cycles less often meanwhile: a run keeps very many objects, and hardly a cycle among them."""
    before = gc.get_threshold()
    gc.set_threshold(max(_OBJECTS, before[0]) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="confirma-connector", prog_name="confirma")
def main() -> None:
    """Send the sales invoices in your own files through Confirma, once each, and see the outcome beside them."""
