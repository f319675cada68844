"""Measure what `confirma map` makes of the lists in tests/data/real-lists by itself: required columns, and wrong ones.

Without arguments the table is printed, with what was applied wrongly below it. `--update` writes the table into
docs/mapping-proposals.md, where a test holds it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from confirma_connector.fields import REQUIRED
from confirma_connector.limits import Limits
from confirma_connector.plugins import Registry, discover
from confirma_connector.proposing.found import Layout
from confirma_connector.proposing.needs import METHODS
from confirma_connector.proposing.plan import Line, Plan
from confirma_connector.proposing.proposer import Proposer

ROOT = Path(__file__).resolve().parent.parent
LISTS = ROOT / "tests" / "data" / "real-lists"
DOCUMENT = ROOT / "docs" / "mapping-proposals.md"
BLOCK = re.compile(r"(<!-- measured: tools/measure_map.py -->\n).*?(<!-- end of measured -->)", re.DOTALL)

NEEDED = (*REQUIRED, *(name for names in METHODS.values() for name in names))
"""What every invoice needs of a file, and what each way of distribution needs beside it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What people say of one list: how it is laid out, and for each header the fields it is or is only likely to be.

    Columns *needing_a_rule* are read wrongly as they stand (VAT rates as fractions).
    """

    path: Path
    is_made: bool
    layout: Mapping[str, Any]
    right: Mapping[str, frozenset[str]]
    likely: Mapping[str, frozenset[str]]
    needing_a_rule: frozenset[str] = frozenset()

    def holds(self, name: str) -> bool:
        """Tell whether a column of the list is the field, or is likely to be."""
        return any(name in some for told in (self.right, self.likely) for some in told.values())


@dataclass(frozen=True, slots=True)
class Measured:
    """What was made of one list without a person: needed fields by what became of them, and every wrong line."""

    truth: Truth
    columns: int
    applied: int
    filled: tuple[str, ...]
    proposed: tuple[str, ...]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]
    doubtful: tuple[str, ...]


def truths() -> tuple[Truth, ...]:
    """Read what people say of the lists."""
    told = yaml.safe_load((LISTS / "truth.yaml").read_text(encoding="utf-8"))["lists"]
    return tuple(_truth(one) for one in told)


def _truth(told: Mapping[str, Any]) -> Truth:
    columns = {header: one if isinstance(one, Mapping) else {"right": one} for header, one in told["columns"].items()}
    sets = {
        kind: {header: frozenset(one.get(kind, ())) for header, one in columns.items()} for kind in ("right", "likely")
    }
    path = (LISTS / told["file"]).resolve()
    ruled = frozenset(header for header, one in columns.items() if one.get("needs_rule"))
    return Truth(path, bool(told.get("made")), told["layout"], sets["right"], sets["likely"], ruled)


def measured(truth: Truth, registry: Registry) -> Measured:
    """Let a mapping of the list be proposed without a person, and hold it against the truth."""
    plan = Proposer(truth.path, registry, Limits()).plan({})
    if plan.layout is None:
        raise ValueError(f"{truth.path.name} is no list: {plan.extends} reads it")
    columns = [line for line in plan.applied if line.column is not None]
    filled = {field_of(line) for line in columns if field_of(line) in truth.right.get(_header(line), ())}
    asked = {field_of(line) for line in _asked(plan) if field_of(line) in _may_be(truth, line)}
    held = [name for name in dict.fromkeys(NEEDED) if truth.holds(name)]
    told = [(line, f"{field_of(line)} from {_header(line)!r}") for line in columns]
    bad = [(line, said) for line, said in told if field_of(line) not in truth.right.get(_header(line), ())]
    return Measured(
        truth,
        len(plan.layout.columns),
        len(columns),
        tuple(name for name in held if name in filled),
        tuple(name for name in held if name not in filled and name in asked),
        tuple(name for name in held if name not in filled and name not in asked),
        (
            *(said for line, said in bad if field_of(line) not in _may_be(truth, line)),
            *(f"{said} as it stands" for line, said in told if _is_unruled(truth, line)),
            *_wrongly_laid_out(truth, plan, plan.layout),
        ),
        tuple(said for line, said in bad if field_of(line) in _may_be(truth, line)),
    )


def field_of(line: Line) -> str:
    """Name the field that a line of the mapping fills."""
    return f"rows.{line.place[1]}" if line.place[0] == "rows" else line.place[-1]


def _header(line: Line) -> str:
    return line.column.header.strip() if line.column is not None else ""


def _may_be(truth: Truth, line: Line) -> frozenset[str]:
    header = _header(line)
    return truth.right.get(header, frozenset()) | truth.likely.get(header, frozenset())


def _is_unruled(truth: Truth, line: Line) -> bool:
    return _header(line) in truth.needing_a_rule and isinstance(line.value, str)


def _asked(plan: Plan) -> Iterator[Line]:
    for question in plan.questions:
        yield from (line for line in question.lines if line.column is not None)


def _wrongly_laid_out(truth: Truth, plan: Plan, layout: Layout) -> Iterator[str]:
    """Name what was settled of the layout and is not so."""
    settled = {line.place: line.value for line in plan.applied}
    decimal = settled.get(("locale", "decimal"))
    if decimal is not None and truth.layout["decimal"] not in (decimal, None):
        yield f"decimal mark {decimal!r}"
    for pattern in settled.get(("locale", "dates"), ()):
        if pattern not in truth.layout["dates"]:
            yield f"dates {pattern!r}"
    encoding = settled.get(("source", "encoding"))
    if encoding is not None and encoding not in truth.layout.get("encoding", (encoding,)):
        yield f"encoding {encoding!r}"
    headers = [column.header.strip() for column in layout.columns]
    if "header_row" not in layout.open and truth.layout["header"] and headers != list(truth.right):
        yield f"headers {headers}"
    shape = plan.shape
    if shape is not None and ("group_by",) in settled and truth.layout["shape"] == "row per invoice":
        yield f"shape {shape.kind!r}"
    for skip in shape.skips if shape is not None else ():
        if skip.is_proved and len(skip.rows) != len(truth.layout.get("lines", ())):
            yield f"rows left out: {dict(skip.rule)}"


def table(results: Iterable[Measured]) -> str:
    """Write the figures as a table of the document."""
    results = list(results)
    lines = [
        "| list | columns | applied | needed: filled | proposed | missed | wrong |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for is_made, title in ((False, "all found"), (True, "all made")):
        some = [one for one in results if one.truth.is_made is is_made]
        lines += [_row(one.truth.path.name, (one,)) for one in some]
        lines.append(_row(f"**{title} ({len(some)})**", some))
    return "\n".join(lines) + "\n"


def _row(name: str, some: Iterable[Measured]) -> str:
    some = list(some)
    figures = (
        sum(one.columns for one in some),
        sum(one.applied for one in some),
        *(sum(len(getattr(one, kind)) for one in some) for kind in ("filled", "proposed", "missed")),
        sum(len(one.wrong) + len(one.doubtful) for one in some),
    )
    return f"| {name} | " + " | ".join(map(str, figures)) + " |"


def written(document: str, figures: str) -> str:
    """Give the document with the figures in its block."""
    return BLOCK.sub(lambda found: found[1] + figures + found[2], document)


def main() -> int:
    """Print the figures, or write them into the document."""
    registry = discover()
    results = [measured(truth, registry) for truth in truths()]
    if "--update" in sys.argv[1:]:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8"), table(results)), encoding="utf-8")
        return 0
    print(table(results))
    for one in results:
        for kind in ("wrong", "doubtful", "missed"):
            for said in getattr(one, kind):
                print(f"{one.truth.path.name}: {kind}: {said}")
    return 1 if any(one.wrong or one.doubtful for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
