"""`confirma account`."""

from __future__ import annotations

import json
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.errors import SettingsError
from confirma_connector.journal import Journal
from confirma_connector.language import tr
from confirma_connector.opening import held

__all__ = ["account"]


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@options.settings_options
@click.pass_context
def account(ctx: click.Context, /, as_json: bool, **given: Any) -> None:
    """Show the account: which seller it belongs to, where its journal is, how its invoices are numbered."""
    if ctx.invoked_subcommand:
        return
    settings = options.loaded_settings(given)
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        seller, is_yearly, count = journal.seller(), journal.is_yearly(), sum(journal.counts().values())
    numbering = {None: settings.numbering, True: "yearly", False: "forever"}[is_yearly]
    facts = {
        "account": settings.account,
        "environment": settings.environment,
        "seller": seller or "",
        "invoices": count,
        "numbering": numbering,
        "journal": str(settings.journal),
    }
    if as_json:
        say(json.dumps({"version": 1, **facts}, ensure_ascii=False, indent=2))
        return
    sandbox_line(settings.environment)
    say(
        tr(
            "account {account} ({environment}), journal {journal}",
            account=settings.account,
            environment=settings.environment,
            journal=settings.journal,
        )
    )
    unbound = (
        tr("any: the sandbox takes every seller")
        if settings.environment == "sandbox"
        else tr("the first send binds it")
    )
    say(tr("  seller: {seller}", seller=seller or unbound))
    if numbering == "yearly":
        say(tr("  invoices: {count}, numbered anew every year", count=count))
    else:
        say(tr("  invoices: {count}, numbered once for ever", count=count))
    sandbox_line(settings.environment)


@account.command()
@click.argument("seller", metavar="BUSINESS-ID")
@options.settings_options
def bind(seller: str, **given: Any) -> None:
    """Bind the account to the seller BUSINESS-ID, in the place of the one it belonged to."""
    settings = options.loaded_settings(given)
    if settings.environment == "sandbox":
        raise SettingsError(tr("the sandbox takes every seller: there is nothing to bind"))
    with held(settings) as journal:
        before = journal.seller()
        journal.bind(seller.strip())
    names = {"account": settings.account, "environment": settings.environment, "seller": seller.strip()}
    if before and before != seller.strip():
        say(
            tr(
                "account {account} ({environment}) belongs to seller {seller}, no longer to {before}",
                before=before,
                **names,
            )
        )
    else:
        say(tr("account {account} ({environment}) belongs to seller {seller}", **names))
