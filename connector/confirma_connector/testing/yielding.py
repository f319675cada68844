"""The mapping of a sample finds the invoices in it."""

from __future__ import annotations

from collections.abc import Iterator

from confirma_connector.errors import ConfirmaError
from confirma_connector.testing.finding import Finding
from confirma_connector.testing.trial import Trial

__all__ = ["its_invoices_are_found"]


def its_invoices_are_found(trial: Trial) -> Iterator[Finding]:
    """The mapping makes of the sample the invoices that it holds."""
    mapping = trial.needed_mapping()
    done = f"read {trial.name} with the mapping {mapping.path.name}"
    try:
        items = trial.surveyed(trial.path)
    except ConfirmaError as error:
        yield trial.failure(done, "its invoices", error, "mend what the message names")
        return
    good = [item.number for item in items if item.facts is not None]
    wrong = [f"{item.label}: {problem.text()}" for item in items for problem in item.errors]
    wanted = trial.sample.invoices
    if (list(wanted) == good and good) if wanted is not None else (good and not wrong):
        return
    told = "".join(f"\n           {line}" for line in wrong[:5])
    expected = (
        f"that these can be sent: {', '.join(map(str, wanted)) or 'none: a sample needs one'}"
        if wanted is not None
        else "that every invoice in it can be sent, and that there is one"
    )
    yield trial.fault(
        done,
        expected,
        f"these can be sent: {', '.join(map(str, good)) or 'none'}" + told,
        "mend the mapping or the sample where the lines above say so; if some of it is wrong on purpose, name those "
        "that can be sent: Sample(…, invoices=[…])",
    )
