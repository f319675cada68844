"""Adapters are found, checked and asked one at a time; a broken one is named and hurts nobody else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mapped import PLAIN

from confirma_connector import plugins
from confirma_connector.errors import AdapterError, MappingError, NoWriteBack, SourceError
from confirma_connector.mapper import Mapper
from confirma_connector.mapping import load_mapping
from confirma_connector.records import Result, Source

PARTNER = '''"""Invoices of the Acme till: one line an invoice, fields between bars."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from confirma_connector import Record, hookimpl


@dataclass(frozen=True)
class Line:
    names: tuple[str, ...] = ("Nro", "Pvm", "Asiakas", "Hinta")


class Options(BaseModel, extra="forbid"):
    mark: str = "|"


@hookimpl
def options():
    return Options


@hookimpl
def transforms():
    return {"acme_number": lambda text: text.removeprefix("ACME-")}


@hookimpl
def detect(path, head):
    return "specific" if head.startswith(b"ACME") else "no"


@hookimpl
def read(source):
    with source.open() as file:
        for at, line in enumerate(file.read().decode("utf-8").splitlines(), 1):
            yield Record(dict(zip(Line().names, line.split(source.options.mark))), at, f"line {at}")
'''
READS = "from confirma_connector import Record, hookimpl\n\n@hookimpl\ndef read(source):\n    yield Record({'A': 'x'}, 1, 'line 1')\n"
HOOK = "from confirma_connector import hookimpl\n\n@hookimpl\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = set(sys.modules)
    path = tmp_path / "adapters"
    path.mkdir()
    yield path
    for name in set(sys.modules) - before:
        if name.startswith("confirma_adapter_"):
            del sys.modules[name]


def found(folder: Path, **files: str) -> plugins.Registry:
    for name, content in files.items():
        (folder / f"{name}.py").write_text(content, "utf-8")
    return plugins.discover([folder], [])


def source(folder: Path, content: bytes = b"x") -> Source:
    path = folder / "in.acme"
    path.write_bytes(content)
    return Source((path,))


def failure(folder: Path, code: str, ask: Any, **names: str) -> str:
    """The one line that an adapter of *code* gives when it is asked."""
    adapter = found(folder, partner=READS + code if "def read" not in code else code).get("partner")
    with pytest.raises(AdapterError) as refused:
        ask(adapter)
    text = str(refused.value)
    assert text.startswith(f'adapter "partner" ({folder / "partner.py"}) ')
    assert "\n" not in text
    return text


# ---- finding ----


def test_the_bundled_adapters_are_there() -> None:
    registry = plugins.discover([], [])
    assert registry.broken == {}
    assert registry.get("csv_file").origin == "shipped"
    assert set(registry.get("csv_file").hooks) == {"read", "write_results", "detect", "options"}


def test_the_bundled_folders_are_in_the_wheel_or_at_the_top_of_the_checkout() -> None:
    for kind, name in (("adapters", "csv_file.py"), ("mappings", "row-per-line.yaml")):
        assert (plugins.bundled(kind) / name).is_file()  # type: ignore[arg-type]


def test_an_adapter_of_25_lines_in_a_folder_is_usable_from_a_mapping_file_at_once(folder: Path, tmp_path: Path) -> None:
    registry = found(folder, acme_till=PARTNER)
    assert registry.broken == {}
    text = """
version: 1
name: acme
adapter: acme_till
source: {mark: "|"}
locale: {decimal: ",", dates: ["%d.%m.%Y"]}
invoice:
  number: {column: Nro, transform: [acme_number]}
  date: Pvm
  due_date: {constant: 31.12.2026}
  currency_code: {constant: EUR}
  seller.name: {constant: Acme Oy}
  seller.business_id: {constant: 0112038-9}
  seller.payment_details.iban: {constant: FI2112345600000785}
  references.payment: {constant: "1234561"}
  buyer.name: Asiakas
  buyer.entity_type: {constant: CONSUMER}
  buyer.contact.email: {constant: a@example.com}
  buyer.address.postal_code: {constant: 00100}
  buyer.address.postal_district: {constant: HELSINKI}
  buyer.address.street: {constant: Tie 1}
rows: {description: {constant: Myynti}, gross_amount: Hinta, vat_percentage: {constant: "25,5"}}
"""
    (tmp_path / "acme.yaml").write_text(text, "utf-8")
    data = tmp_path / "till.acme"
    data.write_text("ACME-17|02.11.2026|Ostaja|125,50\n", "utf-8")
    mapping = load_mapping(tmp_path / "acme.yaml", registry)
    (draft,) = Mapper(mapping, str(data)).drafts(mapping.adapter.read(Source((data,), mapping.options)))
    assert draft.invoice is not None, draft.problems
    assert (draft.invoice.number, draft.invoice.amounts.net_amount) == (17, Decimal("100.00"))
    assert registry.claims(data) == ["acme_till"]


def test_dataclasses_work_under_postponed_annotations_and_the_module_has_its_own_name(folder: Path) -> None:
    found(folder, acme_till=PARTNER)
    assert sys.modules["confirma_adapter_acme_till"].Line().names[0] == "Nro"
    assert "acme_till" not in sys.modules


def test_files_that_begin_with_a_dot_or_underscore_are_no_adapters(folder: Path) -> None:
    registry = found(folder, _shared="raise SystemExit", **{".hidden": "raise SystemExit", "good": READS})
    assert ("good" in registry.adapters, registry.broken) == (True, {})


def test_an_installed_distribution_brings_its_adapter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "partner_package.py").write_text(READS)
    monkeypatch.syspath_prepend(str(folder))
    registry = plugins.discover([], [EntryPoint("partner", "partner_package", "confirma_connector")])
    assert registry.get("partner").origin == "partner_package"
    broken = plugins.discover([], [EntryPoint("gone", "no_such_package", "confirma_connector")])
    with pytest.raises(AdapterError, match=r'adapter "gone" .* is broken: ModuleNotFoundError'):
        broken.get("gone")


def test_a_folder_named_twice_is_one_folder(folder: Path) -> None:
    (folder / "partner.py").write_text(READS)
    registry = plugins.discover([folder, folder / ".." / "adapters", plugins.bundled("adapters")], [])
    assert {"partner", "csv_file"} <= set(registry.adapters)
    assert registry.broken == {}


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="there is no adapters folder"):
        plugins.discover([tmp_path / "missing"], [])


def test_a_name_taken_twice_is_unusable_and_names_both(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for place in (folder, other):
        (place / "partner.py").write_text(READS)
    registry = plugins.discover([folder, other], [])
    assert "partner" not in registry.adapters
    with pytest.raises(AdapterError, match="the name is taken twice") as refused:
        registry.get("partner")
    assert str(folder) in str(refused.value)
    assert str(other) in str(refused.value)
    assert "take one of them away, or its folder out of --adapters and the config file" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            READS + "\n@hookimpl\ndef write_result(source):\n    pass\n",
            'there is no hook "write_result"; did you mean "write_results"?',
        ),
        (HOOK + "def raed(source):\n    pass\n", 'there is no hook "raed"; did you mean "read"?'),
        (HOOK + "def read(src):\n    pass\n", "src"),
        (READS + "\n@hookimpl\ndef detect(path, head, size):\n    pass\n", "size"),
        ("def read(source):\n    pass\n", "it has no read hook (is @hookimpl missing?)"),
        ("", "it has no read hook"),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def read(:\n", "SyntaxError"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("import sys\nsys.exit(0)\n", "SystemExit"),
        ("raise SystemExit('go away')\n", "SystemExit: go away"),
        (READS.replace("def read(source):\n    yield", "class read:\n    x ="), "it has no read hook"),
    ],
)
def test_a_broken_adapter_is_listed_with_its_reason_and_hurts_nobody_else(
    folder: Path, content: str, reason: str
) -> None:
    registry = found(folder, bad=content, good=READS)
    assert set(registry.broken) == {"bad"}
    assert {"good", "csv_file"} <= set(registry.adapters)
    broken = registry.broken["bad"]
    assert reason in broken.reason
    assert "\n" not in broken.reason
    assert broken.origin == str(folder / "bad.py")
    with pytest.raises(AdapterError, match=r'adapter "bad" .* is broken: '):
        registry.get("bad")
    assert "confirma_adapter_bad" not in sys.modules or reason.startswith(("there", "it", "src", "size"))


def test_an_adapter_that_is_not_there_is_told_beside_those_that_are(folder: Path) -> None:
    with pytest.raises(AdapterError, match='there is no adapter "exel"; there are: csv_file'):
        found(folder).get("exel")


# ---- asking ----


def read_all(adapter: plugins.Adapter) -> Any:
    return list(adapter.read(Source((Path(__file__),))))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    raise KeyError('Nro')\n", "failed in read: KeyError (partner.py, line 5)"),
        (
            "    yield Record({}, 1, 'line 1')\n    raise RuntimeError('two\\nlines')\n",
            "failed in read: RuntimeError (partner.py, line 6)",
        ),
        ("    raise SystemExit(0)\n", "failed in read: SystemExit (partner.py, line 5)"),
        ("    yield {'A': 'x'}\n", "gave a dict in read, not a Record"),
        ("    return None\n", "gave a NoneType in read, not Records"),
        (
            "    yield Record(['A'], 1, 'line 1')\n",
            "gave a list for the values of a Record, not a mapping, in read, at line 1",
        ),
        (
            "    yield Record({'A': 1.5}, 1, 'line 1')\n",
            'gave a float for "A", not text, a Decimal, an int, a date or None, in read, at line 1',
        ),
        ("    yield Record({'A': b'x'}, 1, 'line 1')\n", 'gave a bytes for "A"'),
    ],
)
def test_an_adapter_that_fails_in_read_is_named(folder: Path, body: str, said: str) -> None:
    code = "from confirma_connector import Record, hookimpl\n\n@hookimpl\ndef read(source):\n" + body
    assert said in failure(folder, code, read_all)


def test_a_source_that_cannot_be_read_is_the_sources_error(folder: Path) -> None:
    code = HOOK + "def read(source):\n    return iter(source.open())\n"
    adapter = found(folder, partner=code).get("partner")
    with pytest.raises(SourceError, match=r"missing\.csv: cannot be read"):
        list(adapter.read(Source((folder / "missing.csv",))))


@pytest.mark.parametrize(
    ("code", "hook", "said"),
    [
        ("\n@hookimpl\ndef options():\n    return dict\n", "options", "gave options that are no pydantic model"),
        ("\n@hookimpl\ndef options():\n    return 1 / 0\n", "options", "failed in options: ZeroDivisionError"),
        ("\n@hookimpl\ndef options():\n    raise SystemExit\n", "options", "failed in options: SystemExit"),
        ("\n@hookimpl\ndef transforms():\n    return ['a']\n", "transforms", "gave transforms that are no mapping"),
        ("\n@hookimpl\ndef transforms():\n    return {'a': 1}\n", "transforms", "gave transforms that are no mapping"),
        (
            "\n@hookimpl\ndef transforms():\n    return {'percent': str}\n",
            "transforms",
            "has a transform percent, but every mapping has one",
        ),
    ],
)
def test_an_adapter_that_answers_wrongly_is_named(folder: Path, code: str, hook: str, said: str) -> None:
    assert said in failure(folder, code, lambda adapter: getattr(adapter, hook)())


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("lambda text: 1 / 0", "failed in its transform own: ZeroDivisionError"),
        ("len", "gave a int in its transform own, not text"),
    ],
)
def test_a_transform_that_fails_names_its_adapter(folder: Path, step: str, said: str) -> None:
    code = f"\n@hookimpl\ndef transforms():\n    return {{'own': {step}}}\n"
    assert said in failure(folder, code, lambda adapter: adapter.transforms()["own"]("x"))


def test_a_transform_may_refuse_a_text_with_a_sentence(folder: Path) -> None:
    code = (
        READS
        + "\ndef own(text):\n    raise ValueError('expected more')\n\n@hookimpl\ndef transforms():\n    return {'own': own}\n"
    )
    steps = found(folder, partner=code).get("partner").transforms()
    with pytest.raises(ValueError, match="expected more"):
        steps["own"]("x")


def test_an_adapter_without_options_takes_none(folder: Path, tmp_path: Path) -> None:
    import yaml

    registry = found(folder, partner=READS)
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump({**PLAIN, "adapter": "partner", "source": {"sheet": "A"}}), "utf-8")
    with pytest.raises(MappingError, match='source: adapter "partner" takes no options'):
        load_mapping(path, registry)


# ---- claims ----


def claiming(answer: str) -> str:
    return READS + f"\n@hookimpl\ndef detect(path, head):\n    return {answer}\n"


def test_the_specific_adapter_alone_claims_a_file_else_every_generic_one(folder: Path) -> None:
    path = source(folder).path
    registry = found(folder, a=claiming("'generic'"), b=claiming("'generic'"), c=claiming("'no'"), d=READS)
    assert registry.claims(path) == ["a", "b"]
    assert found(folder, e=claiming("'specific'")).claims(path) == ["e"]


def test_two_specific_claims_are_an_error_that_names_both(folder: Path) -> None:
    registry = found(folder, a=claiming("'specific'"), b=claiming("'specific'"))
    with pytest.raises(AdapterError, match="claimed by a and b; name the mapping with --mapping"):
        registry.claims(source(folder).path)


def test_a_wrong_claim_names_its_adapter(folder: Path) -> None:
    path = source(folder).path
    code = "\n@hookimpl\ndef detect(path, head):\n    return True\n"
    assert "answered True in detect" in failure(folder, code, lambda adapter: adapter.detect(path))


def test_a_claim_sees_the_first_64_kib(folder: Path) -> None:
    path = source(folder, b"x" * 100_000).path
    registry = found(folder, a=claiming("'specific' if len(head) == 65536 and path.suffix == '.acme' else 'no'"))
    assert registry.claims(path) == ["a"]


# ---- writing back ----


def write(folder: Path, code: str) -> None:
    adapter = found(folder, partner=READS + code).get("partner")
    adapter.write_results(source(folder), [Result(1, "1", "sent")], folder / "out")


def test_an_adapter_that_cannot_write_back_says_so(folder: Path) -> None:
    with pytest.raises(NoWriteBack, match='adapter "partner" cannot write results'):
        write(folder, "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    return True\n", "wrote nothing in write_results"),
        ("    raise KeyError('x')\n", r"failed in write_results: KeyError \(partner\.py, line \d+\)"),
        ("    raise SystemExit(0)\n", "failed in write_results: SystemExit "),
    ],
)
def test_an_adapter_that_fails_to_write_is_named(folder: Path, body: str, said: str) -> None:
    with pytest.raises(AdapterError, match=said):
        write(folder, "\n@hookimpl\ndef write_results(source, results, target):\n" + body)


def test_a_full_disk_is_not_the_adapters_fault(folder: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        write(folder, "\n@hookimpl\ndef write_results(target):\n    raise OSError(28, 'No space left on device')\n")


def test_what_an_adapter_writes_is_at_the_target(folder: Path) -> None:
    write(
        folder,
        "\n@hookimpl\ndef write_results(source, results, target):\n    target.write_text(results[0].state)\n    return True\n",
    )
    assert (folder / "out").read_text() == "sent"


def test_one_adapter_is_asked_and_no_other(folder: Path) -> None:
    registry = found(folder, a=READS.replace("'x'", "'a'"), b=READS.replace("'x'", "'b'"))
    for name in ("a", "b"):
        assert [record.values for record in registry.get(name).read(Source((folder,)))] == [{"A": name}]


def test_what_a_partner_may_import_is_there() -> None:
    import confirma_connector

    assert isinstance(confirma_connector, ModuleType)
    assert all(getattr(confirma_connector, name) is not None for name in confirma_connector.__all__)
    with pytest.raises(AttributeError, match="no attribute 'pipelines'"):
        _ = confirma_connector.pipelines
