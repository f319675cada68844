"""The words of an enum, and the statuses: ours beside those of the file. None ever becomes a delivery by itself."""

from __future__ import annotations

from typing import get_args

from confirma_connector.contract import Contract, Observed
from confirma_connector.contracting.evidence import equivalents, plain
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.shape import Shape
from confirma_connector.language import tr

__all__ = ["compare_statuses", "compare_words"]

_OTHER_TYPES = ("reminder", "autopaymentinvoice", "collection", "factoring")
"""Types of invoices that are known, and never sent."""


def compare_words(contract: Contract, enum: str, shape: Shape, notes: Notes) -> None:
    """Compare the words of one enum of the request."""
    if not shape.words:
        return
    theirs = dict(zip(map(str, shape.words), shape.spoken, strict=True))
    ours = contract.file.enums[enum]
    free = [word for word in theirs if word not in {item.wire for item in ours.values()}]
    found = {
        key: [word for word in free if plain(theirs[word]) in (plain(item.wire), plain(key))]
        or [word for word in free if plain(theirs[word]) in equivalents(key)]
        for key, item in ours.items()
        if item.wire and item.wire not in theirs
    }
    for key, item in ours.items():
        line, likely = f"enums.{enum}.{key}", found.get(key, [])
        if item.wire and key not in found:
            notes.fits(line, shape.at, item.wire)
        elif len(likely) == 1 and not any(likely[0] in words for other, words in found.items() if other != key):
            notes.renamed(line, shape.at, item.wire, likely[0], label=theirs[likely[0]])
            free.remove(likely[0])
    is_any = any(item.wire in theirs or found.get(key) for key, item in ours.items())
    left = [key for key, words in found.items() if not (len(words) == 1 and words[0] not in free)]
    for key in left:
        perhaps = [word for word in found[key] or free if word in free and plain(theirs[word]) not in _OTHER_TYPES]
        _not_there(
            f"enums.{enum}.{key}", ours[key].wire, perhaps, shape, notes, Weight.DANGER if is_any else Weight.STOPS
        )
    for word in free if not left else ():
        text = tr('the word "{word}" is there, and we do not use it', word=theirs[word])
        notes.add(Weight.NEW, "new", f"enums.{enum}", shape.at, text, needs_person=False)


def _not_there(line: str, wire: str, perhaps: list[str], shape: Shape, notes: Notes, weight: Weight) -> None:
    if perhaps:
        notes.ambiguous(weight, line, shape.at, wire, tuple(perhaps))
        return
    text = tr('"{wire}" is no word there', wire=wire)
    notes.add(weight, "missing", line, shape.at, text, tr("invoices that need it are refused: ask what took its place"))


def _labelled(word: str, label: str) -> str:
    return word if word == label else f"{word} ({label})"


def compare_statuses(contract: Contract, shape: Shape, notes: Notes) -> None:
    """Compare the statuses that a record may have."""
    ours = contract.file.statuses
    if not shape.words:
        text = tr("the file does not say which statuses there are")
        notes.add(Weight.NEW, "silent", "statuses", shape.at, text, needs_person=False)
        return
    theirs = dict(zip(map(str, shape.words), shape.spoken, strict=True))
    known = {item.wire.upper(): key for key, item in ours.items()}
    new = [word for word in theirs if word.strip().upper() not in known]
    there = {known[word.strip().upper()] for word in theirs if word.strip().upper() in known}
    for key in there:
        notes.fits(f"statuses.{key}", shape.at, ours[key].wire)
    for word in list(new):
        name = plain(theirs[word])
        same = [key for key, item in ours.items() if key not in there and name in (plain(item.wire), plain(key))]
        if len(same) == 1 and sum(plain(theirs[other]) == name for other in new) == 1:
            notes.renamed(f"statuses.{same[0]}", shape.at, ours[same[0]].wire, word, label=theirs[word])
            new.remove(word)
            there.add(same[0])
    for word in new:
        text = tr('nobody knows what the status "{word}" means', word=_labelled(word, theirs[word]))
        todo = tr("until its line of the overlay says a state, invoices that have it are left for a person")
        notes.add(Weight.DANGER, "new", f"statuses.{word}", shape.at, text, todo)
        choices = tr("the state is one of {states}", states=", ".join(get_args(Observed)))
        notes.change(f"statuses.{word}", {"wire": word, "state": "unknown"}, f"{text}; {choices}", is_open=True)
    gone = [key for key in ours if key not in there]
    states = {ours[key].state for key in there}
    for state in ("delivered", "failed"):
        if state not in states:
            text = tr("no status of the file is known to mean {state}", state=state)
            todo = tr("ask which one does: until then a person looks at those invoices")
            notes.add(Weight.DANGER, "missing", "statuses", shape.at, text, todo)
    if gone and {"delivered", "failed"} <= states:
        text = tr("the file does not have the statuses {names}", names=", ".join(gone))
        notes.add(Weight.NEW, "missing", "statuses", shape.at, text, needs_person=False)
