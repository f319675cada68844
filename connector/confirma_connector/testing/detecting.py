"""Promises of `detect`: it knows its own files by name and head, and leaves the others to others."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from confirma_connector.errors import ConfirmaError
from confirma_connector.patience import Late
from confirma_connector.testing.finding import Finding, Needless
from confirma_connector.testing.foreign import FOREIGN
from confirma_connector.testing.trial import HEAD, Trial

__all__ = ["detection_is_specific"]

_NO_DETECT = "it has no `detect` hook: its mapping has to be named with every file (--mapping)"


def detection_is_specific(trial: Trial) -> Iterator[Finding]:
    """`detect` claims its own files, from name and head alone, and no file of another format."""
    if "detect" not in trial.adapter.hooks:
        raise Needless(_NO_DETECT)
    head = trial.content[:HEAD]
    try:
        answer = trial.answered(trial.path, head)
        yield from _its_own(trial, answer)
        yield from _from_the_head_alone(trial, head, answer)
        yield from _others(trial)
        yield from _odd_heads(trial, head)
    except ConfirmaError as error:
        yield trial.failure(
            "asked detect about names and heads of files", "no, generic or specific", error, _cure(error), "detect"
        )
    except Late:
        yield trial.without_ending("asked detect about a small head", "detect")


def _cure(error: ConfirmaError) -> str:
    if isinstance(error.__cause__, UnicodeDecodeError):
        return 'head.decode(errors="replace"): every file that a user names is shown to every adapter'
    return 'answer "no" for whatever is not yours: every file that a user names is shown to every adapter'


def _its_own(trial: Trial, answer: str) -> Iterator[Finding]:
    if answer == "no":
        yield trial.fault(
            f"asked detect about {trial.name}",
            '"specific", or "generic" for a family of formats',
            '"no"',
            'look at the name (path.suffix) and at how the file begins (head), and answer "specific" for your own',
            "detect",
        )
        return
    try:
        claims = trial.subject.registry.claims(trial.path)
    except ConfirmaError as error:
        yield trial.failure(
            f"asked every adapter here about {trial.name}",
            "one adapter at most that is specific",
            error,
            'answer "generic" for a family of formats, or look closer at the head for what only your format has',
            "detect",
        )
        return
    if trial.adapter.name not in claims:
        yield trial.fault(
            f"asked every adapter here about {trial.name}",
            f"{trial.adapter.name} among those that can read it",
            f"{', '.join(claims)} alone, which is specific",
            'answer "specific" when the head shows that the file is of your format',
            "detect",
        )


def _from_the_head_alone(trial: Trial, head: bytes, answer: str) -> Iterator[Finding]:
    nowhere = Path("nowhere") / trial.name
    try:
        elsewhere = trial.answered(nowhere, head)
    except ConfirmaError as error:
        elsewhere = str(error)
    if elsewhere != answer:
        yield trial.fault(
            f"asked detect with the head of {trial.name}, and a path {nowhere} at which there is no file",
            f'"{answer}", as where the file is: name and head are all that it is to look at',
            f'"{elsewhere}"',
            "do not open the file: `head` holds its first 64 KiB",
            "detect",
        )
    if (empty := trial.answered(trial.path, b"")) != "no":
        yield trial.fault(
            f"asked detect about an empty file called {trial.name}",
            '"no": an empty file is of no format',
            f'"{empty}"',
            'ask more than the name: answer "no" when the head does not look like yours',
            "detect",
        )


def _others(trial: Trial) -> Iterator[Finding]:
    kept = 3
    for name, content in FOREIGN.items():
        if not trial.adapter.is_ours and trial.answered(Path(name), content) == "specific":
            yield trial.fault(
                f"asked detect about {name}, which begins {content[:40]!r}",
                '"no": that is another format',
                '"specific"',
                'look for what only your format has, as its first word; "specific" takes the file from everybody else',
                "detect",
            )
            kept -= 1
            if not kept:
                return


def _odd_heads(trial: Trial, head: bytes) -> Iterator[Finding]:
    dice = random.Random(1)
    size = max(len(head), 1)
    odd = [head[: size * part // 8] for part in range(1, 8)]
    odd += [bytes(300), dice.randbytes(300), b"\xff\xfe" + bytes(50), "ÅÄÖ".encode("latin-1") * 30, b"\n" * 50]
    for one in odd:
        try:
            trial.answered(trial.path, one)
        except ConfirmaError as error:
            yield trial.failure(
                f"asked detect about a file called {trial.name} that begins {one[:30]!r}",
                "an answer: the head may end in the middle of a letter, and may be anything",
                error,
                _cure(error),
                "detect",
            )
            return
