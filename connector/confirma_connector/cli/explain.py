"""`confirma explain`."""

from __future__ import annotations

import textwrap

import click

from confirma_connector.cli.fitting import screen_width
from confirma_connector.cli.saying import say
from confirma_connector.explaining import explanations, meaning, paragraphs
from confirma_connector.language import tr
from confirma_connector.mistakes import did_you_mean

__all__ = ["explain"]

_WIDEST, _INDENT = 100, "    "


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a problem by its CODE, such as E-POSTAL-CODE: what it means, its cause and its cure.

    Without a CODE all codes are listed. Capital letters and the E- in front may be left out.
    """
    known, width = explanations(), min(screen_width() or _WIDEST, _WIDEST)
    if code is None:
        widest = max(map(len, known))
        for name, text in known.items():
            say(_filled(meaning(text), width, f"{name:{widest}}  ", " " * (widest + 2)))
        return
    name = "E-" + code.strip().strip("[]").upper().replace("_", "-").removeprefix("E-")
    if name not in known:
        alike = [one for one in known if one.startswith(name) or name.removeprefix("E-") in one]
        hint = did_you_mean(alike[0] if alike else name, known)
        raise click.UsageError(tr('there is no code "{code}"{hint}', code=code, hint=hint))
    say(name)
    for text, stays in paragraphs(known[name]):
        say()
        say(textwrap.indent(text, _INDENT) if stays else _filled(text, width))


def _filled(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
