"""Pictures of time and memory over size, small enough to lie in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measuring import Figures
from bench.scenes import Scene
from bench.targets import seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

Grown = Mapping[str, tuple[Scene, Mapping[str, Figures]]]


def draw(grown: Grown, folder: Path) -> None:
    """Draw both pictures into *folder*."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {
        "svg.fonttype": "none",
        "svg.hashsalt": "bench",
        "font.size": 9,
        "axes.grid": True,
        "grid.alpha": 0.3,
    }
    folder.mkdir(parents=True, exist_ok=True)
    _picture(grown, folder / "performance-time.svg", "seconds of the processor", of_memory=False)
    _picture(grown, folder / "performance-memory.svg", "MB above the imports", of_memory=True)


def _picture(grown: Grown, path: Path, label: str, *, of_memory: bool) -> None:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    checks = grown["growth_check"]
    for name in dict.fromkeys(name.partition("@")[0] for name in checks[1]):
        _line(axes[0], checks, name, of_memory=of_memory, style="o-" if name == "ours" else "s--")
    axes[0].set(title="check of CSV rows", xlabel="rows", ylabel=label)
    for one in grown.values():
        name = one[0].title.removeprefix("growth of ")
        _line(axes[1], one, "ours", of_memory=of_memory, style="o-", label=name, is_each=not of_memory)
    axes[1].set(title="ours", xlabel="rows, or invoices", ylabel=label if of_memory else "microseconds for one")
    for place in axes:
        place.set_xscale("log")
        place.set_yscale("log")
        place.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _line(
    axes: Axes,
    grown: tuple[Scene, Mapping[str, Figures]],
    name: str,
    *,
    of_memory: bool,
    style: str,
    label: str = "",
    is_each: bool = False,
) -> None:
    scene, found = grown
    points = {
        int(key.partition("@")[2]): one for key, one in found.items() if key.startswith(f"{name}@") and not one.failed
    }
    if not points:
        return
    sizes = sorted(points)
    values = [points[size].memory or 0.0 if of_memory else seconds(scene, points[size]) for size in sizes]
    if scene.by == "each" and not of_memory:
        values = [1e6 * value for value in values]
    elif is_each:
        values = [1e6 * value / size for value, size in zip(values, sizes, strict=True)]
    axes.plot(sizes, values, style, markersize=4, label=label or points[sizes[0]].title)
