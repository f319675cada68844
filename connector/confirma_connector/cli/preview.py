"""One invoice on the terminal: part by part each field, its value, and where that stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from confirma_connector.cli.fitting import lined_up, shortened
from confirma_connector.fieldnames import name_of, section_of
from confirma_connector.language import tr
from confirma_connector.previewing import Preview, PreviewField

__all__ = ["preview_lines"]

_LONGEST = 60
_WIDEST = 32
_AMONG_ROWS = 40
"""As many signs of a value are shown in the table of rows."""


def preview_lines(path: Path, shown: Preview) -> Iterator[str]:
    """Give the lines for one invoice of the file at *path*."""
    said = tr(
        "{file}, {place}: invoice {number}: {state}",
        file=path.name,
        place=shown.where,
        number=shown.label,
        state=shown.state,
    )
    yield f"{said}: {shown.message}" if shown.message and shown.state not in ("invalid", "rejected") else said
    for section, fields in groupby(sorted(shown.fields, key=_place), key=lambda one: section_of(one.field)):
        yield f"  {section}"
        yield from _fields(list(fields))
    if shown.columns:
        yield f"  {section_of('rows.')}"
        yield from _fields(shown.columns)
        yield from _rows(shown)
    if shown.empty:
        yield f"  {tr('Empty')}"
        yield from _fields(shown.empty)
    if shown.problems:
        yield f"  {tr('To be put right, or worth a look')}"
        yield from (f"    {problem.text()}" for problem in shown.problems)


def _place(one: PreviewField) -> int:
    """Keep the parts together, whatever is told behind them: what is not sent stands with its own part."""
    parts = ("", "references", "seller", "buyer", "recipient", "delivery", "amounts", "attachments", "distribution")
    section = one.field.partition(".")[0] if "." in one.field else ""
    return parts.index(section) if section in parts else len(parts)


def _fields(fields: Sequence[PreviewField]) -> Iterator[str]:
    cells = [(name_of(one.field), shortened(one.value, _LONGEST), one.origin) for one in fields]
    for one, line in zip(fields, lined_up(cells, most=_WIDEST), strict=True):
        yield f"    {line}"
        yield f"        {one.field} → {one.wire or tr('not sent')}"


def _rows(shown: Preview) -> Iterator[str]:
    names = [one.field for one in shown.columns]
    table = [("", *(name_of(name) for name in names))]
    for row in shown.rows:
        table.append((row.where, *(shortened(row.values.get(name, ""), _AMONG_ROWS) for name in names)))
    right = [index for index, name in enumerate(names, 1) if name.endswith(_NUMBERS)]
    yield from (f"    {line}" for line in lined_up(table, right))


_NUMBERS = ("quantity", "unit_price", "_percentage", "_amount")
