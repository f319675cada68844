"""All that is public, as a listing: `tests/data/public-api.txt`. A change in it is announced, never made by the way.

python tests/public_api.py --write
"""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from pydantic import BaseModel
from shapes import flat, keys
from world import MAPPING, csv_text, invoice_rows

import confirma_connector
from confirma_connector import hookspecs, library, overlay, plugins, settings, testing
from confirma_connector.cli import main
from confirma_connector.explaining import explanations
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.invoice import Invoice
from confirma_connector.journal.schema import MIGRATIONS
from confirma_connector.limits import Limits
from confirma_connector.mapping import mapping_schema, shipped
from confirma_connector.parts import schema
from confirma_connector.report import Report, Reports
from confirma_connector.transforms import TRANSFORMS

__all__ = ["ANSWERS", "LISTING", "REPORTS", "TOLD_ELSEWHERE", "commands", "listing"]

LISTING = Path(__file__).parent / "data" / "public-api.txt"
ANSWERS: Mapping[str, Sequence[str]] = {
    "status": (),
    "show": ["1001"],
    "account": (),
    "adapters": ["--adapters", "broken"],
    "adopt": ["other.csv", "--mapping", "mapping.yaml", "--reason", "sent elsewhere"],
    "mappings": (),
    "mappings lint": ["mapping.yaml", "--data", "in.csv"],
    "contract": (),
    "contract diff": [str(Path(__file__).parents[1] / "samples" / "contract" / "openapi.yaml")],
}
"""Commands with a --json of their own, with what they are tried with."""
REPORTS = frozenset({"check", "send", "track"})
"""Those whose --json is a report."""
TOLD_ELSEWHERE = frozenset({"adapters check"})
"""Its promises are the fields of `confirma_connector.testing.Tried`."""
LONGEST = 120
DESCRIBED = re.compile(r"^Annotated\[(.+?), Field\(.*\)\]$")


def listing() -> str:
    """Give the listing: sections, and in each one line for every name, option, key or field."""
    sections: dict[str, Iterable[str]] = {
        "Names of confirma_connector": [*names(confirma_connector), *aliases()],
        "Names of confirma_connector.testing": names(testing),
        "Hooks of adapters": hooks(),
        "Commands and their options": sorted(commands(main, "confirma")),
        "Exit codes: 0 done, 1 a person is needed, 130 stopped, and those of the errors": exit_codes(),
        "Settings: environment variables, keys of the config file, limits": settings_and_limits(),
        "Mapping files (confirma schema mapping), their fields and transforms": [
            *flat("mapping", mapping_schema()),
            *(f"invoice field {name}: {kind}" for name, kind in INVOICE_FIELDS.items()),
            *(f"row field {name}: {kind}" for name, kind in ROW_FIELDS.items()),
            *(f"transform {name}" for name in sorted(TRANSFORMS)),
        ],
        "Shipped mappings, and shipped adapters with their source: options": [
            *(f"mapping {name}" for name in sorted(shipped())),
            *options_of_adapters(),
        ],
        "Invoices (confirma schema invoice)": flat("invoice", schema(Invoice)),
        "Reports of --json (confirma schema report, reports)": [
            *flat("report", Report.model_json_schema(mode="serialization")),
            *flat("reports", Reports.model_json_schema(mode="serialization")),
        ],
        "Other --json": sorted(answers()),
        "Overlays on the contract": [
            *flat("overlay", overlay.ContractFile.model_json_schema()),
            *sorted({f"line {section}.{key}" for section, key, _ in overlay.shipped().lines()}),
        ],
        "Problem codes": sorted(explanations()),
        "Journal: a newer program takes every older journal along; an older one refuses a newer journal": [
            f"schema {len(MIGRATIONS)}"
        ],
    }
    return "\n\n".join("\n".join((f"# {title}", *lines)) for title, lines in sections.items()) + "\n"


# -- Python ------------------------------------------------------------------------------------------------------------


def names(module: ModuleType) -> Iterator[str]:
    """Give every public name of *module* with what can be called or read of it."""
    for name in sorted(module.__all__):
        value = getattr(module, name)
        if inspect.isclass(value):
            yield from of_class(name, value)
        elif inspect.isfunction(value):
            yield from signature(name, value)
        elif isinstance(value, tuple):
            yield from (f"{name}: {plain(one)}" for one in value)
        else:
            yield f"{name} = {plain(value)}"


def of_class(name: str, value: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
    yield f"class {name}({bases})" if bases else f"class {name}"
    members = (
        {one.name: (one.type, one.default, one.default_factory) for one in fields(value)} if is_dataclass(value) else {}
    )
    for member, (its, default, factory) in members.items():
        is_required = default is MISSING and factory is MISSING
        yield f"{name}.{member}: {bare(str(its))}" + (
            "" if is_required else f" = {default if factory is MISSING else '…'!r}"
        )
    if issubclass(value, BaseModel):
        told = {**value.__annotations__}
        yield from (f"{name}.{field}: {bare(str(told[field]))}" for field in value.model_fields if field in told)
    for member, its in sorted(vars(value).items()):
        is_made = member in members or (member == "__init__" and is_dataclass(value))
        if is_made or (member.startswith("_") and member != "__init__"):
            continue
        function = its.__func__ if isinstance(its, (classmethod, staticmethod)) else its
        if isinstance(its, property) and its.fget:
            yield f"{name}.{member} -> {inspect.signature(its.fget).return_annotation}"
        elif inspect.isfunction(function):
            yield from signature(f"{name}.{member}", function)
        elif isinstance(its, (str, int, tuple, frozenset)):
            yield f"{name}.{member} = {plain(its)}"


def signature(name: str, function: Callable[..., Any]) -> Iterator[str]:
    """Give a signature in one line, or, where it is long, a line for each parameter."""
    its = inspect.signature(function)
    told = [parameter(one) for one in its.parameters.values() if one.name not in ("self", "cls")]
    whole = f"{name}({', '.join(told)}) -> {its.return_annotation}"
    if len(whole) <= LONGEST:
        yield whole
        return
    yield f"{name}(…) -> {its.return_annotation}"
    yield from (f"{name}(… {one})" for one in told)


def parameter(one: inspect.Parameter) -> str:
    default = "" if one.default is one.empty else f" = {one.default!r}"
    mark = {one.KEYWORD_ONLY: "*, ", one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    return f"{mark}{one.name}: {one.annotation}{default}"


def bare(annotation: str) -> str:
    """Take off an annotation what only describes it."""
    return DESCRIBED.sub(r"\1", annotation)


def plain(value: Any) -> str:
    """Spell a value without its place in memory."""
    return re.sub(r" (object )?at 0x[0-9a-f]+", "", repr(value))


def hooks() -> Iterator[str]:
    """Give the version of the hooks, and each with its arguments."""
    yield f"entry point group {hookspecs.PROJECT}"
    yield f"version {hookspecs.HOOKS_VERSION}"
    for name, function in sorted(vars(hookspecs).items()):
        if inspect.isfunction(function) and function.__module__ == hookspecs.__name__:
            yield from signature(name, function)


def options_of_adapters() -> Iterator[str]:
    for name, adapter in plugins.discover(installed=()).adapters.items():
        model = adapter.options()
        yield from flat(f"adapter {name}", model.model_json_schema()) if model else [f"adapter {name}"]


def aliases() -> Iterator[str]:
    """Give what the short names for types in the signatures of `Connector` stand for."""
    for name in ("FilePath", "Hear", "Records"):
        yield f"{name} = {plain(getattr(library, name))}"


# -- the command -------------------------------------------------------------------------------------------------------


def commands(command: click.Command, path: str) -> Iterator[str]:
    """Give *command* and those below it, each with its options: whether they take a value, one or several."""
    yield path
    for one in command.params:
        spelled = (
            " ".join((*one.opts, *one.secondary_opts))
            if isinstance(one, click.Option)
            else one.make_metavar(click.Context(command))
        )
        is_flag = isinstance(one, click.Option) and one.is_flag
        kind = (
            ""
            if is_flag
            else f" {kind_of(one.type)}{' *' if one.multiple or one.nargs != 1 else ''}"
            if isinstance(one, click.Option)
            else f" {kind_of(one.type)}"
        )
        yield f"{path} {spelled}{kind}{' required' if one.required else ''}"
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from commands(below, f"{path} {name}")


def kind_of(kind: click.ParamType) -> str:
    return "|".join(map(str, kind.choices)) if isinstance(kind, click.Choice) else kind.name.replace(" ", "-")


def exit_codes() -> Iterator[str]:
    """Give the exit code of every error."""
    for name in confirma_connector.__all__:
        value = getattr(confirma_connector, name)
        if inspect.isclass(value) and issubclass(value, confirma_connector.ConfirmaError):
            yield f"{name} {value.exit_code}"


def settings_and_limits() -> Iterator[str]:
    yield from sorted(settings.ENVIRONMENT_VARIABLES)
    told = settings.Settings.__annotations__
    yield from (f"{name}: {told[name]}" for name in settings.Settings.model_fields)
    yield from (f"limits.{one.name}" for one in fields(Limits))


# -- shapes of JSON ----------------------------------------------------------------------------------------------------


def answers() -> Iterator[str]:
    """Give the shapes of what commands print with --json, tried in a sandbox."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "mapping.yaml").write_text(MAPPING, "utf-8")
        rows = [*invoice_rows(1001), *invoice_rows(1002)]
        (folder / "other.csv").write_text(csv_text(invoice_rows(900)), "utf-8", newline="")
        (folder / "in.csv").write_text(csv_text(rows), "utf-8", newline="")
        (folder / "broken").mkdir()
        (folder / "broken" / "odd.py").write_text("1 / 0", "utf-8")
        run(folder, "send", "in.csv", "--mapping", "mapping.yaml")
        for command, words in ANSWERS.items():
            printed = run(folder, *command.split(), *words, "--json")
            if not printed.startswith(("{", "[")):
                raise ValueError(f"confirma {command} --json: {printed}")
            tree = json.loads(printed)
            yield from sorted(set(keys(command, tree)))


def run(folder: Path, *words: str) -> str:
    """Run the command in a world of its own; give what it prints."""
    environ = {"CONFIRMA_JOURNAL": str(folder / "journal.sqlite3"), "CONFIRMA_LANGUAGE": "en"}
    environ |= {"CONFIRMA_CONFIG": str(folder / "config.toml"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    (folder / "config.toml").touch()
    done = subprocess.run(
        [sys.executable, "-m", "confirma_connector.cli", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout or done.stderr


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    os.environ["CONFIRMA_LANGUAGE"] = "en"
    LISTING.write_text(listing(), "utf-8", newline="\n")
