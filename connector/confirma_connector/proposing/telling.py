"""What `confirma map` says at its end: what was taken, what is open, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from confirma_connector.language import tr
from confirma_connector.proposing.called import called
from confirma_connector.proposing.needs import METHODS
from confirma_connector.proposing.plan import Line, Plan

__all__ = ["told"]

_MOST_NOTICES = 12


def told(plan: Plan, file: Path, target: Path) -> Iterator[str]:
    """Give the lines of the summary."""
    if plan.extends:
        yield tr("{file}: the shipped mapping {name} reads it as it is", file=file.name, name=plan.extends)
        if not plan.questions and not plan.confirmed:
            yield tr("  nothing has to be added: it is found by itself, and needs no mapping of your own")
    elif plan.layout is not None:
        rows, columns = plan.layout.rows, len(plan.layout.columns)
        yield tr("{file}: {rows} rows, {columns} columns", file=file.name, rows=rows, columns=columns)
        yield from (f"  {plan.layout.why[key]}" for key in ("rows", "ragged") if key in plan.layout.why)
    yield from _counted(tr("taken without a question"), plan.applied)
    yield from _counted(tr("taken by your answers"), plan.confirmed)
    asked = [one for one in plan.questions if one.is_asked]
    if asked:
        names = ", ".join(dict.fromkeys(_name(one.lines[0]) for one in asked))
        yield f"  {tr('open')}: {len(asked)} ({names})"
    if (more := len(plan.questions) - len(asked)) > 0:
        yield tr("  open, and nothing needs it: {more}", more=more)
    if plan.unused:
        yield "  " + tr(
            "columns that nothing needs: {headers}", headers=", ".join(f'"{one.header}"' for one in plan.unused)
        )
    yield from () if plan.extends else _missing(plan)
    yield from (f"  {notice}" for notice in plan.notices[:_MOST_NOTICES])
    yield tr("written: {target}", target=target)


def _counted(what: str, lines: Sequence[Line]) -> Iterator[str]:
    fields = [_name(line) for line in lines if line.place[0] in ("invoice", "rows")]
    others = len(lines) - len(fields)
    names = ", ".join((*fields, *([tr("{others} more", others=others)] if fields and others else ())))
    if lines:
        yield f"  {what}: {len(lines)}{f' ({names})' if names else ''}"


def _name(line: Line) -> str:
    place = line.place
    if place[0] == "tables":
        return f'"{place[2]}"'
    name = f"rows.{place[1]}" if place[0] == "rows" else place[1] if place[0] == "invoice" else ".".join(place[:2])
    return called("skip" if place[0] == "skip" else name)


def _missing(plan: Plan) -> Iterator[str]:
    for method in ("", *METHODS):
        if names := plan.lacking.get(method):
            listed = ", ".join(called(name) for name in names)
            yield (
                tr("  missing for every invoice: {names}", names=listed)
                if not method
                else tr("  missing for {method}: {names}", method=method, names=listed)
            )
