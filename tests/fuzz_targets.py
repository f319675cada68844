"""What `make fuzz` fuzzes: every adapter, the mapping loader, the contract overlay, the config file, the client's answers."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import itertools
import random
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from mutating import mutated
from pydantic import SecretStr

from confirma_connector import Record, Result, Source, answers, contract, errorbodies, overlay
from confirma_connector.client import Client
from confirma_connector.configfile import profiles
from confirma_connector.errors import (
    AdapterError,
    ConfirmaError,
    ContractError,
    MappingError,
    NoWriteBack,
    Outage,
    Refused,
    SettingsError,
    SourceError,
)
from confirma_connector.headers import MissingColumns
from confirma_connector.mapping import LoadedMapping, load_mapping, shipped
from confirma_connector.plugins import Adapter, Registry, bundled, discover
from confirma_connector.settings import ENVIRONMENT_VARIABLES, Settings, load
from confirma_connector.survey import survey

__all__ = ["Case", "Finding", "Target", "attempted", "case", "hurried", "targets"]

_ROOT = Path(__file__).resolve().parents[1]
_LARGEST_SEED = 300_000
_TOLD = ('He said "x"; <y> & z,\tå', "=1+1", "", "line\nbreak", "' OR 1", "😀")

Case = dict[str, bytes]
"""The files of one input by name; the first is the one that is read."""


class Finding(AssertionError):
    """Something came out that is neither a clean result nor an error of ours with a message for a person."""


@dataclass(frozen=True)
class Target:
    """One thing to fuzz: what inputs are made from, and what is tried with one of them."""

    name: str
    seeds: tuple[Case, ...]
    attempt: Callable[[random.Random, Sequence[Path]], None]


def targets(adapters: Sequence[Path] = (), seeds: Sequence[Path] = ()) -> dict[str, Callable[[], Target | None]]:
    """Give what makes each target, by name; None for an adapter without a sample. Those in the folders *adapters* too."""
    registry = discover(adapters, [])
    folders = [_ROOT / "samples", _ROOT / "tests" / "data", *seeds]
    makers: dict[str, Callable[[], Target | None]] = {
        name: functools.partial(_adapter_target, adapter, registry, folders)
        for name, adapter in registry.adapters.items()
    }
    own = {"mapping": _mapping_target, "contract": _contract_target}
    makers |= {name: functools.partial(make, registry) for name, make in own.items()}
    return {**makers, "config": _config_target, "answers": _answers_target}


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """Do without what takes time and tells nothing: the client's waiting, and the shipped contract read for each."""
    with mock.patch.object(time, "sleep"), mock.patch.object(overlay, "shipped", functools.cache(overlay.shipped)):
        yield


def case(target: Target, seed: str, index: int) -> tuple[Case, random.Random]:
    """Give the input of one *index*, and the dice for what is tried with it: both follow from the seed alone."""
    dice = random.Random(f"{seed}/{target.name}/{index}")
    files = dict(dice.choice(target.seeds))
    for name in dice.sample(list(files), dice.choice((1, 1, 1, len(files)))):
        if dice.random() < 0.97 or len(files) == 1:
            files[name] = mutated(dice, name, files[name], [one[name] for one in target.seeds if name in one])
    return files, dice


def attempted(target: Target, files: Case, dice: random.Random, folder: Path) -> None:
    """Try one input in *folder*. Raises Finding, or what nobody expected."""
    paths = [folder / name for name in files]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[path.relative_to(folder).as_posix()])
    target.attempt(dice, paths)


# ---- what may come out ----


def _accepted(
    error: ConfirmaError, kinds: tuple[type[ConfirmaError], ...], names: Sequence[str], lines: int = 1
) -> None:
    """Raise Finding unless *error* is of a kind that is meant, in plain lines that name a file each."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError):
            raise Finding(f"memory ran out before this was said: {error}") from error
        seen = seen.__cause__ or seen.__context__
    if not isinstance(error, kinds) or (isinstance(error, AdapterError) and " failed in " in str(error)):
        raise Finding(f"{type(error).__name__}: {error}") from error.__cause__ or error
    told = (error.said if isinstance(error, MissingColumns) else str(error)).split("\n")  # the recipe is a line more
    if len(told) > lines:
        raise Finding(f"{len(told)} lines: {error!r}") from error
    for line in told:
        _legible(line)
        if not any(name in line for name in names):
            raise Finding(f"no file is named: {line!r}") from error


def _legible(text: str, what: str = "a message") -> None:
    """Raise Finding for what no terminal, journal or log can take: surrogates, and control characters."""
    odd = next((sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs")), None)
    if odd is not None:
        raise Finding(f"{what} holds {odd!r}: {text[:300]!r}")


def _storable(text: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Finding(f"{what} is no text that can be stored: {text[:300]!r}") from None


# ---- adapters ----


def _seed_files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            is_plain = (
                path.is_file() and path.suffix not in (".py", ".md") and not path.name.startswith(("check.", "."))
            )
            if is_plain and "results" not in path.name and path.stat().st_size <= _LARGEST_SEED:
                yield path


def _adapter_target(adapter: Adapter, registry: Registry, folders: Sequence[Path]) -> Target | None:
    seeds = tuple({path.name: path.read_bytes()} for path in _seed_files(folders) if adapter.detect(path) != "no")
    named = [*shipped().values(), *sorted((_ROOT / "samples").glob("*/mapping.yaml"))]
    mappings = [one for path in named for one in _loaded(path, registry) if one.adapter.name == adapter.name]
    seeds += tuple(_made(adapter.name))
    return Target(adapter.name, seeds, functools.partial(_adapted, adapter, mappings)) if seeds else None


def _loaded(path: Path, registry: Registry) -> Iterator[LoadedMapping]:
    with contextlib.suppress(
        MappingError, AdapterError
    ):  # wrong ones are other tests' matter, and some name adapters of their own
        yield load_mapping(path, registry)


def _made(name: str) -> Iterator[Case]:
    """Give seeds of formats that no sample is in."""
    if name == "table":
        import pyarrow
        from pyarrow import parquet

        table = pyarrow.table(
            {
                "Laskunro": ["1", "2", None],
                "Summa": [1.5, None, 2.25],
                "Kpl": pyarrow.array([1, 2, None], pyarrow.int32()),
                "Pvm": [dt.date(2026, 11, 1), None, dt.date(2026, 11, 3)],
                "Aika": [dt.datetime(2026, 11, 1, 12), None, dt.datetime(2026, 11, 1)],
                "Laji": pyarrow.array(["a", "b", "a"]).dictionary_encode(),
            }
        )
        out = pyarrow.BufferOutputStream()
        parquet.write_table(table, out)
        yield {"invoices.parquet": out.getvalue().to_pybytes()}


def _needs_options(adapter: Adapter) -> bool:
    model = adapter.options()
    return model is not None and any(one.is_required() for one in model.model_fields.values())


def _adapted(adapter: Adapter, mappings: Sequence[LoadedMapping], dice: random.Random, paths: Sequence[Path]) -> None:
    path = paths[0]
    mapping = dice.choice([*mappings] if _needs_options(adapter) else [None, None, *mappings])
    options = mapping.options if mapping else dice.choice([None, *_of_the_first_sheet(adapter)])
    source = Source((path,), options)
    try:
        adapter.detect(path)
        records = list(adapter.read(source))
        _well_formed(records)
        if mapping is not None and dice.random() < 0.5:
            _surveyed(path, mapping)
        _written_back(adapter, source, records, dice)
    except ConfirmaError as error:
        _accepted(error, (SourceError, NoWriteBack, MappingError), [path.name, f"{path.stem}.target"])


@functools.cache
def _contract() -> contract.Contract:
    return contract.read()


def _of_the_first_sheet(adapter: Adapter) -> Iterator[object]:
    """Give the options for the first of several sheets, when the adapter knows sheets: else most are refused at once."""
    model = adapter.options()
    if model is not None and "sheet" in model.model_fields:
        yield model.model_validate({"sheet": "1"})


def _well_formed(records: Sequence[Record]) -> None:
    if len({record.at for record in records}) < len(records):
        raise Finding("two records have the same place")
    for record in records:
        for problem in (*record.problems, record.where, record.skipped):
            _storable(problem, "a problem or place")
        for name, value in record.values.items():
            _storable(f"{name} {value}", "a value")


def _written_back(adapter: Adapter, source: Source, records: Sequence[Record], dice: random.Random) -> None:
    if "write_results" not in adapter.hooks:
        return
    before = source.path.read_bytes()
    whole = [record for record in records if not record.problems and not record.skipped]
    chosen = [record for record in whole if len(whole) < 3 or dice.random() < 0.6][:500]
    results = [
        Result(record.at, str(at), dice.choice(("sent", "TEST delivered")), dice.choice(_TOLD), "2026-11-23 10:00")
        for at, record in enumerate(chosen)
    ]
    target, again = (
        source.path.with_name(f"{source.path.stem}.{name}{source.path.suffix}") for name in ("target", "again")
    )
    for one in (target, again):
        one.unlink(missing_ok=True)
    adapter.write_results(source, results, target)
    if source.path.read_bytes() != before:
        raise Finding("the source was written to")
    written = replace(source.at(target), is_target=True)
    try:
        seen = list(adapter.read(written))
        adapter.write_results(written, results, again)
    except (ConfirmaError, OSError) as error:
        raise Finding(f"what was written is not readable: {error}") from error
    if again.read_bytes() != target.read_bytes():
        raise Finding("writing the same results twice is not the same as once")
    _alike(records, seen, {result.at: result for result in results}, source)


def _alike(records: Sequence[Record], seen: Sequence[Record], results: Mapping[Any, Result], source: Source) -> None:
    """Compare what was read before and after: all but the result columns, and the states in those."""
    if [record.at for record in seen] != [record.at for record in records]:
        raise Finding(f"other rows after writing: {len(records)} before, {len(seen)} after")
    for old, new in zip(records, seen, strict=True):
        if not old.problems and _others(old, source) != _others(new, source):
            raise Finding(f"{old.where}: {_others(old, source)} became {_others(new, source)}")
        if old.at in results and not any(new.values.get(name) == results[old.at].state for name in new.values):
            raise Finding(f"{old.where}: its result is not there: {dict(new.values)}")


def _others(record: Record, source: Source) -> list[tuple[str, Any]]:
    ours = source.headers.names()
    return [(name, value) for name, value in record.values.items() if not any(header in name for header in ours)]


def _surveyed(path: Path, mapping: LoadedMapping, chosen: contract.Contract | None = None) -> None:
    """Check a file as `confirma check` does; every problem must be text that can be shown."""
    found = survey(path, mapping, chosen or _contract(), Settings(), b"k" * 32)
    try:
        for item in found.items:
            _storable(item.label, "a label")
            for problem in item.problems:
                _storable(problem.text(path.name), "a problem")
        for item in found.valid():
            found.claim(item)
    finally:
        found.close()


# ---- files of our own ----

_OWN = b"""version: 1
name: mapping
extends: base.yaml
adapter: csv_file
source: {delimiter: ";", encoding: cp1252}
invoice:
  distribution.method: {column: Method, table: methods, default: EMAIL}
  references.order_number:
tables:
  methods: {file: codes.csv}
rules: {W-NUMBER-SIZE: error}
"""


def _mapping_target(registry: Registry) -> Target:
    tables = {
        f"tables/{path.name}": path.read_bytes() for path in sorted((bundled("mappings") / "tables").glob("*.csv"))
    }
    base = shipped()["row-per-invoice"].read_bytes()
    seeds: list[Case] = [{"mapping.yaml": path.read_bytes(), **tables} for path in shipped().values()]
    seeds += [{"mapping.yaml": path.read_bytes()} for path in sorted((_ROOT / "samples").glob("*/mapping.yaml"))]
    seeds += [{"mapping.yaml": _OWN, "base.yaml": base, "codes.csv": b"code,value\nmail,EMAIL\nletter,LETTER\n"}] * 2
    files = {
        "csv_file": _ROOT / "samples/row-per-invoice/invoices.csv",
        "excel": _ROOT / "samples/template/invoices.xlsx",
    }
    return Target("mapping", tuple(seeds), functools.partial(_mapped, registry, files))


def _mapped(registry: Registry, files: Mapping[str, Path], dice: random.Random, paths: Sequence[Path]) -> None:
    try:
        loaded = load_mapping(paths[0], registry, as_it_is=True)  # what has to be added is said in several lines
    except ConfirmaError as error:
        if isinstance(error, AdapterError) and " failed in " not in str(error):
            return _legible(str(error))  # there is no such adapter
        return _accepted(
            error, (MappingError,), [*(path.name for path in paths), *map(str, shipped().values())], 10_000
        )
    if loaded.adapter.name in files and dice.random() < 0.5:
        file = files[loaded.adapter.name]
        try:
            _surveyed(file, loaded)
        except ConfirmaError as error:
            _accepted(error, (SourceError, MappingError), [file.name, *(path.name for path in paths)])
    return None


_OVERLAY = b"""version: "2026-11"
request:
  invoice.rows: {wire: invoiceRows, confirmed: true}
  row.unit_price: {wire: ""}
enums:
  method: {LETTER: {wire: POST, also: [MAIL]}}
statuses:
  PARKED: {wire: PARKED, state: attention, note: seen in staging}
headers:
  tenant: {wire: X-Tenant}
behaviour:
  credit_note_sign: {wire: positive}
confirmations:
  - {line: request.invoice.rows, value: invoiceRows, by: A Person, on: 2026-11-01, ground: "mail of 1.11.", contract: "1"}
"""


def _contract_target(registry: Registry) -> Target:
    whole = Path(overlay.__file__).with_name("contract.yaml").read_bytes()
    seeds: list[Case] = [{"contract.yaml": _OVERLAY}, {"contract.yaml": _OVERLAY}, {"contract.yaml": whole}]
    mapping = load_mapping(shipped()["row-per-invoice"], registry)
    return Target("contract", tuple(seeds), functools.partial(_overlaid, mapping))


def _overlaid(mapping: LoadedMapping, dice: random.Random, paths: Sequence[Path]) -> None:
    try:
        chosen = contract.read(paths[0])
    except ConfirmaError as error:
        return _accepted(error, (ContractError,), [paths[0].name], 10_000)
    _surveyed(_ROOT / "samples/row-per-invoice/invoices.csv", mapping, chosen)
    for body in _ANSWERS:
        errorbodies.explanation(body, "application/json", chosen)
        answers.stated_status(body, chosen)
    answers.listing(_LISTING, chosen)
    return None


_CONFIG = b"""environment = "staging"
account = "our-company"
concurrency = 8
timeout = 30.5
adapters = ["adapters", "/opt/adapters"]
mapping = "our.yaml"
rules = {W-NUMBER-SIZE = "error"}

[profiles.a]
token_file = "key.txt"
journal = "~/a.sqlite3"
contract = "contract.yaml"
quiet_period = 600

[profiles.b]
environment = "production"
url = "https://integrations.example.com"
account = "b"
numbering = "yearly"
retention_days = 60
attachments = "pdf"
"""


def _config_target() -> Target:
    plain = b'environment = "sandbox"\nmapping = "row-per-invoice"\n'
    return Target(
        "config", ({"config.toml": _CONFIG, "key.txt": b"a-secret-key-123\n"}, {"config.toml": plain}), _configured
    )


def _configured(dice: random.Random, paths: Sequence[Path]) -> None:
    config, told = str(paths[0]), [*(path.name for path in paths), *ENVIRONMENT_VARIABLES]
    for profile in (None, "a", "b"):
        try:
            load({"config": config, "profile": profile}, {})
        except ConfirmaError as error:
            _accepted(error, (SettingsError,), [*told, "key file"])
    try:
        profiles(config, {})
    except ConfirmaError as error:
        _accepted(error, (SettingsError,), told)


# ---- answers ----

_LISTING = b"""{"metaData": {"totalCount": 2, "successfulCount": 1, "failedCount": 1, "filtersApplied": {"invoiceNumber": null,
 "fromInvDate": "2026-11-01", "toInvDate": "2026-11-30", "fetchType": null, "defaultLast30Days": false}},
 "distributions": [{"invoiceNumber": "26101", "invoiceDate": "2026-11-01", "status": "INTERMEDIATED", "method": "EMAIL",
 "createdAt": "2026-11-01T10:00:00+02:00", "distributedAt": "2026-11-02T10:00:00Z", "paymentControlStatus": "X",
 "caseId": 7, "message": null, "grossAmount": 12.40}, {"invoiceNumber": 26102, "distributionStatus": "ERROR",
 "createdAt": "2026-11-01T10:00:00", "errorMessage": "postal code is not valid"}]}"""
_ANSWERS = (
    b'{"message": "Invoice received", "invoiceNumber": 251601000, "status": "PAUSED"}',
    b'{"message": "wrong", "errors": [{"field": "invoice.rows[2].vatPercentage", "message": "not valid"}, "other"]}',
    b'{"title": "Bad Request", "status": 400, "errors": {"invoice.header.number": ["too large", "odd"]}}',
    b'{"isValid": true, "message": "the key is valid", "token": "abcdefgh12345678", "expiresAt": "2027-01-01"}',
    b"<html><body>Bad Gateway</body></html>",
    b"not found",
    b'["wrong", "also wrong"]',
    b"",
)
_STATUSES = (200, 200, 200, 201, 204, 301, 400, 400, 401, 402, 409, 413, 422, 429, 500, 503, 599)
_TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "text/html",
    "",
    "x" * 5000,
    "a/b;c=\x80",
)
_DATES = (
    "Mon, 23 Nov 2026 10:00:00 GMT",
    "",
    "x",
    "Mon, 99 Nov 99999 10:00:00 GMT",
    "1 Jan 1 00:00:00 +2359",
    "9" * 4400,
)


def _answers_target() -> Target:
    seeds = [_LISTING] * len(_ANSWERS) + [*_ANSWERS]
    return Target("answers", tuple({"answer.json": body} for body in seeds), _answered)


def _answered(dice: random.Random, paths: Sequence[Path]) -> None:
    body = paths[0].read_bytes()
    status = dice.choice(_STATUSES)
    headers = {
        "Content-Type": dice.choice(_TYPES),
        "Date": dice.choice(_DATES),
        "Retry-After": dice.choice(("1", "", *_DATES)),
        **({"Content-Encoding": dice.choice(("gzip", "deflate", "br", "x"))} if dice.random() < 0.05 else {}),
        **({"X-Api-Key": dice.choice(("new-key-12345678", "ä", ""))} if dice.random() < 0.05 else {}),
    }
    encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    transport = httpx.MockTransport(
        lambda request: httpx.Response(status, headers=encoded, stream=httpx.ByteStream(body))
    )
    settings = Settings(url="http://127.0.0.1:9", token=SecretStr("the-key-in-use-1234"))
    with Client(settings, _contract(), transport) as client:
        _reads(client, dice)


def _reads(client: Client, dice: random.Random) -> None:
    verdict = client.create(b"{}", was_uncertain=dice.random() < 0.3)
    for text in (verdict.message, *itertools.chain(*verdict.fields)):
        _legible(text, "a verdict")
    _storable(verdict.text, "the text of an answer")
    wanted: tuple[Callable[[], object], ...] = (
        lambda: _listed(client.listing(dt.date(2026, 11, 1), dt.date(2026, 11, 30))),
        lambda: _legible(client.validate(), "what is said of the key"),
        lambda: _legible(client.renew().message, "what is said of the key"),
    )
    for ask in wanted:
        try:
            ask()
        except ConfirmaError as error:
            _accepted(error, (Outage, Refused), [client.host])


def _listed(found: answers.Listing) -> None:
    for record in found.records:
        for text in (record.status, record.method, record.distributed_at, record.case_id, record.message):
            _legible(text, "a listed record")
        _storable(record.raw, "a record as listed")
        assert record.mark
    if found.records:
        answers.prevailing(found.records)
