"""Pictures of a series as SVG: the same numbers give the same bytes."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from confirma_connector.language import current, tr
from confirma_connector.overview.spelling import stretch
from confirma_connector.overview.sums import STAGES

with contextlib.chdir(Path(__file__).parent):  # it reads a matplotlibrc of the working folder before any other
    from matplotlib import style
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

__all__ = ["bars", "stacked"]

_STYLE: Mapping[str, object] = {
    "svg.hashsalt": "confirma",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",  # not for people
    "font.size": 10,
    "hatch.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#5c6670",
    "axes.labelcolor": "#3a434c",
    "text.color": "#1f2933",
    "xtick.color": "#3a434c",
    "ytick.color": "#3a434c",
    "text.parse_math": False,
}
_LEGEND: Mapping[str, Any] = {
    "loc": "lower left",  # not for people
    "bbox_to_anchor": (-0.02, 1.0),
    "ncols": 4,
    "frameon": False,
    "fontsize": 9,
    "handlelength": 1.2,
    "columnspacing": 1.0,
    "handletextpad": 0.5,
}
_SIZE = (5.0, 3.2)
_LABELS, _FEWEST = 5, 6
"""How many labels fit below a picture, and for how many bars there is room at least."""
_STAGES = dict(zip(STAGES, ("#b5482a", "#7d8790", "#5a8bb5", "#2f7d64"), strict=True))
_OTHERS = ("#3f6fa3", "#a9711f", "#76528f", "#2f7d64", "#7d8790")
_HATCHES = dict(zip(STAGES, ("////", "\\\\\\\\"), strict=False))


def stacked(table: pandas.DataFrame, unit: str) -> bytes:
    """Draw the columns of *table*, numbers of invoices, on top of each other for each stretch of time."""
    with style.context(["default", dict(_STYLE)]):
        figure, axes = _framed(table.index, unit)
        base = [0] * len(table)
        for place, name in enumerate(reversed(table.columns)):
            heights = [int(count) for count in table[name]]
            colour = _STAGES.get(name, _OTHERS[place % len(_OTHERS)])
            axes.bar(
                range(len(table)),
                heights,
                bottom=base,
                width=0.75,
                label=(tr(name) if name in STAGES else name) or tr("none"),
                color=colour,
                hatch=_HATCHES.get(name),
                edgecolor="white",
                linewidth=0.5,
            )
            base = [low + height for low, height in zip(base, heights, strict=True)]
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axes.set_ylabel(tr("invoices"))
        axes.legend(**_LEGEND)
        return _drawn(figure)


def bars(sums: pandas.Series, unit: str, currency: str) -> bytes:
    """Draw one sum for each stretch of time; here and only here amounts become floats, to be lengths."""
    with style.context(["default", dict(_STYLE)]):
        figure, axes = _framed(sums.index, unit)
        axes.bar(range(len(sums)), [float(amount) for amount in sums], width=0.75, color=_OTHERS[0])
        axes.axhline(0, color="#5c6670", linewidth=0.8)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _figure(value)))
        axes.set_ylabel(currency)
        return _drawn(figure)


def _framed(names: Sequence[str], unit: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot()
    places = range(0, len(names), -(-len(names) // _LABELS))
    axes.set_xticks(list(places), [_label(names[place], unit) for place in places])
    middle, half = (len(names) - 1) / 2, max(len(names), _FEWEST) / 2
    axes.set_xlim(middle - half, middle + half)
    axes.set_xlabel(tr("week that begins on") if unit == "week" else tr(unit))
    axes.grid(axis="y", color="#d9dee3", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _figure(value: float) -> str:
    text = f"{value:,.10g}".replace(",", "\u00a0")
    return text if current() == "en" else text.replace(".", ",")


def _label(name: str, unit: str) -> str:
    """Set the year of a whole date below the day, so that names fit beside each other."""
    text, year = stretch(name, unit), name[:4]
    if unit != "week":
        return text
    return f"{text.removeprefix(f'{year}-').removesuffix(year)}\n{year}"


def _drawn(figure: Figure) -> bytes:
    out = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(out, format="svg", metadata=nothing)
    return out.getvalue()
