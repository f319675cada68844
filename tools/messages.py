"""Bring what the code says into the catalogues of its languages, and name what was forgotten.

Without arguments every catalogue is updated: new messages come in untranslated, those that nobody says any more go.
`--check` changes nothing: it names what has no translation, what has other {names} than its original, and sentences in
the code that no `tr`, `trn` or `mark` stands around.
"""

from __future__ import annotations

import ast
import datetime as dt
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from confirma_connector.cli import main
from confirma_connector.cli.speaking import helps
from confirma_connector.language import CATALOGUES, DOMAIN, LANGUAGES
from confirma_connector.mapping import shipped as mappings
from confirma_connector.overlay import shipped as contract
from confirma_connector.yamltext import load

ROOT = Path(__file__).resolve().parent.parent
CODE = (ROOT / "connector" / "confirma_connector", ROOT / "adapters")
SILENT = ("sandbox/", "testing/")
"""Below the package: the stand-in speaks as the service does, the conformance kit to whoever writes an adapter."""

KEYWORDS = {"tr": 1, "trn": 2, "mark": 1, "marks": 2}
"""What stands around a message, and how many of its arguments are the message: one and many."""
WORDS = re.compile(r"[^\W\d_]*[a-zåäö] [^\W\d_]{2,}")
SQL = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|PRAGMA|BETWEEN|ORDER BY|IN \(|IS NULL|CASE WHEN)")
"""What is no language of people: its words are in capitals."""
EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""The date in every catalogue: a new one at each update would be noise."""
NOT_FOR_PEOPLE = "not for people"
"""A comment that a line with a sentence nobody reads carries."""


def sources() -> Iterator[Path]:
    """Give the files whose sentences people read."""
    for folder in CODE:
        for path in sorted(folder.rglob("*.py")):
            if not path.relative_to(folder).as_posix().startswith(SILENT):
                yield path


def said() -> Catalog:
    """Collect every message: what the code marks, the help of the commands, what data of ours says."""
    found = Catalog(domain=DOMAIN, project="confirma-connector", fuzzy=False)
    for path in sources():
        for message in marked(path):
            found.add(message, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for text in helps(main):
        found.add(text, locations=[("confirma --help", 0)])
    for path in mappings().values():
        tree = load(path).tree
        if isinstance(tree, dict):
            found.add(str(tree["description"]), locations=[("confirma mappings", 0)])
    for _, _, item in contract().lines():
        if item.note:
            found.add(item.note, locations=[("confirma contract", 0)])
    return found


def marked(path: Path) -> Iterator[str | tuple[str, ...]]:
    """Give what *path* marks as messages; of the tree, as what reads the signs misses calls within calls and texts."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and (name := _called(node)) in KEYWORDS:
            values = [one.value for one in node.args[: KEYWORDS[name]] if isinstance(one, ast.Constant)]
            texts = tuple(value for value in values if isinstance(value, str))
            if len(texts) == KEYWORDS[name]:
                yield texts if len(texts) > 1 else texts[0]


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def path_of(code: str) -> Path:
    """Give the catalogue of the language *code*."""
    return CATALOGUES / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(code: str) -> Catalog:
    """Read the catalogue of the language *code*."""
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code, domain=DOMAIN)


def update(code: str) -> None:
    """Bring the catalogue of *code* up to date. Nothing is guessed: a changed message is translated anew."""
    path = path_of(code)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = read(code) if path.exists() else Catalog(locale=code, domain=DOMAIN)
    catalogue.update(said(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    written = Catalog(locale=code, domain=DOMAIN, fuzzy=False, header_comment="# Written by make messages.")
    written.revision_date = written.creation_date = EPOCH
    for message in sorted((one for one in catalogue if one.id), key=_key):
        written.add(message.id, message.string, context=message.context)
    with path.open("wb") as file:
        write_po(file, written, width=120, no_location=True, omit_header=False)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def untranslated(code: str) -> Iterator[str]:
    """Name what the catalogue of *code* lacks, or says with other {names}."""
    there = read(code)
    for message in said():
        if not message.id:
            continue
        found = there.get(message.id)
        own, texts = _texts(message.id), _texts((found and found.string) or ())
        if not texts or not all(texts):
            yield f"{code}: not translated: {own[-1]}"
        elif {name for text in texts for name in _names(text)} != {name for text in own for name in _names(text)}:
            yield f"{code}: other {{names}} than: {own[-1]}"


def _texts(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _names(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:  # braces that are meant as such: the text takes no values
        return set()


def unspoken(path: Path) -> Iterator[tuple[int, str]]:
    """Name sentences of *path* that go past the catalogues, with their lines."""
    text = path.read_text("utf-8")
    lines, tree = text.splitlines(), ast.parse(text)
    aside = {id(node) for found in ast.walk(tree) for node in _aside(found)}
    for node in ast.walk(tree):
        if id(node) in aside or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        sentence = _sentence(node)
        if isinstance(node, ast.JoinedStr):
            aside |= {id(value) for value in node.values}
        if WORDS.search(sentence) and not SQL.search(sentence) and NOT_FOR_PEOPLE not in lines[node.lineno - 1]:
            yield node.lineno, sentence


def _sentence(node: ast.Constant | ast.JoinedStr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


def _aside(node: ast.AST) -> Iterator[ast.AST]:
    """Give what below *node* is no message: docstrings, what is marked, help and descriptions, patterns."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Call):
        name = _called(node)
        if name in KEYWORDS:
            yield from (inner for one in node.args[: KEYWORDS[name]] for inner in ast.walk(one))
        elif name in ("compile", "Literal"):
            yield from ast.walk(node)
        for keyword in node.keywords:
            if keyword.arg in ("help", "short_help", "epilog", "description", "metavar"):
                yield from ast.walk(keyword.value)


def main_check() -> int:
    """Name everything that is missing; give the exit code."""
    wrong = [line for code in LANGUAGES[1:] for line in untranslated(code)]
    for path in sources():
        wrong += [f"{path.relative_to(ROOT)}:{line}: not marked: {text}" for line, text in unspoken(path)]
    print("\n".join(wrong) if wrong else "Every message has its translations.")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(main_check())
    if sys.argv[1:]:  # named files: what in them is not marked yet
        for named in sys.argv[1:]:
            for line, text in unspoken(Path(named)):
                print(f"{named}:{line}: {text}")
        sys.exit()
    for code in LANGUAGES[1:]:
        update(code)
