"""Registers: lists, such as that of the customers, in which a key finds what an export lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from confirma_connector.beside import RegisterBlock
from confirma_connector.errors import AdapterError, MappingError, SourceError
from confirma_connector.fields import UnreadableCell, spelled
from confirma_connector.files import digest
from confirma_connector.headers import MissingColumns, among
from confirma_connector.language import because, tr
from confirma_connector.limits import Limits
from confirma_connector.mappingfile import MappingFile
from confirma_connector.mistakes import Mistakes, did_you_mean
from confirma_connector.plugins import Adapter, Registry
from confirma_connector.records import Record, Severity, Source, Unreadable, Value
from confirma_connector.yamltext import Document, Place

__all__ = ["Index", "NotFound", "Register", "Registers", "adapter_options", "declared"]


class NotFound(ValueError):
    """A key that a register does not answer; the text says why, *severity* what that means for the invoice."""

    def __init__(self, message: str, severity: Severity) -> None:
        super().__init__(message)
        self.severity = severity


@dataclass(frozen=True)
class Register:
    """A register as a mapping declares it: its file and who reads it.

    *columns* are the headers that are read of it, each with the line of the mapping that names it, for people.
    """

    name: str
    block: RegisterBlock
    path: Path
    adapter: Adapter
    options: Any
    said: str
    columns: Mapping[str, str]


def declared(
    file: MappingFile, document: Document, registry: Registry, mistakes: Mistakes
) -> Iterator[tuple[str, Register]]:
    """Give every register of a mapping whose file is there and can be read by one adapter; note what is wrong."""
    named = _columns(file, document, mistakes)
    for name, block in file.registers.items():
        place = ("registers", name)
        path = document.file((*place, "file")).parent / block.file
        try:
            adapter = _adapter(block, path, registry)
        except (AdapterError, SourceError) as error:
            mistakes.add((*place, "file" if block.adapter is None else "adapter"), str(error))
            continue
        options = adapter_options(adapter, block.source, (*place, "source"), mistakes)
        columns = {block.key: _line(document, (*place, "key"))} | named.get(name, {})
        yield name, Register(name, block, path, adapter, options, _line(document, (*place, "file")), columns)


def adapter_options(adapter: Adapter, source: Mapping[str, Any], place: Place, mistakes: Mistakes) -> BaseModel | None:
    """Give a `source:` block at *place* of a mapping as the options of *adapter*; note what is wrong with it."""
    model = adapter.options()
    if model is None and source:
        mistakes.add(place, tr('adapter "{name}" takes no options', name=adapter.name))
    return adapter.of_options(lambda: mistakes.validated(model, dict(source), place)) if model else None


def _line(document: Document, place: Place) -> str:
    spot = tr("{path}, line {line}", path=document.file(place), line=document.line(place))
    return f"{spot}: {'.'.join(map(str, place))}"


def _columns(file: MappingFile, document: Document, mistakes: Mistakes) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    blocks = [(("invoice",), file.invoice), (("rows",), file.rows)]
    for block, fields in [*blocks, *((("charges", index), charge) for index, charge in enumerate(file.charges))]:
        for field, rule in fields.items():
            if rule.register_ is None:
                continue
            place = (*block, field, "register")
            name, _, column = rule.register_.partition(".")
            if name in file.registers:
                found.setdefault(name, {}).setdefault(column, _line(document, place))
            else:
                mistakes.add(
                    place, tr('there is no register "{name}"{hint}', name=name, hint=did_you_mean(name, file.registers))
                )
    return found


def _adapter(block: RegisterBlock, path: Path, registry: Registry) -> Adapter:
    if not path.is_file():
        raise SourceError(tr("there is no file {file} in {folder}", file=block.file, folder=path.parent))
    if block.adapter is not None:
        return registry.get(block.adapter)
    claims = registry.claims(path)
    if len(claims) == 1:
        return registry.get(claims[0])
    if not claims:
        raise SourceError(tr("{file} is of no kind that an adapter here knows", file=block.file))
    raise AdapterError(
        tr(
            "{file} can be read by {adapters}: name one, as in adapter: {adapter}",
            file=block.file,
            adapters=tr(" and ").join(claims),
            adapter=claims[0],
        )
    )


@dataclass(frozen=True)
class Index:
    """What was read of one register: its rows by their keys, of each only the columns that are asked for.

    *doubtful* are the keys of which nobody can say what they mean, with the reason.
    """

    register: Register
    headers: Mapping[str, str]
    rows: Mapping[str, Record]
    doubtful: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.register.path.name

    def row(self, key: Value) -> Record:
        """Give the row of *key*, compared as text. Raises NotFound, UnreadableCell."""
        if isinstance(key, Unreadable):
            raise UnreadableCell(key.reason)
        text, column = spelled(key), self.register.block.key
        if text in self.doubtful:
            raise NotFound(self.doubtful[text], "error")
        if not text:
            raise self._missing(tr("is empty, so nothing can be looked up in {file}", file=self.name))
        if text not in self.rows:
            raise self._missing(
                tr('{file} has no row with this in its column "{header}"', file=self.name, header=self.headers[column])
            )
        return self.rows[text]

    def _missing(self, message: str) -> NotFound:
        return NotFound(message, self.register.block.unknown)

    def place(self, spot: str) -> str:
        """Name the place of one of its rows, or of a cell there, for people."""
        return tr("{place} of {file}", place=spot, file=self.name)

    def value(self, row: Record, column: str) -> Value:
        """Give what one of its rows has in *column*."""
        return row.values.get(self.headers[column])


class Registers:
    """The registers of one run: each is read once, and anew only when its file has changed."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, Index]] = {}

    def index(self, register: Register, limits: Limits) -> Index:
        """Give what *register* holds. Raises MappingError naming the line of the mapping that names it."""
        known = repr((register.path, register.adapter.name, register.options, register.block, [*register.columns]))
        try:
            limits.check_file(register.path)
            there = digest(register.path)
            if known not in self._read or self._read[known][0] != there:
                self._read[known] = there, _index(register, limits)
                if digest(register.path) != there:
                    del self._read[known]
                    raise SourceError(
                        tr("{path}: changed while it was read; run again when nobody is writing it", path=register.path)
                    )
        except (AdapterError, SourceError) as error:
            raise MappingError(f"{register.said}: {error}") from None
        except OSError as error:
            unreadable = tr("{path}: cannot be read: {reason}", path=register.path, reason=because(error))
            raise MappingError(f"{register.said}: {unreadable}") from None
        return self._read[known][1]


def _index(register: Register, limits: Limits) -> Index:
    headers: dict[str, str] = {}
    rows: dict[str, Record] = {}
    doubtful: dict[str, str] = {}
    shared: dict[Value, Value] = {}
    cells = 0
    key, name = register.block.key, register.path.name
    for count, record in enumerate(register.adapter.read(Source((register.path,), register.options, limits=limits)), 1):
        limits.check("rows", f"{register.path}, {record.where}", count)
        if not headers:
            headers = _headers(register, record)
        text = spelled(record.values.get(headers[key]))
        if record.skipped or not text or isinstance(record.values.get(headers[key]), Unreadable):
            continue
        values = {header: record.values.get(header) for header in headers.values()}
        row = replace(record, values={header: shared.setdefault(value, value) for header, value in values.items()})
        cells += len(values)
        limits.check("held_cells", f"{register.path}, {record.where}", cells)
        if record.problems:
            place = tr("{place} of {file}", place=record.where, file=name)
            doubtful[text] = tr("its row ({place}) {problem}", place=place, problem=record.problems[0])
        elif rows.setdefault(text, row).values != row.values:
            doubtful.setdefault(
                text,
                tr(
                    "stands twice in {file}, with different values: {first} and {second}",
                    file=name,
                    first=rows[text].where,
                    second=record.where,
                ),
            )
    if not headers:
        raise SourceError(tr("{path}: the file has no rows", path=register.path))
    return Index(register, headers, rows, doubtful)


def _headers(register: Register, record: Record) -> dict[str, str]:
    if record.part != "whole":
        raise SourceError(tr("{path}: a register has to be a table, and this file has documents", path=register.path))
    found: dict[str, str] = {}
    mistakes: list[str] = []
    for column, said in register.columns.items():
        try:
            found |= among(record.values, {column: (column,)}, str(register.path))
        except MissingColumns as error:
            mistakes.append(f"{said}: {error}")
    if mistakes:
        raise MappingError("\n".join(mistakes))
    return found
