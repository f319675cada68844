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

PAGE = Path(__file__).with_name("page.txt")


def document(measured: Measured, growth: Measured, load: float, flush: str) -> str:
    """Give the page. *load* is how many processes were at work before it began, *flush* what one of the disk took."""
    outcomes = list(_outcomes([*measured, *growth]))
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    rows = [
        f"| {scene.title if number == 0 else ''} | {one.asked} | {one.measured} | {_met(one)} |"
        for scene, found in outcomes
        for number, one in enumerate(found)
    ]
    missed = [(scene, one) for scene, found in outcomes for one in found if not one.met]
    said = [
        f"- **{scene.title}, {one.asked}** — {reasons.get(one.target.key, 'no reason is written yet.').strip()}"
        for scene, one in missed
    ]
    return PAGE.read_text("utf-8").format(
        day=dt.date.today().isoformat(),
        machine=f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})",
        python=platform.python_version(),
        load=f"{load:.1f} processes at work before it began",
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
                f"  {_held(one):>8}{f'  {1 / one.each:8.1f} a second' if one.each else ''}"
            )
        for _, outcomes in _outcomes([(scene, found)]):
            lines += [f"    {_said(one):<12} {one.asked}: {one.measured}" for one in outcomes]
    return "\n".join(lines)


def _outcomes(measured: Measured) -> Iterable[tuple[Scene, list[Outcome]]]:
    for scene, found in measured:
        yield scene, [judged(target, scene, found) for target in TARGETS if target.scene == scene.name]


def _met(outcome: Outcome) -> str:
    return "not measured" if outcome.met is None else "yes" if outcome.met else "**no**"


def _said(outcome: Outcome) -> str:
    return "not measured" if outcome.met is None else "met" if outcome.met else "NOT MET"


def _wide(name: str, one: Figures) -> str:
    _, _, size = name.partition("@")
    return f"{one.title}, {int(size):,}" if size else one.title


def _held(one: Figures) -> str:
    return "" if one.memory is None else f"{one.memory:.0f} MB"


def _ratio(scene: Scene, found: Mapping[str, Figures], one: Figures) -> str:
    ours = found.get("ours")
    if ours is None or ours.failed or not seconds(scene, ours):
        return ""
    return f"{seconds(scene, one) / seconds(scene, ours):.2f} ×"


def _figures(scene: Scene, found: Mapping[str, Figures]) -> str:
    lines = [
        f"\n### {scene.title[0].upper()}{scene.title[1:]}\n",
        "| | CPU | wall | whole | memory | time of ours | rounds |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found.values():
        if one.failed:
            lines.append(f"| {one.title} | could not be made to do it: {one.failed} | | | | | |")
            continue
        cells = [f"**{text}**" if name == scene.by else text for name, text in _seconds(one)]
        if scene.by == "each":
            cells[1] += f" (**{1 / one.each:,.0f} a second**)"
        lines.append(
            f"| {one.title} | {' | '.join(cells)} | {_held(one)} | {_ratio(scene, found, one)} | {one.rounds} |"
        )
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
                yield f"| {one.title} | {size:,} {scene.units} | {one.failed} | |"
                continue
            each = seconds(scene, one) / (1 if scene.by == "each" else size)
            yield f"| {one.title} | {size:,} {scene.units} | {each * 1e6:,.0f} µs | {_held(one)} |"
