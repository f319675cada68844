"""A mapping: its file with everything it names found, and every mistake that can be found without data."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from confirma_connector import acknowledging, rules
from confirma_connector.beside import LinesBlock
from confirma_connector.errors import MappingError
from confirma_connector.extending import find, shipped, whole
from confirma_connector.fields import CHOICES, INVOICE_FIELDS, NOT_SENT, REQUIRED, ROW_FIELDS, Conversion, Kind
from confirma_connector.language import either, tr
from confirma_connector.locales import LocaleBlock
from confirma_connector.mappingfile import FieldRule, MappingFile, Skip, mapping_schema
from confirma_connector.mistakes import Mistakes, did_you_mean, proposed
from confirma_connector.parsing import Locale
from confirma_connector.plugins import Adapter, Registry
from confirma_connector.records import ResultHeaders
from confirma_connector.registers import Register, adapter_options, declared
from confirma_connector.tables import CodeTable, TableError, read_table
from confirma_connector.transforms import TRANSFORMS
from confirma_connector.yamltext import Document, Place

__all__ = [
    "FieldRule",
    "LoadedMapping",
    "MappingFile",
    "Skip",
    "find",
    "load_mapping",
    "mapping_schema",
    "shipped",
    "to_be_added",
]


@dataclass(frozen=True)
class Lines:
    """The table with the rows of the invoices: who reads it, and the line of the mapping that says so, for people."""

    block: LinesBlock
    adapter: Adapter
    options: BaseModel | None
    said: str


@dataclass(frozen=True)
class LoadedMapping:
    """A mapping with everything it names found: adapter, options, tables, transforms, severities.

    *why* it was taken for a file is said where nobody named it.
    """

    path: Path
    file: MappingFile
    adapter: Adapter
    options: BaseModel | None
    locale: Locale
    tables: Mapping[str, CodeTable]
    transforms: Mapping[str, Callable[[str], str]]
    severities: Mapping[str, str]
    registers: Mapping[str, Register]
    lines: Lines | None
    document: Document = field(repr=False)
    why: str = ""

    @property
    def name(self) -> str:
        """The mapping's own name."""
        return self.file.name

    @property
    def headers(self) -> ResultHeaders:
        """The headers of the result columns."""
        return ResultHeaders(**self.file.results.model_dump(exclude={"file"}))

    def line_of(self, *place: str | int) -> str:
        """Name the line of the mapping file, or of the one that it extends, on which *place* stands."""
        return tr("{path}, line {line}", path=self.document.file(place).name, line=self.document.line(place))

    def conversion(self, kind: Kind, rule: FieldRule) -> Conversion:
        """Give what a field's rule does with the text of its column."""
        steps = tuple(self.transforms[step] for step in rule.transform)
        if rule.prefixes:
            steps = (functools.partial(_with_another_beginning, rule.prefixes), *steps)
        return Conversion(kind, self.locale, steps, None if rule.table is None else self.tables[rule.table])


def _with_another_beginning(prefixes: Mapping[str, str], text: str) -> str:
    fitting = [beginning for beginning in prefixes if text.startswith(beginning)]
    if not fitting:
        raise ValueError(
            tr("expected a text that begins with {prefixes}, as the mapping declares", prefixes=either(prefixes))
        )
    longest = max(fitting, key=len)
    return prefixes[longest] + text.removeprefix(longest)


def load_mapping(
    path: Path, registry: Registry, severities: Mapping[str, str] | None = None, *, as_it_is: bool = False
) -> LoadedMapping:
    """Load and check a mapping. *severities* are the user's own, below those of the file.

    Raises MappingError with one line for each mistake: file, line, path, and the nearest right name; and, unless it is
    taken *as_it_is*, with the lines that one extending it has to add.
    """
    document = whole(path)
    mistakes = Mistakes(path, document, MappingError)
    for place in document.blanks:
        mistakes.add(place, tr('nothing stands here; an empty text is ""'))
    file = mistakes.validated(MappingFile, document.tree)
    adapter = registry.get(file.adapter)
    options = adapter_options(adapter, file.source, ("source",), mistakes)
    loaded = LoadedMapping(
        path=path,
        file=file,
        adapter=adapter,
        options=options,
        locale=file.locale.locale(),
        tables=dict(_tables(file, document, mistakes)),
        transforms={**TRANSFORMS, **adapter.transforms()},
        severities=_severities(file, severities or {}, mistakes),
        registers=dict(declared(file, document, registry, mistakes)),
        lines=_lines(file, document, registry, mistakes),
        document=document,
    )
    _check_fields(loaded, mistakes)
    _check_columns(loaded, mistakes)
    for place, said in acknowledging.unfit(file.answer) if file.answer else ():
        mistakes.add(("answer", *place), said)
    mistakes.stop()
    if not as_it_is and (lacking := to_be_added(loaded)):
        raise MappingError(f"{path}: {lacking}")
    return loaded


def to_be_added(loaded: LoadedMapping) -> str:
    """Say which lines a mapping that extends this one has to add, and how; "" when it is whole."""
    file = loaded.file
    said = {"locale": file.locale.model_fields_set, "invoice": set(file.invoice)}
    lacking: dict[str, Any] = {
        block: rest
        for block, examples in file.to_add
        if (rest := {key: example for key, example in examples.items() if key not in said[block]})
    }
    if not lacking:
        return ""
    if loaded.path not in shipped().values():
        return tr(
            "the files this mapping is for do not say everything; these lines have to be added, with your own values:"
            "\n\n{lines}",
            lines=_spelled(lacking),
        )
    own = f"our-{file.name}"
    return tr(
        "the files this mapping is for do not say everything; write a file such as {path}, with your own values, and "
        "name it with --mapping:\n\n{lines}",
        path=f"{own}.yaml",
        lines="version: 1\n" + _spelled({"name": own, "extends": file.name, **lacking}),
    )


def _spelled(tree: dict[str, Any]) -> str:
    return str(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, default_flow_style=None, width=200)).strip()


def _lines(file: MappingFile, document: Document, registry: Registry, mistakes: Mistakes) -> Lines | None:
    block = file.lines_from
    if block is None:
        return None
    adapter = registry.get(block.adapter or file.adapter)
    source = {**(file.source if adapter.name == file.adapter else {}), **block.source}
    options = adapter_options(adapter, source, ("lines_from", "source"), mistakes)
    place = tr("{path}, line {line}", path=document.file(("lines_from",)), line=document.line(("lines_from",)))
    return Lines(block, adapter, options, place)


def _tables(file: MappingFile, document: Document, mistakes: Mistakes) -> Iterator[tuple[str, CodeTable]]:
    for name, table in file.tables.items():
        codes: Mapping[str, str] = {} if "file" in table else table
        if "file" in table and len(table) > 1:
            mistakes.add(("tables", name), tr("a table is either a file or codes, not both"))
        elif "file" in table:
            place = ("tables", name, "file")
            try:
                codes = read_table(document.file(place).parent, table["file"])
            except TableError as error:
                mistakes.add(place, str(error))
        yield name, CodeTable(name, {code.strip(): meaning for code, meaning in codes.items()})


def _severities(file: MappingFile, given: Mapping[str, str], mistakes: Mistakes) -> Mapping[str, str]:
    own: dict[str, str] = {}
    for name, severity in file.rules.items():
        try:
            rules.severities(own | {name: severity})
            own[name] = severity
        except ValueError as error:
            mistakes.add(("rules", name), str(error))
    return {**rules.severities(given), **rules.severities(own)}


def _check_fields(loaded: LoadedMapping, mistakes: Mistakes) -> None:
    file = loaded.file
    for section, fields, vocabulary in (("invoice", file.invoice, INVOICE_FIELDS), ("rows", file.rows, ROW_FIELDS)):
        for name, rule in fields.items():
            if name in vocabulary:
                _check_rule(loaded, (section, name), vocabulary[name], rule, mistakes)
            else:
                mistakes.add((section, name), tr("there is no such field{hint}", hint=did_you_mean(name, vocabulary)))
    for index, charge in enumerate(file.charges):
        for name, rule in charge.items():
            if name in ROW_FIELDS:
                _check_rule(loaded, ("charges", index, name), ROW_FIELDS[name], rule, mistakes)
            else:
                mistakes.add(
                    ("charges", index, name), tr("there is no such field{hint}", hint=did_you_mean(name, ROW_FIELDS))
                )
    addable = {"invoice": list(INVOICE_FIELDS), "locale": list(LocaleBlock.model_fields)}
    for block, examples in file.to_add:
        for name in examples:
            if name not in addable[block]:
                said = tr("there is no such key here{hint}", hint=did_you_mean(name, addable[block]))
                mistakes.add(("to_add", block, name), said)
    document = loaded.document
    for name in REQUIRED:
        if name not in file.invoice and name not in file.to_add.invoice:
            mistakes.add(("invoice", name), tr("is required and not mapped") + proposed(document, ("invoice", name)))
    if ("prices",) in document.open and "unit_price" in file.rows and "prices" not in file.model_fields_set:
        mistakes.add(("prices",), tr("say whether unit prices are net or gross") + proposed(document, ("prices",)))
    if not file.rows:
        mistakes.add(("rows",), tr("no row field is mapped: an invoice needs rows") + proposed(document, ("rows",)))


def _check_columns(loaded: LoadedMapping, mistakes: Mistakes) -> None:
    """Ask the adapter's options whether the columns can be such, where they have a word for it (fields, paths)."""
    file, check = loaded.file, getattr(loaded.options, "check_column", None)
    if check is None:
        return
    for place, word, part in [*((("columns", word), word, "") for word in file.columns), *file.uses()]:
        for header in file.columns.get(word, (word,)):
            try:
                loaded.adapter.of_options(functools.partial(check, header, part))
            except ValueError as error:
                mistakes.add(("columns", word) if word in file.columns else place, str(error))


def _check_rule(loaded: LoadedMapping, place: Place, kind: Kind, rule: FieldRule, mistakes: Mistakes) -> None:
    unknown = [step for step in rule.transform if step not in loaded.transforms]
    for step in unknown:
        mistakes.add(
            (*place, "transform"),
            tr('there is no step "{step}"{hint}', step=step, hint=did_you_mean(step, loaded.transforms)),
        )
    if rule.table is not None and rule.table not in loaded.tables:
        said = tr('there is no table "{table}"{hint}', table=rule.table, hint=did_you_mean(rule.table, loaded.tables))
        mistakes.add((*place, "table"), said, ("tables", rule.table))
    elif rule.negative_when is not None and kind not in ("money", "number"):
        mistakes.add((*place, "negative_when"), tr("only a number has a sign that can be turned"))
    elif rule.table is None and len(rule.columns or ()) > 1 and kind in ("number", "money", "whole"):
        mistakes.add(
            (*place, "columns"), tr("several columns would be joined into one number: expected a single column")
        )
    elif rule.per is not None and kind != "number":
        mistakes.add((*place, "per"), tr("only a price or a quantity can be for so many units"))
    elif not unknown:
        for key, cause, text, problem in _unfit(loaded, str(place[-1]), kind, rule):
            mistakes.add((*place, key), f'"{text}": {problem}', cause)


def _unfit(loaded: LoadedMapping, name: str, kind: Kind, rule: FieldRule) -> Iterator[tuple[str, Place, str, str]]:
    """Give the texts of a rule that its field cannot hold, each with where a table says it: no data is needed."""
    own = [("constant", rule.constant), ("default", rule.default)]
    full = loaded.conversion(kind, rule)
    for key, cause, text, conversion in [
        *((key, (), text, full) for key, text in own if text is not None),
        *(("table", cause, text, Conversion(kind, loaded.locale)) for cause, text in _meanings(loaded, rule.table)),
    ]:
        try:
            value = conversion.value(text, is_default=key == "default")
        except ValueError as error:
            yield key, cause, text, str(error)
            continue
        words = (*CHOICES[name], *NOT_SENT) if name == "type" else CHOICES.get(name, ())
        if words and value is not None and value not in words:
            yield key, cause, text, tr("expected {choices}", choices=either(words))


def _meanings(loaded: LoadedMapping, table: str | None) -> Iterator[tuple[Place, str]]:
    if table is not None:
        is_file = "file" in loaded.file.tables[table]
        for code, meaning in loaded.tables[table].codes.items():
            yield ("tables", table, "file" if is_file else code), meaning
