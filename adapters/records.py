"""Files of typed records: a field, or a place in the line, says what each of them is (header, row, customer, …)."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from confirma_connector import Match, Record, Source, hookimpl
from confirma_connector.delimited import rows
from confirma_connector.delimiters import survey
from confirma_connector.language import tr

if TYPE_CHECKING:
    from confirma_connector.recordkinds import Kind, RecordKinds

_HEADINGS = ("TietueAsiakas;", "TietueLasku;", "TietueRivi;")
_LETTERS = re.compile(r"[A-Z]{1,2}[;|\t]")
_ONE_FIELD = "\n"  # a delimiter that no line holds: a record of fixed width is one field


@hookimpl
def options() -> type[RecordKinds]:
    """Give the model of the `source:` block."""
    from confirma_connector.recordkinds import RecordKinds  # listing adapters needs no pydantic

    return RecordKinds


@hookimpl
def detect(head: bytes) -> Match:
    """Say "specific" for the heading lines of Heeros, "generic" for text whose first field is a letter or two."""
    text = head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    if text.startswith(_HEADINGS):
        return "specific"
    return "generic" if _LETTERS.match(text) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give the records of the invoices, each header before its lines."""
    chosen: RecordKinds = source.options
    if not chosen.is_keyed:
        return _joined(_found(source, chosen), _Index())
    index = _Index()
    index.build(_found(source, chosen), source)
    records = _joined(_found(source, chosen), index)
    return _gathered(records, source) if index.is_scattered else records


# ---- one record ----


@dataclass(frozen=True, slots=True)
class _Found:
    """A record as it stands in the file; its kind is None when the mapping does not know it."""

    at: int
    where: str
    type: str
    kind: Kind | None
    values: Mapping[str, str]
    problems: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.values.get(self.kind.key, "").strip() if self.kind and self.kind.key else ""


def _found(source: Source, chosen: RecordKinds) -> Iterator[_Found]:
    kinds = {text.strip(): (name, kind) for name, kind in chosen.types.items() for text in kind.is_}
    layout = survey(
        source.open,
        source.path.name,
        source.limits,
        encoding=chosen.encoding,
        delimiter=chosen.delimiter or _ONE_FIELD,
        quote=chosen.quote if chosen.delimiter else "",
        header_row=0,
    )
    expected = ", ".join(text or tr("nothing") for text in kinds)
    strange = (
        tr(
            "is of no kind that the mapping knows: expected one of {expected} in field {field}",
            expected=expected,
            field=chosen.kind.end,
        )
        if chosen.delimiter
        else tr(
            "is of no kind that the mapping knows: expected one of {expected} in characters {first}-{last}",
            expected=expected,
            first=chosen.kind.start + 1,
            last=chosen.kind.end,
        )
    )
    for row in rows(source.open, layout):
        if not row.fields:
            continue
        told = row.fields if chosen.delimiter else row.fields[0]
        name, kind = kinds.get("".join(told[slice(*chosen.kind)]).strip(), ("", None))
        problems = [row.problem] if row.problem else []
        if kind is None:
            problems.append(strange)
        elif not kind.skip:
            problems += kind.problems(row.fields)
        where = tr("line {line}", line=row.line)
        yield _Found(row.at, where, name, kind, kind.values(row.fields) if kind else {}, tuple(problems))


# ---- records that belong together ----


@dataclass
class _Index:
    """What the first reading of a file with keys tells: the headers, the records that others look up."""

    headers: Counter[str] = field(default_factory=Counter)
    looked_up: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    doubtful: dict[tuple[str, str], str] = field(default_factory=dict)
    is_scattered: bool = False

    def build(self, records: Iterable[_Found], source: Source) -> None:
        """Take in every record of the file."""
        cells, above = 0, ""
        for one in records:
            if one.kind is None or (one.kind.part is None and one.kind.skip):
                continue
            if one.kind.part == "header":
                above = one.key
                self.headers[one.key] += 1
            elif one.kind.part == "line":
                self.is_scattered |= bool(one.key) and one.key != above
            else:
                cells += len(one.values)
                source.limits.check(
                    "held_cells",
                    tr("{name}, {where} (records to look up)", name=source.path.name, where=one.where),
                    cells,
                )
                self._keep(one)

    def _keep(self, one: _Found) -> None:
        place = (one.type, one.key)
        if one.problems:
            self.doubtful[place] = tr(
                "the {type} record of its key at {where} {problem}",
                type=one.type,
                where=one.where,
                problem=one.problems[0],
            )
        elif self.looked_up.setdefault(place, one.values) != one.values:
            self.doubtful[place] = tr(
                "there are two {type} records of its key that differ, the second at {where}",
                type=one.type,
                where=one.where,
            )


def _joined(records: Iterable[_Found], index: _Index) -> Iterator[Record]:
    """Say of every record which document it belongs to; one that nobody knows stops the invoice it stands in."""
    document = ""
    count = 0
    for one in records:
        kind = one.kind
        if kind is None or kind.part == "line":
            yield _line(one, document, index)
        elif kind.part == "header":
            count += 1
            document = (one.key or one.where) if kind.key else str(count)
            yield _header(one, kind, document, index)
        elif kind.skip:
            yield Record(one.values, one.at, one.where, None, "line", (), kind.skip)


def _header(one: _Found, kind: Kind, document: str, index: _Index) -> Record:
    problems = list(one.problems)
    if kind.key and not one.key:
        problems.append(tr("has no {key}", key=kind.key))
    elif kind.key and index.headers[one.key] > 1:
        problems.append(tr("its {key} is that of another invoice too", key=kind.key))
    values = {**one.values, **_looked_up(one, kind, index, problems)}
    return Record(values, one.at, one.where, document, "header", tuple(problems), kind.skip)


def _line(one: _Found, above: str, index: _Index) -> Record:
    """Give a line of the document that its key says, else of the one *above* it ("" for none)."""
    document, problem, by = above or one.where, "", one.kind.key if one.kind else None
    if by and not one.key:
        problem = tr("has no {key}: it does not say which invoice it belongs to", key=by)
    elif by and one.key in index.headers:
        document = one.key
    elif by:
        document, problem = (
            f"no invoice: {one.key}",  # not for people
            tr("there is no invoice with its {key} in this file", key=by),
        )
    elif not above:
        problem = tr("stands before the first invoice")
    problems = (*one.problems, problem) if problem else one.problems
    return Record(one.values, one.at, one.where, document, "line", problems)


def _looked_up(one: _Found, kind: Kind, index: _Index, problems: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, by in kind.look_up.items():
        key = one.values.get(by, "").strip()
        if not key:
            continue
        if doubt := index.doubtful.get((name, key)):
            problems.append(doubt)
        elif (values := index.looked_up.get((name, key))) is None:
            problems.append(tr("there is no {type} record with its {key} in this file", type=name, key=by))
        else:
            found |= {f"{name}.{field}": text for field, text in values.items()}
    return found


def _gathered(records: Iterable[Record], source: Source) -> Iterator[Record]:
    """Bring the lines that stand elsewhere below their headers: these files are held as a whole."""
    documents: dict[str | None, list[Record]] = {}
    cells = 0
    for record in records:
        cells += len(record.values)
        source.limits.check(
            "held_cells",
            tr("{name}, {where} (rows apart from their invoices)", name=source.path.name, where=record.where),
            cells,
        )
        documents.setdefault(record.document, []).append(record)
    for members in documents.values():
        yield from sorted(members, key=lambda record: record.part != "header")
