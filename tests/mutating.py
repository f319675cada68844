"""Files broken with an eye for their kind: inside the parts of a zip, between the tokens of XML, JSON, YAML and CSV."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

__all__ = ["mutated"]

Step = Callable[[random.Random, bytes], bytes]

_MOST = 1_000_000
_BOMB = 40_000_000
_TOKENS = re.compile(rb"[A-Za-z_][\w.-]*|-?\d+(?:\.\d+)?|\s+|.", re.ASCII | re.DOTALL)
_ELEMENT = re.compile(rb"<(\w[\w:.-]*)\b[^<>]*?(?:/>|>[^<>]*</\1>)")
_ODD = (
    *(
        b"",
        b"0",
        b"-1",
        b"1",
        b"NaN",
        b"inf",
        b"1e999999999",
        b"-0.0",
        b"9" * 30,
        b"9" * 5000,
        b"1e-400",
        b"0x10",
        b"1_0",
    ),
    *(
        b"1048577",
        b"2147483648",
        b"18446744073709551616",
        b"XFD1048576",
        b"XFE1",
        b"A0",
        b"A1:A",
        b"$A$1:XFD9",
        b"#REF!",
    ),
    *(
        b"true",
        b"null",
        b"~",
        b"=",
        b"=1+1",
        b"%s",
        b"{}",
        b"[]",
        b"''",
        b'""',
        b"&",
        b"*",
        b"!!python/none",
        b"<<",
        b"---",
    ),
    *(
        b"2026-02-30",
        b"0000-00-00",
        b"9999-12-31",
        b"31.12.9999",
        b"10000-01-01",
        b"24:00",
        b"\xc2\xa01",
        "٣".encode(),
        b"\\ud800",
    ),
    *(
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\r",
        b"\n\n",
        b"\t",
        b"\x85",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
        b"\x1b[2J",
    ),
    *(
        b"../../x",
        b"/dev/zero",
        b"/dev/stdin",
        b"CON",
        b"a" * 300,
        b"x" * 70_000,
        b"\\",
        b'"',
        b"'",
        b";",
        b",",
        b":",
        b"|",
        b"- ",
    ),
    *(
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"&b;",
        b"&#0;",
        b"&#xD800;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"<?x",
        b"_x0000_",
        b"_xD800_",
    ),
    *(
        b"https://[",
        b"https://a:99999",
        b"http://127.0.0.1",
        b"%d%m%Y",
        b"%Y-%m-%d",
        b"%-",
        b"row-per-invoice",
        b"base.yaml",
    ),
)
_NESTED = (
    (b"[", b"]"),
    (b"{", b"}"),
    (b'{"a":', b"}"),
    (b"<a>", b"</a>"),
    (b"- ", b""),
    (b"(", b")"),
    (b"- a:\n ", b""),
)
_CODECS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "utf-7", "cp037")
_LAUGHS = b"<!DOCTYPE l [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(9)
)


def mutated(dice: random.Random, name: str, data: bytes, others: Sequence[bytes]) -> bytes:
    """Give *data* with one to five things broken, as its kind allows; *others* lend pieces."""
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5))):
        data = _broken(dice, name, data, others)[: 2 * _MOST]
    return data


def _broken(dice: random.Random, name: str, data: bytes, others: Sequence[bytes]) -> bytes:
    if data.startswith(b"PK") and dice.random() < 0.9:
        return _rezipped(dice, data, others)
    if others and dice.random() < 0.03:
        return _crossed(dice, data, dice.choice(others))
    if b"\0" in data[:2000] or dice.random() < 0.08:
        return dice.choice(_BYTES)(dice, data)
    steps: list[Step] = [*_TEXT]
    start = data[:200].lstrip(b"\xef\xbb\xbf \r\n")
    if start.startswith(b"<"):
        steps += [*_XML] * 3
    if start.startswith((b"{", b"[")):
        steps += [_json_changed] * 8
    if PurePath(name).suffix in (".yaml", ".yml", ".toml"):
        steps += [_line_moved] * 2
    return dice.choice(steps)(dice, data)


def _spot(dice: random.Random, data: bytes) -> int:
    return dice.randint(0, len(data))


def _crossed(dice: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: _spot(dice, data)] + other[_spot(dice, other) :]


# ---- bytes ----


def _flipped(dice: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 2, 8)) if changed else 0):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(dice: random.Random, data: bytes) -> bytes:
    return data[: _spot(dice, data)]


def _taken_out(dice: random.Random, data: bytes) -> bytes:
    at = _spot(dice, data)
    return data[:at] + data[at + dice.choice((1, 2, 4, 100, 5000)) :]


def _put_in(dice: random.Random, data: bytes) -> bytes:
    at = _spot(dice, data)
    piece = dice.choice((dice.choice(_ODD), dice.randbytes(dice.choice((1, 4, 50))), bytes(dice.choice((1, 500)))))
    return data[:at] + piece + data[at:]


def _counted_wrong(dice: random.Random, data: bytes) -> bytes:
    """Overwrite a number of two, four or eight bytes, with one that is at some edge."""
    form = dice.choice("HIQ")
    size = struct.calcsize(form)
    if len(data) < size:
        return data
    at = dice.choice((dice.randint(0, len(data) - size), max(0, len(data) - dice.randint(size, 200))))
    most = (1 << 8 * size) - 1
    number = dice.choice((0, 1, 2, most, most >> 1, (most >> 1) + 1, dice.randint(0, most), 65_536 & most))
    return data[:at] + struct.pack("<" + form, number) + data[at + size :]


def _repeated(dice: random.Random, data: bytes) -> bytes:
    at = _spot(dice, data)
    piece = data[at : at + dice.choice((1, 3, 20, 300, 3000))]
    times = min(dice.choice((2, 10, 1000, 20_000)), _MOST // (len(piece) or 1))
    return data[:at] + piece * times + data[at:]


_BYTES: tuple[Step, ...] = (_flipped, _flipped, _cut, _taken_out, _put_in, _counted_wrong, _counted_wrong, _repeated)

# ---- text ----


def _token_changed(dice: random.Random, data: bytes) -> bytes:
    if len(data) > 200_000:  # of a long text a stretch
        at = dice.randrange(len(data) - 100_000)
        return data[:at] + _token_changed(dice, data[at : at + 100_000]) + data[at + 100_000 :]
    tokens = _TOKENS.findall(data)
    if not tokens:
        return dice.choice(_ODD)
    at, other = dice.randrange(len(tokens)), dice.randrange(len(tokens))
    match dice.randrange(5):
        case 0 | 1:
            tokens[at] = dice.choice(_ODD)
        case 2:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        case 3:
            tokens.insert(at, tokens[other])
        case _:
            del tokens[at]
    return b"".join(tokens)


def _line_moved(dice: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    match dice.randrange(6):
        case 0:
            lines.insert(other, lines[at])
        case 1:
            del lines[at]
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = b" " * dice.choice((1, 2, 4)) + lines[at]
        case 4:
            lines[at] = lines[at].lstrip(b" ")
        case _:
            lines[at:at] = [lines[at]] * min(dice.choice((3, 300, 30_000)), _MOST // (len(lines[at]) or 1))
    return b"".join(lines)


def _nested(dice: random.Random, data: bytes) -> bytes:
    opened, closed = dice.choice(_NESTED)
    depth, at = dice.choice((15, 25, 300, 1200, 100_000)), _spot(dice, data)
    return data[:at] + opened * depth + (closed * depth if dice.random() < 0.5 else b"") + data[at:]


def _marks_changed(dice: random.Random, data: bytes) -> bytes:
    """Take one delimiter, quote or line end for another, everywhere or from somewhere on."""
    at = dice.choice((0, 0, _spot(dice, data)))
    marks = (b",", b";", b"\t", b"|", b'"', b"'", b"\n", b"\r\n", b"\r", b":", b" ", b"\xa0", b"")
    return data[:at] + data[at:].replace(dice.choice(marks[:-1]), dice.choice(marks))


def _recoded(dice: random.Random, data: bytes) -> bytes:
    return data.decode("utf-8-sig", "replace").encode(dice.choice(_CODECS), "replace")


def _piece_put_in(dice: random.Random, data: bytes) -> bytes:
    at = _spot(dice, data)
    return data[:at] + dice.choice(_ODD) + data[at:]


_TEXT: tuple[Step, ...] = (
    *(_token_changed, _token_changed, _token_changed, _token_changed, _line_moved, _marks_changed, _piece_put_in),
    *(_nested, _recoded, _repeated, _cut, _flipped, _taken_out),
)

# ---- XML ----


def _attribute_changed(dice: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb'\s[\w:.-]+="([^"]*)"', data[:500_000]))
    if not found:
        return _token_changed(dice, data)
    one = dice.choice(found)
    new = dice.choice((dice.choice(_ODD), dice.choice(found)[1]))
    return data[: one.start(1)] + new + data[one.end(1) :]


def _content_changed(dice: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb">([^<>]*)<", data[:500_000]))
    if not found:
        return _token_changed(dice, data)
    one = dice.choice(found)
    return data[: one.start(1)] + dice.choice((*_ODD, dice.choice(found)[1])) + data[one.end(1) :]


def _element_moved(dice: random.Random, data: bytes) -> bytes:
    found = list(_ELEMENT.finditer(data[:500_000]))
    if not found:
        return _token_changed(dice, data)
    one, other = dice.choice(found), dice.choice(found)
    times = min(dice.choice((0, 0, 1, 2, 5000)), _MOST // len(one[0]))
    moved = data[: one.start()] + one[0] * times + data[one.end() :]
    return moved if dice.random() < 0.5 else data[: other.start()] + one[0] + data[other.end() :]


def _entities(dice: random.Random, data: bytes) -> bytes:
    at = data.find(b"?>") + 2 if b"?>" in data else 0
    used = data[at:].replace(b"</", b"&%c;</" % dice.choice(b"abj"), 1)
    return data[:at] + _LAUGHS + b"]>" + used


_XML: tuple[Step, ...] = (
    _attribute_changed,
    _attribute_changed,
    _content_changed,
    _content_changed,
    _element_moved,
    _entities,
)

# ---- JSON ----

_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**30, 10**400, 1.5, "", " ", "x", "\ud800", "\0", "a\nb", [], {}, [[]], {"": None}),
    *(
        [None],
        [1, "x"],
        {"a": {"b": []}},
        "1e999999",
        "9" * 5000,
        "2026-02-30",
        "9999-12-31T23:59:59+14:00",
        "INTERMEDIATED",
    ),
    *(
        "0001-01-01T00:00:00+14:00",
        "010101-123N",
        "x" * 20_000,
        "<html>",
        "٣",
        "-0",
        "1_0",
        "NaN",
        float("nan"),
        float("inf"),
    ),
)


def _json_changed(dice: random.Random, data: bytes) -> bytes:
    try:
        tree = json.loads(data)
        places = list(_json_places(tree))
    except (ValueError, RecursionError):
        return _token_changed(dice, data)
    if not places:
        return json.dumps(dice.choice(_ODD_VALUES)).encode()
    holder, key = dice.choice(places)
    other_holder, other_key = dice.choice(places)
    match dice.randrange(5):
        case 0 | 1:
            holder[key] = dice.choice(_ODD_VALUES)
        case 2:
            holder[key], other_holder[other_key] = json.loads(json.dumps([other_holder[other_key], holder[key]]))
        case 3:
            del holder[key]
        case _ if isinstance(holder, list):
            holder[key:key] = [holder[key]] * dice.choice((1, 2, 3000))
        case _:
            holder[dice.choice((str(other_key), "", "message", "errors", "x" * 300))] = holder[key]
    try:
        return json.dumps(tree, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")[:_MOST]
    except (ValueError, RecursionError):
        return _token_changed(dice, data)


def _json_places(tree: Any) -> Any:
    if isinstance(tree, (dict, list)):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from _json_places(tree[key])


# ---- zip ----


def _rezipped(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Break something inside a part and zip all of it again with the right sums, or break the zip itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [(info.filename, archive.read(info), info.compress_type) for info in archive.infolist()]
    except Exception:  # whatever a broken one does to zipfile
        return dice.choice(_BYTES)(dice, data)
    if not parts or sum(len(content) for _, content, _ in parts) > _BOMB:
        return dice.choice(_BYTES)(dice, data)
    at = dice.choice((dice.randrange(len(parts)), _of_interest(dice, parts)))
    name, content, method = parts[at]
    deed = dice.random()
    if deed < 0.78:
        parts[at] = (name, _broken(dice, name, content, [part for _, part, _ in parts])[:_MOST], method)
    elif deed < 0.81:
        del parts[at]
    elif deed < 0.83:
        parts.insert(dice.randrange(len(parts)), parts[at])
    elif deed < 0.85:
        odd = dice.choice(
            ("../x", "", name.upper(), name + "x", "/" + name, "a" * 60_000, name.replace("/", "\\"), "ä\ud800")
        )
        parts[at] = (odd.encode("utf-8", "replace").decode(), content, method)
    elif deed < 0.87:
        other = dice.randrange(len(parts))
        parts[at], parts[other] = (name, parts[other][1], method), (parts[other][0], content, parts[other][2])
    elif deed < 0.89:
        parts[at] = (name, content, dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
    elif deed < 0.90:
        filler = dice.choice(
            (bytes(_BOMB), b" " * _BOMB, content * (_BOMB // (len(content) or 1)), b"<row>" * (_BOMB // 5))
        )
        spot = _spot(dice, content)
        parts[at] = (name, content[:spot] + filler + content[spot:], zipfile.ZIP_DEFLATED)
    whole = _zipped(parts)
    return whole if deed < 0.93 else dice.choice(_BYTES)(dice, whole)


def _of_interest(dice: random.Random, parts: Sequence[tuple[str, bytes, int]]) -> int:
    found = [
        at
        for at, (name, _, _) in enumerate(parts)
        if re.search(r"sheet|workbook|shared|styles|table|content|Types|rels$", name)
    ]
    return dice.choice(found or [0])


def _zipped(parts: Sequence[tuple[str, bytes, int]]) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that stands twice is meant
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, method in parts:
                archive.writestr(zipfile.ZipInfo(name), content, method, compresslevel=1)
    return out.getvalue()
