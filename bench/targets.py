"""What is asked for: ratios measured in one run, and memory. Why one is not met stands in reasons.toml, by its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.measuring import Figures
from bench.scenes import Scene

__all__ = ["TARGETS", "Outcome", "Target", "judged", "seconds"]

Kind = Literal["slower", "faster", "share", "rate", "memory", "count", "even"]

TELLERS = ("pandas_story", "dlt_story", "drt_story", "singer_story")


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is asked of a scene.

    *kind* slower: our seconds at most *bound* times those of the fastest of *against*; faster: theirs at least *bound*
    times ours; share: the same, said in percent of their speed; rate: at least *bound* a second; memory: at most
    *bound* MB above the imports; count: `did` has no more than *bound* of *what*; even: over the sizes of a growth no
    more than the share *bound* away from the first of *sizes*. *whose* is the contestant if it is not "ours".
    """

    key: str
    scene: str
    kind: Kind
    bound: float
    against: Sequence[str] = ()
    what: str = ""
    whose: str = "ours"


TARGETS = (
    Target("check-csv-floor", "check_csv", "slower", 4, ("csv_floor",)),
    Target("check-csv-pandas", "check_csv", "faster", 3, ("pandas_pydantic",)),
    Target("check-csv-groups", "check_csv", "faster", 3, ("pandas_groups",)),
    Target("check-csv-memory", "check_csv", "memory", 60),
    Target("check-xlsx-floor", "check_xlsx", "slower", 4, ("calamine_floor",)),
    Target("check-xlsx-openpyxl", "check_xlsx", "faster", 2.5, ("openpyxl_reading",)),
    Target("write-xlsx-floor", "write_xlsx", "slower", 2.5, ("zip_floor",)),
    Target("write-xlsx-openpyxl", "write_xlsx", "faster", 15, ("openpyxl_saving",)),
    Target("write-xlsx-memory", "write_xlsx", "memory", 48),
    Target("write-csv-floor", "write_csv", "slower", 2, ("tokenizer",)),
    Target("write-csv-memory", "write_csv", "memory", 20),
    Target("send", "send", "share", 0.85, ("httpx_loop",)),
    Target("send-latency", "send_latency", "rate", 144),
    Target("track", "track", "slower", 2, ("sqlite_updates",)),
    Target("track-requests", "track", "count", 1, what="listings"),
    Target("story", "story", "faster", 1, TELLERS),
    Target("story-latency", "story_latency", "faster", 6, TELLERS),
    Target("growth-check", "growth_check", "even", 0.2),
    Target("growth-check-memory", "growth_check", "memory", 200),
    Target("growth-send", "growth_send", "even", 0.2),
    Target("growth-send-memory", "growth_send", "memory", 200),
    Target("growth-track", "growth_track", "even", 0.2),
    Target("growth-track-memory", "growth_track", "memory", 200),
    Target("help", "start", "slower", 6, ("python",), whose="help"),
    Target("adapters", "start", "slower", 15, ("python",), whose="adapters"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A target and what was measured; None where one of the two did not run."""

    target: Target
    asked: str
    measured: str
    met: bool | None


def judged(target: Target, scene: Scene, found: Mapping[str, Figures]) -> Outcome:
    """Hold what was measured of a scene against one target."""
    asked = _asked(target, found)
    value = _value(target, scene, found)
    if value is None:
        return Outcome(target, asked, "not measured", None)
    is_upper = target.kind in ("slower", "memory", "count", "even")
    met = value <= target.bound if is_upper else value >= target.bound
    return Outcome(target, asked, _told(target.kind, value), met)


def seconds(scene: Scene, figures: Figures) -> float:
    """Give the seconds that count in a scene; of all its work, or of one unit where it is told by itself."""
    value: float = getattr(figures, scene.by)
    return value


def _value(target: Target, scene: Scene, found: Mapping[str, Figures]) -> float | None:
    if target.kind in ("even", "memory") and target.scene.startswith("growth"):
        return _of_growth(target, scene, found)
    ours = found.get(target.whose)
    if ours is None or ours.failed:
        return None
    if target.kind == "memory":
        return ours.memory
    if target.kind == "count":
        return float(ours.did[target.what])
    own = seconds(scene, ours)
    if target.kind == "rate":
        return 1 / own
    theirs = [seconds(scene, found[name]) for name in target.against if name in found and not found[name].failed]
    if not theirs:
        return None
    return own / min(theirs) if target.kind == "slower" else min(theirs) / own


def _of_growth(target: Target, scene: Scene, found: Mapping[str, Figures]) -> float | None:
    """Give how far the seconds a unit are from those at the second size, or the memory at the largest."""
    ours = {int(name.partition("@")[2]): one for name, one in found.items() if name.startswith("ours@")}
    sizes = sorted(ours)
    if len(sizes) < 3 or any(one.failed for one in ours.values()):
        return None
    if target.kind == "memory":
        return ours[sizes[-1]].memory
    each = [seconds(scene, ours[size]) / (1 if scene.by == "each" else size) for size in sizes[1:]]
    return max(abs(one / each[0] - 1) for one in each)


def _asked(target: Target, found: Mapping[str, Figures]) -> str:
    names = [found[name].title if name in found else name for name in target.against]
    other = names[0] if len(names) == 1 else "the fastest of the four"
    bound = f"{target.bound:g}"
    if target.whose != "ours" and target.whose in found:
        return f"{found[target.whose].title}: at most {bound} × {other}"
    if target.kind == "faster" and target.bound == 1:
        return f"no slower than {other}"
    return {
        "slower": f"at most {bound} × {other}",
        "faster": f"at least {bound} × as fast as {other}",
        "share": f"at least {target.bound:.0%} of the speed of {other}",
        "rate": f"at least {bound} a second",
        "memory": f"at most {bound} MB above the imports",
        "count": f"at most {bound} request for as many windows",
        "even": f"time of one within ±{target.bound:.0%}, whatever the size",
    }[target.kind]


def _told(kind: Kind, value: float) -> str:
    return {
        "slower": f"{value:.2f} ×",
        "faster": f"{value:.2f} ×",
        "share": f"{value:.0%}",
        "rate": f"{value:.0f} a second",
        "memory": f"{value:.0f} MB",
        "count": f"{value:.0f}",
        "even": f"{value:.0%} at most",
    }[kind]
