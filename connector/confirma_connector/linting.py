"""What is odd about a mapping that loads: lines nobody needs, lines that get in each other's way, lines that lack."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from confirma_connector.columns import Columns
from confirma_connector.extending import whole
from confirma_connector.fields import CHOICES, INVOICE_FIELDS, ROW_FIELDS, Kind, spelled
from confirma_connector.joining import lines_path, read
from confirma_connector.language import tr, trn
from confirma_connector.limits import DEFAULTS, Limits
from confirma_connector.mapping import FieldRule, LoadedMapping, Skip, to_be_added
from confirma_connector.records import Record, Source
from confirma_connector.yamltext import Document, Place

__all__ = ["Finding", "found_by_itself", "found_in"]

_LETTER = ("address.street", "address.postal_code", "address.postal_district", "address.country_code")
_EDI = ("electronic_invoice_account", "electronic_routing_address")
_AMOUNTS = ("net_amount", "gross_amount", "unit_price")
_NAMED = 8


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One oddity: the file and the line of it (0: it is nowhere), the place as `skip.1`, and what is odd.

    What only one file shows (a code that no invoice of it has) *is a note*: another file may show the opposite.
    """

    file: str
    line: int
    place: str
    message: str
    is_note: bool = False

    def text(self) -> str:
        """Give it in one line."""
        where = tr("{file}, line {line}", file=self.file, line=self.line) if self.line else self.file
        message = tr("note: {message}", message=self.message) if self.is_note else self.message
        return f"{where}: {self.place}: {message}" if self.place else f"{where}: {message}"


@dataclass(frozen=True)
class _Report:
    """Where findings are told: only of the lines that the mapping says itself, not of those it stands on."""

    path: Path
    document: Document

    def of(self, place: Place, message: str, *, is_note: bool = False) -> Iterator[Finding]:
        if self.document.file(place) == self.path:
            yield Finding(str(self.path), self.document.line(place), ".".join(map(str, place)), message, is_note)

    def lack(self, block: str, message: str) -> Finding:
        return Finding(str(self.path), 0, block, message)


def found_by_itself(mapping: LoadedMapping) -> list[Finding]:
    """Name what the mapping alone shows. Raises MappingError."""
    told = _Report(mapping.path, whole(mapping.path))
    return [*_unused(mapping, told), *_skips(mapping.file.skip, told), *_lacking(mapping, told)]


def _unused(mapping: LoadedMapping, told: _Report) -> Iterator[Finding]:
    file = mapping.file
    if to_be_added(mapping):  # words and tables that nothing uses are an offer to those that extend it
        return
    rules = _rules(mapping)
    used = {word for _, word, _ in file.uses()}
    for word in file.columns:
        if word not in used:
            yield from told.of(("columns", word), tr("no other line of the mapping reads this column"))
    tables = {rule.table for rule in rules.values()}
    for name in file.tables:
        if name not in tables:
            yield from told.of(("tables", name), tr("no field is looked up in this table"))
    registers = {rule.register_.partition(".")[0] for rule in rules.values() if rule.register_}
    for name in file.registers:
        if name not in registers:
            yield from told.of(("registers", name), tr("no field is filled from this register"))


def _rules(mapping: LoadedMapping) -> dict[Place, FieldRule]:
    file = mapping.file
    blocks: list[tuple[Place, Mapping[str, FieldRule]]] = [(("invoice",), file.invoice), (("rows",), file.rows)]
    blocks += [(("charges", index), charge) for index, charge in enumerate(file.charges)]
    return {(*place, name): rule for place, fields in blocks for name, rule in fields.items()}


def _kind(place: Place) -> Kind:
    return (INVOICE_FIELDS if place[0] == "invoice" else ROW_FIELDS)[str(place[-1])]


def _skips(skips: Sequence[Skip], told: _Report) -> Iterator[Finding]:
    """Name every skip that another one before it leaves nothing to do, or shares something with."""
    for index, skip in enumerate(skips):
        for before in range(index):
            if said := _overlap(skips[before], skip, before):
                yield from told.of(("skip", index), said)
                break


def _overlap(one: Skip, other: Skip, number: int) -> str:
    if one.column != other.column or (one.part and one.part != other.part):
        return ""
    if other.empty is not None:
        is_same = other.empty == one.empty
    elif other.equals is not None:
        is_same = _meets(one, other.equals)
    elif other.in_ is not None:
        shared = [text for text in other.in_ if _meets(one, text)]
        if shared and len(shared) < len(other.in_):
            return tr("skip.{number} leaves out {texts} already", number=number, texts=_quoted(shared))
        is_same = bool(shared)
    else:
        start = other.starts_with or ""
        is_same = one.empty is False or bool(one.starts_with and start.startswith(one.starts_with))
        shared = [text for text in (*(one.in_ or ()), *([one.equals] if one.equals else ())) if text.startswith(start)]
        if shared and not is_same:
            return tr("skip.{number} leaves out {texts} already", number=number, texts=_quoted(shared))
    return tr("every row it would leave out is left out by skip.{number} already", number=number) if is_same else ""


def _meets(skip: Skip, text: str) -> bool:
    return skip.is_met(text.strip(), is_empty=not text.strip())


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _lacking(mapping: LoadedMapping, told: _Report) -> Iterator[Finding]:
    file = mapping.file
    for method, lacking in _missing_for(mapping).items():
        yield told.lack(
            "invoice",
            tr("invoices that go by {method} will lack {fields}", method=method, fields=", ".join(lacking)),
        )
    if not any(name in file.rows for name in _AMOUNTS):
        yield told.lack("rows", tr("rows have no amount: one of {fields} is needed", fields=", ".join(_AMOUNTS)))
    elif "unit_price" in file.rows and "quantity" not in file.rows and "net_amount" not in file.rows:
        yield told.lack("rows", tr("a unit price makes no amount without quantity"))
    knows_both = "gross_amount" in file.rows and "net_amount" in file.rows
    if not knows_both and not any(name in file.rows for name in ("vat_percentage", "vat_amount")):
        yield told.lack("rows", tr("rows have no VAT: map vat_percentage"))


def _missing_for(mapping: LoadedMapping) -> dict[str, list[str]]:
    """Give what each way of distribution that this mapping can mean is without."""
    fields = set(mapping.file.invoice) | set(mapping.file.to_add.invoice)
    lacking = {
        "LETTER": _of_either(fields, _LETTER, ("buyer", "recipient")),
        "EMAIL": _of_either(fields, ("contact.email",), ("buyer",)) if "recipient.email" not in fields else [],
        "EDI": _of_either(fields, _EDI, ("buyer", "recipient")),
    }
    return {method: names for method, names in lacking.items() if names and method in _methods(mapping)}


def _of_either(fields: set[str], wanted: Sequence[str], parties: Sequence[str]) -> list[str]:
    """Give what the first of *parties* lacks; nothing when one of them has it all."""
    lacking = [[f"{party}.{name}" for name in wanted if f"{party}.{name}" not in fields] for party in parties]
    return [] if not all(lacking) else lacking[0]


def _methods(mapping: LoadedMapping) -> set[str]:
    rule = mapping.file.invoice.get("distribution.method")
    if rule is None:  # it follows from what an invoice has, and a letter needs nothing but the address
        return {"LETTER"}
    told = {rule.constant, rule.default} - {None}
    if rule.table is not None:
        told |= set(mapping.tables[rule.table].codes.values())
    elif rule.sources():
        told |= set(CHOICES["distribution.method"])
    return {method for method in told if method is not None}


def found_in(mapping: LoadedMapping, paths: Sequence[Path], limits: Limits = DEFAULTS) -> list[Finding]:
    """Name what shows when the files at *paths* are read by the mapping. Raises SourceError, MappingError."""
    seen = _Seen(mapping)
    for path in paths:
        seen.read(path, limits)
    told = _Report(mapping.path, whole(mapping.path))
    return [*seen.unused_codes(told), *seen.idle_skips(told), *seen.doubled(told), *seen.empty(told), *seen.unread()]


class _Seen:
    """What was seen of the columns of some files."""

    def __init__(self, mapping: LoadedMapping) -> None:
        self._mapping = mapping
        self._is_empty = mapping.locale.is_empty
        self._rules = {place: rule for place, rule in _rules(mapping).items() if rule.table is not None}
        self._codes: dict[str, set[str]] = {name: set() for name in mapping.tables}
        self._hits = [0] * len(mapping.file.skip)
        self._both: dict[tuple[int, int], list[str]] = {}
        self._filled: set[str] = set()
        self._headers: dict[str, dict[str, None]] = {}

    def read(self, path: Path, limits: Limits) -> None:
        """Read one file."""
        mapping = self._mapping
        source = Source((path,), mapping.options, mapping.headers, limits=limits)
        columns, bound = Columns(mapping, str(path)), set[str]()
        others: dict[str, None] = {}
        for record in read(mapping, source, lines_path(mapping, path)):
            if record.part not in bound and (record.part == "whole" or mapping.lines is not None):
                columns.bind(record)
                others.update(dict.fromkeys(record.values))
            bound.add(record.part)
            self._look(record, columns)
        ours = {*columns.found(), *mapping.headers.names()}
        self._headers[path.name] = {header: None for header in others if header not in ours}

    def _look(self, record: Record, columns: Columns) -> None:
        if record.skipped:
            return
        words = [word for word in columns.spellings if columns.has(record, word)]
        texts = {word: columns.text(record, word) for word in words}
        self._filled.update(word for word, text in texts.items() if not self._is_empty(text))
        for place, rule in self._rules.items():
            conversion = self._mapping.conversion(_kind(place), rule)
            values = [columns.value(record, word) for word in rule.sources()]
            text = rule.join.join(conversion.text(value) for value in values if spelled(value))
            if rule.split is None and not self._is_empty(text):
                with contextlib.suppress(ValueError):  # a text that no step can read has no code either
                    self._codes[rule.table or ""].add(conversion.code(text).strip())
        hit = [
            index
            for index, skip in enumerate(self._mapping.file.skip)
            if skip.column in texts and skip.is_met(texts[skip.column], is_empty=self._is_empty(texts[skip.column]))
        ]
        for index in hit:
            self._hits[index] += 1
        for pair in itertools.pairwise(hit):
            self._both.setdefault(pair, []).append(record.where)

    def unused_codes(self, told: _Report) -> Iterator[Finding]:
        """Name the codes of tables that no row has."""
        for name, table in self._mapping.tables.items():
            idle = [code for code in table.codes if code != "*" and code not in self._codes[name]]
            used_split = any(rule.split is not None for rule in self._rules.values() if rule.table == name)
            if idle and not used_split and any(rule.table == name for rule in self._rules.values()):
                named = _quoted(idle[:_NAMED]) + (" …" if len(idle) > _NAMED else "")
                yield from told.of(
                    ("tables", name),
                    trn(
                        "{count} code never stands there: {named}",
                        "{count} codes never stand there: {named}",
                        len(idle),
                        named=named,
                    ),
                    is_note=True,
                )

    def idle_skips(self, told: _Report) -> Iterator[Finding]:
        """Name the skips that left nothing out."""
        for index, count in enumerate(self._hits):
            if not count:
                yield from told.of(("skip", index), tr("left out no row"), is_note=True)

    def doubled(self, told: _Report) -> Iterator[Finding]:
        """Name the skips that would leave out the same row."""
        for (one, other), wheres in self._both.items():
            yield from told.of(
                ("skip", other),
                trn(
                    "would leave out {count} row that skip.{number} leaves out: {where}",
                    "would leave out {count} rows that skip.{number} leaves out, the first is {where}",
                    len(wheres),
                    number=one,
                    where=wheres[0],
                ),
            )

    def empty(self, told: _Report) -> Iterator[Finding]:
        """Name the columns that are read and are empty in every row."""
        for place, word, _ in self._mapping.file.uses():
            if word not in self._filled and place[0] in ("invoice", "rows", "charges"):
                yield from told.of(place, tr('its column "{column}" is empty everywhere', column=word), is_note=True)

    def unread(self) -> Iterator[Finding]:
        """Name the columns of the files that no line of the mapping reads."""
        for name, headers in self._headers.items():
            if headers:
                said = tr("columns that the mapping does not read: {columns}", columns=_quoted(headers))
                yield Finding(name, 0, "", said, is_note=True)
