"""Which of the names that are left over on both sides belong together: only what no other reading contradicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from confirma_connector.contracting.evidence import SURE, Ours, candidates
from confirma_connector.contracting.shape import Shape

__all__ = ["Matched", "matched"]

_SAME_LETTERS = 3


@dataclass(frozen=True)
class Matched:
    """*renamed* are lines and the one name that each can have; *open* those of which a person has to choose one."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def matched(ours: Sequence[Ours], theirs: Mapping[str, Shape], context: Collection[str]) -> Matched:
    """Bring together what is left over of both: a rename is one when it is the only candidate, both ways.

    The same letters are stronger than any other word: what has them is settled first.
    """
    found = {one.line: {name: much for much, name in candidates(one, theirs, context)} for one in ours}
    renamed: dict[str, str] = {}
    for least in (_SAME_LETTERS, SURE):
        for line in [one.line for one in ours if one.needs <= least and one.line not in renamed]:
            open_lines = [other for other in found if other not in (line, *renamed)]
            names = {
                name: much
                for name, much in found[line].items()
                if name not in renamed.values() and all(found[other].get(name, 0) <= much for other in open_lines)
            }
            likely = [name for name, much in names.items() if much >= (least if least > SURE else 1)]
            rivals = [other for other in open_lines if any(found[other].get(one, 0) >= least for one in likely)]
            if len(likely) == 1 and names[likely[0]] >= least and not rivals:
                renamed[line] = likely[0]
    taken = set(renamed.values())
    left = {line: tuple(name for name in names if name not in taken) for line, names in found.items()}
    return Matched(renamed, {line: names for line, names in left.items() if names and line not in renamed})
