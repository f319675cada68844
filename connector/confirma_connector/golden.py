"""Golden pairs: what a mapping makes of a file, kept beside the file, so that a change of either is seen.

A case is a folder with one `invoices.*`, perhaps its `mapping.yaml`, and what was expected of them: `check.json` (every
invoice with its state and problems, every skipped row, the sums) and `payloads.json` (the request bodies, to the
letter). Neither holds a sentence: wording may change from release to release, and from language to language.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import simplejson

from confirma_connector import language
from confirma_connector.errors import SettingsError
from confirma_connector.items import Item
from confirma_connector.language import tr
from confirma_connector.records import Problem
from confirma_connector.run import Run
from confirma_connector.survey import Survey

__all__ = ["Case", "cases", "differences", "produced", "updated"]

_ONE = "invoices.*"
_MAPPING = "mapping.yaml"
_NUMBERS = ("number", "invoiceNumber")


@dataclass(frozen=True, slots=True)
class Case:
    """One file and the mapping it is read with; None: the one that fits."""

    folder: Path
    source: Path
    mapping: str | None


def cases(folder: Path, mapping: str | None = None) -> list[Case]:
    """Find the cases: *folder* itself, or the folders right below it. *mapping* is for those without their own.

    Raises SettingsError.
    """
    if not folder.is_dir():
        raise SettingsError(tr("{folder}: there is no such folder", folder=folder))
    folders = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    found = [_case(one, mapping) for one in folders if any(one.glob(_ONE))]
    if not found:
        raise SettingsError(
            tr("{folder}: has no case: that is a folder with a file invoices.csv, invoices.xlsx, …", folder=folder)
        )
    return found


def _case(folder: Path, mapping: str | None) -> Case:
    sources = sorted(folder.glob(_ONE))
    if len(sources) > 1:
        names = ", ".join(path.name for path in sources)
        raise SettingsError(
            tr("{folder}: a case has one file invoices.*, and there are {names}", folder=folder, names=names)
        )
    own = folder / _MAPPING
    return Case(folder, sources[0], str(own) if own.is_file() else mapping)


def produced(case: Case, run: Run) -> dict[str, str]:
    """Give what the mapping makes of the file now: the texts of `check.json` and `payloads.json`.

    Raises SourceError, MappingError, AdapterError.
    """
    mapping = run.mapping(case.source, case.mapping)
    with language.using("en"), closing(run.read(case.source, mapping, b"")) as found:  # "line 12" is a word too
        bodies = [found.claim(item).body.decode() for item in found.valid()]
        told = json.dumps(_checked(found), ensure_ascii=False, indent=2)
    return {"check.json": f"{told}\n", "payloads.json": "[\n" + ",\n".join(bodies) + "\n]\n"}


def _checked(found: Survey) -> dict[str, Any]:
    return {
        "mapping": found.mapping.name,
        "rows": found.rows,
        "totals": {currency: str(total) for currency, total in found.totals.items()},
        "methods": dict(found.methods),
        "invoices": [_invoice(item) for item in found.items],
        "skipped": [{"where": row.where, "has_amount": row.has_amount} for row in found.skipped],
    }


def _invoice(item: Item) -> dict[str, Any]:
    return {
        "number": item.label,
        "where": item.where,
        "state": "invalid" if item.kind is None else "ready",
        "problems": [_spelled(problem) for problem in item.problems],
    }


def _spelled(problem: Problem) -> str:
    place = ", ".join(part for part in (problem.where, problem.header, problem.field) if part)
    return f"{problem.severity} {problem.code}: {place}"


def differences(case: Case, now: Mapping[str, str]) -> Iterator[str]:
    """Say in a line each what is another now than it was expected to be."""
    for name, text in now.items():
        try:
            expected = (case.folder / name).read_text("utf-8")
        except FileNotFoundError:
            yield tr("{name}: nothing is expected yet; --update writes it", name=name)
            continue
        if expected != text:
            yield from _between(name, _tree(expected), _tree(text))


def _tree(text: str) -> Any:
    try:
        return simplejson.loads(text, use_decimal=True)
    except ValueError:  # somebody's own edit
        return text


def _between(place: str, was: Any, now: Any) -> Iterator[str]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*was, *now)):
            yield from _between(f"{place}: {key}", was.get(key), now.get(key))
    elif isinstance(was, list) and isinstance(now, list):
        old, new = _named(was), _named(now)
        for key in dict.fromkeys((*old, *new)):
            yield from _between(f"{place}: {key}", old.get(key), new.get(key))
    elif was != now:
        yield tr("{place}: was {was}, is {now}", place=place, was=_short(was), now=_short(now))


def _named(entries: list[Any]) -> dict[str, Any]:
    """Give the entries by the number of the invoice, where they have one of their own; else by their place."""
    for name in _NUMBERS:
        numbers = [str(one.get(name, "")) if isinstance(one, dict) else "" for one in entries]
        if all(numbers) and len(set(numbers)) == len(numbers):
            return dict(zip(numbers, entries, strict=True))
    return {str(index): one for index, one in enumerate(entries, 1)}


def _short(value: Any) -> str:
    if value is None:
        return tr("nothing")
    text = simplejson.dumps(value, use_decimal=True, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:119]}…"


def updated(case: Case, now: Mapping[str, str]) -> list[str]:
    """Write what is another now; give the names of the files."""
    changed = []
    for name, text in now.items():
        path = case.folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8", newline="\n")
            changed.append(name)
    return changed
