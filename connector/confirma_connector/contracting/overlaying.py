"""The overlay that adapts us, written out: each line says why it is there; what a person has to choose is a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from confirma_connector.contract import Contract, Item, read
from confirma_connector.contracting.finding import Change
from confirma_connector.errors import ContractError, UnwritableResults, legible
from confirma_connector.files import replacing
from confirma_connector.language import mark, tr
from confirma_connector.overlay import shipped

__all__ = ["write"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_NO_PLAIN = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_BEFORE = mark("as in the overlay before")
_MEMBERS = ("wire", "type", "state", "also")


def write(path: Path, contract: Contract, changes: Sequence[Change], head: str, *, replaces: bool) -> None:
    """Write the overlay *path*: what the one in force says stays, with its confirmations, and *changes* come to it.

    Raises ContractError; then nothing was written.
    """
    if path.exists() and not replaces:
        raise ContractError(tr("{path} is there already: name another file, or say --replace", path=path))
    text = "\n".join(_lines(contract, changes, head)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with replacing(path) as fresh:
            fresh.write_text(text, "utf-8")
            try:
                read(fresh)
            except ContractError as error:
                raise ContractError(str(error).replace(str(fresh), str(path))) from None
    except (OSError, UnwritableResults) as error:
        raise ContractError(tr("{path}: cannot be written: {error}", path=path, error=error)) from None


def _lines(contract: Contract, changes: Sequence[Change], head: str) -> Iterator[str]:
    yield f"# {legible(head)}"
    closed = {one.line: one for one in changes if not one.is_open}
    sections: dict[str, list[str]] = {}
    for line, values in _in_force(contract).items():
        if line not in closed:
            sections.setdefault(_block(line), []).append(_spelled(line, values, tr(_BEFORE)))
    for one in changes:
        values = dict(_in_force(contract).get(one.line, {}), **dict(one.values))
        sections.setdefault(_block(one.line), []).append(_spelled(one.line, values, one.why, is_open=one.is_open))
    for section in type(contract.file).model_fields:
        yield from _section(section, sections)
    if contract.file.confirmations:
        yield "confirmations:"
        for word in contract.file.confirmations:
            entry = {name: str(value) for name, value in word.model_dump(mode="json").items()}
            yield "  - {" + ", ".join(f"{name}: {_quoted(text)}" for name, text in entry.items()) + "}"


def _section(section: str, sections: Mapping[str, list[str]]) -> Iterator[str]:
    found = {block: lines for block, lines in sections.items() if block.partition(".")[0] == section}
    if not found:
        return
    yield f"{section}:"
    for block, lines in found.items():
        if section == "enums":
            yield f"  {block.partition('.')[2]}:"
        yield from lines


def _in_force(contract: Contract) -> dict[str, dict[str, str]]:
    """Give what the contract in force says otherwise than the shipped one."""
    before = {(section, key): item for section, key, item in shipped().lines()}
    found = {}
    for section, key, item in contract.file.lines():
        if values := _differing(before.get((section, key)), item):
            found[f"{section}.{key}"] = values
    return found


def _differing(before: Item | None, item: Item) -> dict[str, str]:
    values = {}
    for name in _MEMBERS:
        value = getattr(item, name)
        if value != (getattr(before, name) if before else type(item).model_fields[name].default):
            values[name] = " | ".join(value) if isinstance(value, tuple) else str(value)
    return values


def _block(line: str) -> str:
    section, _, key = line.partition(".")
    return f"{section}.{key.partition('.')[0]}" if section == "enums" else section


def _spelled(line: str, values: Mapping[str, str], why: str, *, is_open: bool = False) -> str:
    section, _, key = line.partition(".")
    indent = "    " if section == "enums" else "  "
    key = key.partition(".")[2] if section == "enums" else key
    key = key if _PLAIN.fullmatch(key) and key.lower() not in _NO_PLAIN else _quoted(key)
    inner = ", ".join(f"{name}: {_value(name, text)}" for name, text in _with_wire(line, values).items())
    return f"{indent}{'# ? ' if is_open else ''}{key}: {{{inner}}}   # {legible(' '.join(why.split()))}"


def _with_wire(line: str, values: Mapping[str, str]) -> Mapping[str, str]:
    """A line has to say its name, changed or not."""
    if "wire" in values:
        return values
    same = next((item.wire for section, key, item in shipped().lines() if f"{section}.{key}" == line), "")
    return {"wire": same, **values}


def _value(name: str, text: str) -> str:
    if name == "also":
        return "[" + ", ".join(_quoted(one) for one in text.split(" | ")) + "]"
    return text if name in ("type", "state") else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())
