"""Everything that is printed: text from files and servers may hold what a terminal would obey, and is shown instead."""

from __future__ import annotations

import re

import click

__all__ = ["complain", "harmless", "say"]

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Escape and other controls, but for the tab and the line end, and what turns the direction of writing."""


def harmless(text: str) -> str:
    """Give *text* with each sign that a terminal obeys spelled as `\\u001b`: in JSON that means the same sign."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def say(text: object = "", *, err: bool = False) -> None:
    """Print one or more lines."""
    click.echo(harmless(str(text)), err=err)


def complain(message: str) -> None:
    """Say what is wrong; what stands below a blank line is a text to be copied, and is shown as it is."""
    said, _, to_copy = message.partition("\n\n")
    for line in said.splitlines():
        say(f"confirma: {line}", err=True)
    if to_copy:
        say(f"\n{to_copy}\n", err=True)
