"""The table of what was measured, for the terminal and for docs/performance.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.measuring import Figures
from bench.scenes import Scene
from bench.targets import TARGETS, Outcome, judged, seconds

__all__ = ["Measured", "document", "table"]

Measured = Sequence[tuple[Scene, Mapping[str, Figures]]]

REASONS = Path(__file__).with_name("reasons.toml")

HEAD = """\
# Performance

How fast this program is, beside what one would write or use instead. `make bench` measured it, and wrote this page: {day},
{machine}, Python {python}. The seconds are this machine's; what counts are the ratios, of paths that ran in turns in one run.

Each path runs in a process of its own. Seconds are medians of {rounds} rounds (those of growth, of 3; of the largest size, of 1);
memory is what the process took at most, above what it took right after its imports. *CPU* are seconds of the processor. The service that is
sent to is a process of its own, the same for all, and does next to nothing. Data are Finnish-looking and made: five rows an invoice, 30 columns.

## Targets

| work | asked for | measured | met |
|---|---|---|---|
{targets}
{reasons}
## Everything that was measured

The bold seconds are those that the ratios are of: *CPU* and *wall* of the work itself, *whole* of the process with its start and
its imports, *each* of one invoice from one verdict to the next.
{figures}
## Growth

Up to a million rows; the others up to 100,000. `send` ran with its journal in memory here: the disk costs the same for every size.

![Seconds over size](images/performance-time.svg)

![Memory over size](images/performance-memory.svg)

{growth}

## What the others do and do not

| | checks | remembers before sending | writes back |
|---|---|---|---|
| `confirma send` | every rule of [the rules](rules.md) | each intent, flushed to the disk ([reliability](reliability.md)) | into the file's own format |
| pandas + httpx script | nothing | nothing | nothing |
| dlt | nothing | the whole load as files, not what was sent | nothing |
| drt-core | nothing | nothing; its own state after the run | nothing |
| singer-sdk | a JSON schema | nothing | nothing |
| pandas + pydantic script | types, patterns, two check digits, the sums | sends nothing | nothing |
| frictionless | types, required cells, patterns | sends nothing | nothing |

The scripts are in [bench/opponents](../bench/opponents): each as short as somebody who knows the tool would write it. The journal is on the
disk that the checkout is on; one flush of it cost {flush} there.

## Again

```sh
make bench                    # about half an hour; writes this page anew
make bench ARGS="--quick"     # a few minutes, small sizes, one round; writes nothing
make bench ARGS="--only send" # scenes whose name has this in it; writes nothing
```
"""


def document(measured: Measured, growth: Measured, rounds: int, flush: str) -> str:
    """Give the page."""
    outcomes = list(_outcomes([*measured, *growth]))
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    rows = [
        f"| {scene.title} | {one.asked} | {one.measured} | {_met(one)} |" for scene, found in outcomes for one in found
    ]
    missed = [(scene, one) for scene, found in outcomes for one in found if not one.met]
    said = [
        f"- **{scene.title}, {one.asked}** — {reasons.get(one.target.key, 'no reason is written yet.')}"
        for scene, one in missed
    ]
    return HEAD.format(
        day=dt.date.today().isoformat(),
        machine=f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})",
        python=platform.python_version(),
        rounds=rounds,
        targets="\n".join(rows),
        reasons="\nNot met:\n\n" + "\n".join(said) + "\n" if said else "",
        figures="\n".join(_figures(scene, found) for scene, found in measured),
        growth="\n".join(_growth_table(growth)),
        flush=flush,
    )


def table(measured: Measured) -> str:
    """Give the same for a terminal."""
    lines: list[str] = []
    for scene, found in measured:
        lines += ["", scene.title]
        for name, one in found.items():
            if one.failed:
                lines.append(f"  {_wide(name, one):<58} failed: {one.failed}")
                continue
            lines.append(
                f"  {_wide(name, one):<58} cpu {one.cpu:8.3f} s  wall {one.wall:8.3f} s  {_ratio(scene, found, one):>8}"
                f"  {one.memory:6.1f} MB{f'  {1 / one.each:8.1f} a second' if one.each else ''}"
            )
        for _, outcomes in _outcomes([(scene, found)]):
            lines += [f"    {'met    ' if one.met else 'NOT MET'} {one.asked}: {one.measured}" for one in outcomes]
    return "\n".join(lines)


def _outcomes(measured: Measured) -> Iterable[tuple[Scene, list[Outcome]]]:
    for scene, found in measured:
        yield scene, [judged(target, scene, found) for target in TARGETS if target.scene == scene.name]


def _met(outcome: Outcome) -> str:
    return "not measured" if outcome.met is None else "yes" if outcome.met else "**no**"


def _wide(name: str, one: Figures) -> str:
    _, _, size = name.partition("@")
    return f"{one.title}, {int(size):,}" if size else one.title


def _ratio(scene: Scene, found: Mapping[str, Figures], one: Figures) -> str:
    ours = found.get("ours")
    if ours is None or ours.failed or not seconds(scene, ours):
        return ""
    return f"{seconds(scene, one) / seconds(scene, ours):.2f} ×"


def _figures(scene: Scene, found: Mapping[str, Figures]) -> str:
    lines = [
        f"\n### {scene.title[0].upper()}{scene.title[1:]}\n",
        "| | CPU | wall | whole | memory | time of ours |",
        "|---|---|---|---|---|---|",
    ]
    for one in found.values():
        if one.failed:
            lines.append(f"| {one.title} | could not be made to do it: {one.failed} | | | | |")
            continue
        cells = [f"**{text}**" if name == scene.by else text for name, text in _seconds(one)]
        if scene.by == "each":
            cells[1] += f" (**{1 / one.each:,.0f} a second**)"
        lines.append(f"| {one.title} | {' | '.join(cells)} | {one.memory:.0f} MB | {_ratio(scene, found, one)} |")
    return "\n".join(lines)


def _seconds(one: Figures) -> list[tuple[str, str]]:
    return [(name, f"{getattr(one, name):.3g} s") for name in ("cpu", "wall", "whole")]


def _growth_table(growth: Measured) -> Iterable[str]:
    yield "| | of so many | time of one | memory |"
    yield "|---|---|---|---|"
    for scene, found in growth:
        for name, one in found.items():
            size = int(name.partition("@")[2])
            if one.failed:
                yield f"| {scene.title}: {one.title} | {size:,} {scene.units} | {one.failed} | |"
                continue
            each = seconds(scene, one) / (1 if scene.by == "each" else size)
            yield f"| {scene.title}: {one.title} | {size:,} {scene.units} | {each * 1e6:,.0f} µs | {one.memory:.0f} MB |"
