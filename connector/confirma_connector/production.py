"""What production asks for before anything goes there: confirmed lines of the contract, and a person's yes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal

from confirma_connector.contract import Provisional
from confirma_connector.errors import ContractError, SettingsError
from confirma_connector.journal import Facts
from confirma_connector.language import day, money, tr, trn
from confirma_connector.run import Run
from confirma_connector.survey import Survey
from confirma_connector.usage import used_by_sending, used_by_tracking

__all__ = ["agree", "closed", "missing", "refuse_unconfirmed"]


def missing(run: Run, surveys: Sequence[Survey] | None = None) -> list[Provisional]:
    """List the unconfirmed lines of the contract that sending *surveys* uses; without them, those of tracking."""
    by_address = run.settings.environment == "production" and run.settings.url is not None
    if surveys is None:
        return used_by_tracking(run.contract, by_address=by_address)
    return used_by_sending(run.contract, frozenset().union(*(one.used for one in surveys)), by_address=by_address)


def refuse_unconfirmed(run: Run, surveys: Sequence[Survey] | None = None) -> None:
    """Keep a production run from beginning while it stands on lines that nobody has confirmed. Raises ContractError."""
    if run.settings.environment != "production" or not (lines := missing(run, surveys)):
        return
    names = [_named(one) for one in surveys or () if missing(run, [one])] or ["FILE"]
    raise ContractError("\n".join([_closed(run, len(lines), names), *(f"  {one.text()}" for one in lines)]))


def closed(run: Run, survey: Survey) -> list[str]:
    """Say, where the environment is production, that it is closed to the invoices of *survey*; nothing if it is not."""
    if run.settings.environment != "production" or not (lines := missing(run, [survey])):
        return []
    return [_closed(run, len(lines), [_named(survey)])]


def _named(survey: Survey) -> str:
    return f'"{survey.path}"' if survey.records is None else "FILE"


def _closed(run: Run, count: int, names: Sequence[str]) -> str:
    read, none_at = run.settings.contract, run.settings.overlay
    overlay = tr("overlay: {path}", path=read) if read else tr("overlay: none at {path}", path=none_at)
    files = tr(", then ").join(names)
    return trn(
        "production is closed: a value that this uses is not confirmed ({overlay}); run {command}",
        "production is closed: {count} values of the contract that this uses are not confirmed ({overlay}); "
        "run {command}",
        count,
        overlay=overlay,
        command=" ".join(["confirma contract confirm", files, *run.repeated]),  # not for people: typed as it is
    )


def agree(run: Run, host: str, seller: str | None, going: Collection[Facts], *, is_agreed: bool) -> None:
    """Before a production send have a person say yes to what goes. Raises SettingsError without it."""
    if run.settings.environment != "production":
        return
    summary = _summary(run.settings.account, host, seller, going)
    if not (is_agreed or run.ask(tr("{summary}. Send?", summary=summary))):
        raise SettingsError(
            tr(
                "nothing was sent, because nobody said yes to it (a scheduled run says --yes): {summary}",
                summary=summary,
            )
        )


def _summary(account: str, host: str, seller: str | None, going: Collection[Facts]) -> str:
    sums: dict[str, Decimal] = {}
    for facts in going:
        sums[facts.currency] = sums.get(facts.currency, Decimal(0)) + facts.gross
    methods = ", ".join(f"{count} {method}" for method, count in sorted(Counter(one.method for one in going).items()))
    return trn(
        "production at {host}, account {account}, seller {seller}: {count} invoice, {sums} in all, by method "
        "{methods}, the oldest of {date}",
        "production at {host}, account {account}, seller {seller}: {count} invoices, {sums} in all, by method "
        "{methods}, the oldest of {date}",
        len(going),
        host=host,
        account=account,
        seller=seller or tr("unknown"),
        sums=", ".join(f"{money(total)} {currency}" for currency, total in sorted(sums.items())),
        methods=methods,
        date=day(min(one.date for one in going)),
    )
