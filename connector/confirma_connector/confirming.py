"""Writing a person's confirmations into the overlay: what stands there stays byte for byte."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from pathlib import Path

from confirma_connector.contract import Provisional, read
from confirma_connector.errors import ContractError, SettingsError, UnwritableResults
from confirma_connector.files import replacing
from confirma_connector.language import mark, tr
from confirma_connector.mistakes import opened

__all__ = ["confirm"]

_HEAD = mark(
    "# Who confirmed which value of the contract, when, on what ground. A value that changes is asked for again."
)
_NO_NAME = mark("the name of a confirmation is empty, or has signs in it that are no text")
_NO_GROUND = mark("the ground of a confirmation is empty, or has signs in it that are no text")
_KEY = "confirmations:"
_ENTRY = re.compile(r"( *)-[ \n]")


def confirm(path: Path, lines: Sequence[Provisional], by: str, ground: str, version: str) -> None:
    """Add to the overlay *path*, which need not exist yet, that *by* confirms *lines* on a *ground*.

    Raises ContractError, SettingsError; then nothing was written.
    """
    words = {
        "by": _plain(by, _NO_NAME),
        "on": dt.date.today().isoformat(),
        "ground": _plain(ground, _NO_GROUND),
    }
    entries = [{"line": one.line, "value": one.item.value, **words, "contract": version} for one in lines]
    before = path.read_bytes() if path.exists() else b""
    after = _extended(path, before.decode("utf-8-sig"), [_spelled(entry) for entry in entries])
    begin = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with replacing(path) as fresh:
            fresh.write_bytes(begin + after.encode("utf-8"))
            _refuse_unread(path, fresh, lines)
    except (OSError, UnwritableResults) as error:
        raise ContractError(tr("{path}: cannot be written: {error}", path=path, error=error)) from None


def _refuse_unread(path: Path, fresh: Path, lines: Sequence[Provisional]) -> None:
    try:
        still = {one.line for one in read(fresh).provisional()}
    except ContractError:
        still = {one.line for one in lines}
    if not still.isdisjoint(one.line for one in lines):
        raise ContractError(
            tr(
                "{path}: confirmations cannot be added to it as it is written; let its sections stand "
                "below each other, without {{ }} around them all",
                path=path,
            )
        )


def _plain(text: str, otherwise: str) -> str:
    plain = " ".join(text.split())
    if not plain or not plain.isprintable():
        raise SettingsError(tr(otherwise))
    return plain


def _spelled(entry: dict[str, str]) -> str:
    return "- {" + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in entry.items()) + "}"


def _extended(path: Path, text: str, entries: Sequence[str]) -> str:
    """Give *text* with *entries* before the first confirmation in it, or under a key of their own at the end."""
    end = "\r\n" if "\r\n" in text else "\n"
    if not text.strip():
        return text + end.join([tr(_HEAD), _KEY, *(f"  {entry}" for entry in entries), ""])
    document = opened(path, ContractError)
    if ("confirmations",) not in document.spots:
        gap = "" if text.endswith("\n") else end
        return text + gap + end.join([_KEY, *(f"  {entry}" for entry in entries), ""])
    lines = text.splitlines(keepends=True)
    first = document.line(("confirmations", 0)) - 1
    indent = _ENTRY.match(lines[first])
    if indent is None or ("confirmations", 0) not in document.spots:
        raise ContractError(
            tr(
                "{path}, line {line}: confirmations are a list, one on a line: - {{line: …}}",
                path=path,
                line=first + 1,
            )
        )
    fresh = [f"{indent[1]}{entry}{end}" for entry in entries]
    return "".join([*lines[:first], *fresh, *lines[first:]])
