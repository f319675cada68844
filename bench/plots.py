"""Pictures of time and memory over size, small enough to lie in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.measuring import Figures
from bench.scenes import Scene

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
    scene, found = grown["growth_check"]
    names = dict.fromkeys(name.partition("@")[0] for name in found)
    for name in names:
        _line(axes[0], scene, found, name, of_memory=of_memory, style="o-" if name == "ours" else "s--")
    axes[0].set(title="check of CSV rows", xlabel="rows", ylabel=label)
    for scene, found in grown.values():
        _line(axes[1], scene, found, "ours", of_memory=of_memory, style="o-", label=scene.title, is_each=not of_memory)
    axes[1].set(title="ours", xlabel="rows, or invoices", ylabel=label if of_memory else "microseconds for one")
    for one in axes:
        one.set_xscale("log")
        one.set_yscale("log")
        one.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _line(axes, scene, found, name, *, of_memory, style, label="", is_each=False):  # type: ignore[no-untyped-def]
    points = {
        int(key.partition("@")[2]): one for key, one in found.items() if key.startswith(f"{name}@") and not one.failed
    }
    sizes = sorted(points)
    if not sizes:
        return
    values = [points[size].memory if of_memory else getattr(points[size], scene.by) for size in sizes]
    if is_each:
        values = [1e6 * value / (1 if scene.by == "each" else size) for value, size in zip(values, sizes, strict=True)]
    axes.plot(sizes, values, style, markersize=4, label=label or points[sizes[0]].title)
