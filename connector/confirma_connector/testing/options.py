"""Promises of `options` and `transforms`: a misspelt key is told, and steps keep to text."""

from __future__ import annotations

from collections.abc import Iterator

from confirma_connector.errors import ConfirmaError
from confirma_connector.testing.finding import Finding, Needless
from confirma_connector.testing.trial import Trial

__all__ = ["options_are_strict", "transforms_keep_to_text"]

_TEXTS = ("", " ", "1001", "1.234,56", "Åkerström & Söner", "-", "x" * 1_000, "\t\n", "2026-11-02", "€😀", "'\";<>=")


def options_are_strict(trial: Trial) -> Iterator[Finding]:
    """A key of the `source:` block that the adapter does not know is refused."""
    if "options" not in trial.adapter.hooks:
        raise Needless("it has no `options` hook: a `source:` block in a mapping is refused")
    model = trial.adapter.options()
    if model is None:
        raise Needless("`options` gives None: a `source:` block in a mapping is refused")
    if model.model_config.get("extra") != "forbid":
        yield trial.fault(
            "asked for the model of the `source:` block",
            "one that refuses keys it does not know: a misspelt one would do nothing, and nobody would hear of it",
            f"{model.__name__} with extra={model.model_config.get('extra', 'ignore')!r}",
            'add model_config = ConfigDict(extra="forbid") to the model',
            "options",
        )


def transforms_keep_to_text(trial: Trial) -> Iterator[Finding]:
    """Each of its steps gives text for any text, or a ValueError with a sentence."""
    if "transforms" not in trial.adapter.hooks:
        raise Needless("it has no `transforms` hook: it adds no steps to mappings")
    for name, step in trial.adapter.transforms().items():
        for text in _TEXTS:
            done, expected = (
                f"gave {text[:40]!r} to the step {name}",
                "text, or a ValueError with a sentence for people",
            )
            try:
                first = step(text)
                if first != step(text):
                    yield trial.fault(
                        done, "the same text every time", "another one", "use no clock or chance", "transforms"
                    )
                    break
            except ConfirmaError as error:
                cure = "give text; raise ValueError with what was expected for text that the step cannot take"
                yield trial.failure(done, expected, error, cure, "transforms")
                break
            except ValueError as error:
                if " " not in str(error).strip():
                    cure = 'say what was expected: raise ValueError("expected a month such as 11/2026")'
                    yield trial.fault(done, expected, f"ValueError({str(error)!r})", cure, "transforms")
                    break
