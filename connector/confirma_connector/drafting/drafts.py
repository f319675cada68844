"""The files of a new adapter, made from our example of one by putting its name in."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from confirma_connector.errors import SettingsError
from confirma_connector.language import because, tr
from confirma_connector.plugins import Registry

__all__ = ["Kind", "checked_name", "draft"]

Kind = Literal["file", "package"]

_HERE = Path(__file__).resolve().parent
_EXAMPLE = "example_name"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_FILES: Mapping[Kind, Mapping[str, str]] = {
    "file": {
        "example_name.py": "adapter.txt",
        "example_name.yaml": "mapping.txt",
        "example_name.txt": "export.txt",
    },
    "package": {
        "pyproject.toml": "package/pyproject.txt",
        "README.md": "package/readme.txt",
        "src/confirma_example_name/__init__.py": "adapter.txt",
        "src/confirma_example_name/py.typed": "",
        "samples/mapping.yaml": "mapping.txt",
        "samples/export.txt": "export.txt",
        "tests/test_example_name.py": "package/test.txt",
    },
}


def checked_name(name: str, known: Registry) -> str:
    """Give *name* if an adapter can be called so. Raises SettingsError."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise SettingsError(
            tr(
                '"{name}" cannot be the name of an adapter: expected a small letter, then small letters, digits or _, '
                "as in acme_erp",
                name=name,
            )
        )
    for taken in (known.adapters.get(name), known.broken.get(name)):
        if taken is not None:
            raise SettingsError(
                tr(
                    'there is an adapter "{name}" already ({origin}); take another name',
                    name=name,
                    origin=tr(taken.origin),
                )
            )
    return name


def draft(name: str, kind: Kind, folder: Path) -> list[Path]:
    """Write a new adapter into *folder* and give the files; where one of them is there already, nothing is written.

    Raises SettingsError.
    """
    texts = {folder / _named(path, name): _named(_text(of), name) for path, of in _FILES[kind].items()}
    if there := [path for path in texts if path.exists() or path.is_symlink()]:
        raise SettingsError(
            tr("{path}: there is such a file already; name another folder with --directory", path=there[0])
        )
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise SettingsError(
            tr("{path}: cannot be written: {reason}", path=error.filename or folder, reason=because(error))
        ) from None
    return list(texts)


def _text(of: str) -> str:
    return (_HERE / of).read_text("utf-8") if of else ""


def _named(text: str, name: str) -> str:
    """Put *name* in: as it is, as part of a distribution's name, as part of a class's name."""
    words = {
        _EXAMPLE: name,
        _EXAMPLE.replace("_", "-"): name.replace("_", "-").strip("-"),
        _EXAMPLE.title().replace("_", ""): name.title().replace("_", ""),
    }
    return re.sub("|".join(words), lambda found: words[found[0]], text)
