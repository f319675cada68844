"""Every problem code has its page in three languages, and `confirma explain` prints it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import confirma_connector
from confirma_connector import language, rules
from confirma_connector.cli import main
from confirma_connector.explaining import explanations, meaning
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.language import LanguageCode
from confirma_connector.mappingfile import MappingFile
from confirma_connector.plugins import bundled

CODE = re.compile(r'"(E-[A-Z]+(?:-[A-Z]+)*)"')
SOURCES = [*Path(confirma_connector.__file__).parent.rglob("*.py"), *bundled("adapters").glob("*.py")]
CODES = sorted({code for source in SOURCES for code in CODE.findall(source.read_text("utf-8"))})
LANGUAGES: tuple[LanguageCode, ...] = language.LANGUAGES
LABELS = {
    "en": ("**Cause:**", "**Cure:**", "**Example:**", "**Severity:**"),
    "fi": ("**Syy:**", "**Korjaus:**", "**Esimerkki:**", "**Vakavuus:**"),
    "sv": ("**Orsak:**", "**Åtgärd:**", "**Exempel:**", "**Allvarlighet:**"),
}


def pages(code: LanguageCode) -> dict[str, str]:
    with language.using(code):
        return explanations()


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_code_of_the_program_is_explained_and_no_other(code: LanguageCode) -> None:
    assert sorted(pages(code)) == CODES


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_explanation_says_what_why_and_how_to_mend_it_and_shows_an_example(code: LanguageCode) -> None:
    for name, text in pages(code).items():
        places = [text.find(f"\n{label} ") for label in LABELS[code]]
        assert places == sorted(places), name
        assert min(places) > 0, name
        assert "→" in text[places[2] : places[3]] or name == "E-UNIT-PRICE-DECIMALS", name
        assert len(meaning(text)) < 130, name


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_severity_that_is_told_is_that_of_the_rule(code: LanguageCode) -> None:
    settable = {rule.code: rule for rule in rules.RULES if not rule.fixed}
    for name, text in pages(code).items():
        severity = text[text.index(LABELS[code][3]) :]
        assert (f"rules: {{{name}: " in severity) == (name in settable), name
        if name in settable and name not in ("E-OLD-INVOICE", "E-POSTAL-CODE"):
            other = "warning" if settable[name].severity == "error" else "error"
            assert f"`rules: {{{name}: {other}}}`" in severity, name


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_examples_are_lines_of_a_mapping(code: LanguageCode) -> None:
    found = [
        (name, yaml.safe_load(block))
        for name, text in pages(code).items()
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    ]
    assert len(found) > 40
    for name, tree in found:
        assert set(tree) <= set(MappingFile.model_fields), name
        assert set(tree.get("invoice", {})) <= set(INVOICE_FIELDS), name
        assert set(tree.get("rows", {})) <= set(ROW_FIELDS), name
        fields = {key: value for block in ("invoice", "rows") for key, value in tree.get(block, {}).items()}
        for key, value in fields.items():
            wanted = value.get("table") if isinstance(value, dict) else None
            assert wanted is None or wanted in tree["tables"], (name, key)


def test_the_examples_are_the_same_in_every_language() -> None:
    english = pages("en")
    for code in LANGUAGES:
        for name, text in pages(code).items():
            assert text.count("```") == english[name].count("```"), (code, name)


# -- the command -------------------------------------------------------------------------------------------------------


def explained(*words: str, spoken: str = "en") -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["explain", *words], env={"CONFIRMA_LANGUAGE": spoken})
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("spelled", ["E-POSTAL-CODE", "e-postal-code", "postal-code", "postal_code", "[E-POSTAL-CODE]"])
def test_a_code_is_explained_however_it_is_written(spelled: str) -> None:
    code, out, _ = explained(spelled)
    assert code == 0
    assert out.startswith("E-POSTAL-CODE\n\nA postal code does not have the form of its country.\n\nCause: ")
    assert (
        "\n    invoice:\n      buyer.address.postal_code: {column: Postinumero, transform: [postal_code_fi]}\n" in out
    )
    assert "**" not in out
    assert "`" not in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(("spoken", "lead"), [("fi", "Syy: "), ("sv", "Orsak: ")])
def test_it_speaks_the_readers_language(spoken: str, lead: str) -> None:
    code, out, _ = explained("E-DATE", spoken=spoken)
    assert code == 0
    assert f"\n\n{lead}" in out


def test_without_a_code_every_code_has_its_line() -> None:
    code, out, _ = explained()
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line.startswith("E-")] == CODES
    assert "E-POSTAL-CODE          A postal code does not have the form of its country.\n" in out


def test_a_misspelt_code_is_answered_with_the_nearest() -> None:
    code, out, err = explained("E-POSTCODE")
    assert (code, out) == (2, "")
    assert 'there is no code "E-POSTCODE"; did you mean "E-POSTAL-CODE"?' in err
