"""The proposed mapping as a commented file: what is settled stands plainly, what is open on lines that begin `# ? `."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.language import tr
from confirma_connector.proposing.called import called
from confirma_connector.proposing.needs import METHODS
from confirma_connector.proposing.plan import Line, Plan
from confirma_connector.proposing.questions import field_at

__all__ = ["mapping_text"]

_OPEN = "# ? "
_TOP = ("skip", "fill_down", "group_by", "first_in_group", "scattered", "prices", "missing_reference")
_WIDE = 1_000_000


def mapping_text(plan: Plan, path: Path) -> str:
    """Give the mapping file for *path*; the same plan gives the same text."""
    tables = _tables(plan)
    parts: list[list[str]] = [
        [*_head(plan, path)],
        [*_block("source", plan), *_block("locale", plan)],
        [line for key in _TOP for line in _top(key, plan)],
        [*_block("invoice", plan, tuple(INVOICE_FIELDS))],
        [*_block("rows", plan, tuple(ROW_FIELDS))],
        [*_table_lines(tables, plan)],
        [*_unused(plan), *_missing(plan)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(plan: Plan, path: Path) -> Iterator[str]:
    yield _comment(tr("made by `confirma map` from {name}", name=path.name))
    if plan.questions:
        said = tr('a line that begins with "{signs}" is a question: delete these signs where it is right', signs=_OPEN)
        yield _comment(said)
    yield "version: 1"
    yield f"name: {_yaml(path.stem)}"
    if plan.extends:
        yield f"extends: {_yaml(plan.extends)}"
    elif plan.layout is not None:
        yield f"adapter: {_yaml(plan.layout.adapter)}"


def _block(name: str, plan: Plan, order: Sequence[str] = ()) -> Iterator[str]:
    """Give a block of `key: value` lines; in *order*, where there is one."""
    lines = [(line, False) for line in (*plan.applied, *plan.confirmed) if line.place[0] == name]
    lines += [(line, True) for one in plan.questions for line in one.lines if one.place[0] == name]
    if not lines:
        return
    yield f"{name}:"
    ranks = {key: rank for rank, key in enumerate(order)}
    for line, is_open in sorted(lines, key=lambda told: ranks.get(told[0].place[1], len(ranks))):
        yield _spelled(f"{line.place[1]}: ", line, is_open=is_open, indent="  ")


def _top(key: str, plan: Plan) -> Iterator[str]:
    settled = [line for line in (*plan.applied, *plan.confirmed) if line.place[0] == key]
    unsettled = [line for one in plan.questions for line in one.lines if one.place[0] == key]
    if key != "skip":
        yield from (_spelled(f"{key}: ", line, is_open=False) for line in settled)
        yield from (_spelled(f"{key}: ", line, is_open=True) for line in unsettled)
    elif settled:
        yield "skip:"
        yield from (_spelled("- ", line, is_open=False, indent="  ") for line in settled)
        yield from (_spelled("- ", line, is_open=True, indent="  ") for line in unsettled)
    elif unsettled:
        whole = Line((key,), [dict(line.value) for line in unsettled], "; ".join(line.evidence for line in unsettled))
        yield _spelled("skip: ", whole, is_open=True)


def _spelled(key: str, line: Line, *, is_open: bool, indent: str = "") -> str:
    value = "{constant: }" if line.typed and not line.value["constant"] else _yaml(line.value)
    told = [line.evidence]
    if line.typed and is_open:
        told.insert(0, tr('write it behind "constant:"'))
    if line.column is not None and line.column.letter:
        told.insert(0, tr("column {letter}", letter=line.column.letter))
    if line.column is not None:
        told += line.column.warnings
    comment = _plain("; ".join(text for text in told if text))
    return f"{indent}{_OPEN if is_open else ''}{key}{value}{f'  # {comment}' if comment else ''}"


def _yaml(value: Any) -> str:
    dumped = yaml.safe_dump(_as_yaml(value), default_flow_style=True, allow_unicode=True, width=_WIDE, sort_keys=False)
    return str(dumped).removesuffix("...\n").strip()


def _as_yaml(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _as_yaml(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_yaml(one) for one in value]
    return value if isinstance(value, (str, bool, int)) else str(value)


def _comment(text: str) -> str:
    return f"# {_plain(text[:1].upper() + text[1:])}"


def _plain(text: str) -> str:
    """Give *text* on one line, without what no comment may hold."""
    return "".join(
        sign for sign in " ".join(text.split()) if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )


def _tables(plan: Plan) -> Mapping[str, Mapping[str, str]]:
    """Give the tables of all lines, open ones too: deleting `# ? ` has to be enough."""
    tables: dict[str, dict[str, str]] = {}
    for line in (*plan.applied, *plan.confirmed, *(line for one in plan.questions for line in one.lines)):
        if line.table and isinstance(line.value, Mapping):
            tables.setdefault(str(line.value["table"]), {}).update(line.table)
        elif line.place[0] == "tables":
            tables.setdefault(line.place[1], {})[line.place[2]] = str(line.value)
    return tables


def _table_lines(tables: Mapping[str, Mapping[str, str]], plan: Plan) -> Iterator[str]:
    if tables:
        yield "tables:"
    for name, codes in tables.items():
        yield f"  {_yaml(name)}:"
        yield from (f"    {_yaml(code)}: {_yaml(meaning)}" for code, meaning in codes.items())
        for one in plan.questions:
            if one.place[:2] == ("tables", name):
                told = tr("write what it means: {choices}", choices=", ".join(str(line.value) for line in one.lines))
                yield f"    {_OPEN}{_yaml(one.place[2])}:  # {_plain(told)}"


def _unused(plan: Plan) -> Iterator[str]:
    if plan.unused:
        yield _comment(tr("columns that nothing needs:"))
        yield _comment(", ".join(f'"{column.header}"' for column in plan.unused))


def _missing(plan: Plan) -> Iterator[str]:
    if plan.extends:
        return
    proposed = {field_at(one.place) for one in plan.questions}
    if proposed & {"rows.quantity", "rows.unit_price", "rows.gross_amount"}:
        proposed.add("rows.net_amount")
    left = bool(plan.unused)
    for method in ("", *METHODS):
        names = plan.lacking.get(method, ())
        who = method or tr("every invoice")
        if not names:
            yield _comment(tr("{method}: nothing is missing", method=who))
            continue
        yield _comment(tr("{method}: still missing:", method=who))
        yield from (f"#   {_lacking(name, is_proposed=name in proposed, has_columns=left)}" for name in names)


def _lacking(name: str, *, is_proposed: bool, has_columns: bool) -> str:
    words = f"{called(name)} ({name})"
    if is_proposed:
        return tr("{what}: open above", what=words)
    return (
        tr("{what}: no column looks like it", what=words) if has_columns else tr("{what}: not in the file", what=words)
    )
