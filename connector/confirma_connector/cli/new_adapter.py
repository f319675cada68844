"""`confirma new-adapter`."""

from __future__ import annotations

from pathlib import Path

import click

from confirma_connector import plugins
from confirma_connector.cli.saying import say
from confirma_connector.drafting.drafts import checked_name, draft
from confirma_connector.language import tr

__all__ = ["new_adapter"]


@click.command("new-adapter")
@click.argument("name")
@click.option("--file", "is_file", is_flag=True, help="One file for a folder of adapters, with a sample (the default).")
@click.option("--package", "is_package", is_flag=True, help="A package of its own, with tests, to be installed.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    help="Where to; without it adapters, or confirma-NAME for a package.",
)
def new_adapter(name: str, is_file: bool, is_package: bool, directory: Path | None) -> None:
    """Begin an adapter for a format of your own: it works as it is written, with a sample to try it on."""
    if is_file and is_package:
        raise click.UsageError(tr("--file and --package exclude each other"))
    name = checked_name(name, plugins.discover())
    folder = directory or Path(f"confirma-{name.replace('_', '-').strip('-')}" if is_package else "adapters")
    for path in draft(name, "package" if is_package else "file", folder):
        say(tr("made {path}", path=path))
    say(tr("Try it as it is, then make it read what your files look like:"))
    for command in _commands(name, folder, is_package=is_package):
        say(f"  {command}")


def _commands(name: str, folder: Path, *, is_package: bool) -> list[str]:
    if is_package:
        samples = folder / "samples"
        sample, more = samples / "export.txt", f"--mapping {_quoted(samples / 'mapping.yaml')}"  # not for people
        first, last = f"pip install -e {_quoted(folder)}", f"pytest {_quoted(folder)}"  # not for people
        return [first, f"confirma adapters check {name} {_quoted(sample)} {more}", last]  # not for people
    sample, more = folder / f"{name}.txt", f"--mapping {_quoted(folder / f'{name}.yaml')} --adapters {_quoted(folder)}"
    return [f"confirma {one} {_quoted(sample)} {more}" for one in ("check", f"adapters check {name}")]  # not for people


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)
