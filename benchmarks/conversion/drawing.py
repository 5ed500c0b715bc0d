"""The chart for the documentation: conversion times, one group of bars for each photograph."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.conversion.contenders import CHILD, CONTENDERS, ENGINE, FLOOR
from benchmarks.conversion.figures import Measured

_COLOURS = {ENGINE: "#1f6fd6", CHILD: "#0b3d91", FLOOR: "#444444"}
_OTHERS = ("#9aa5b1", "#bcc5ce", "#d99a4e", "#c8553d")


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Write an SVG or a PNG, depending on the file's suffix."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to load, and needed with --picture only
    from matplotlib import pyplot as plt  # noqa: PLC0415

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "imagejobs"
    good = [one for one in measured if not one.error]
    files = list(dict.fromkeys(one.file for one in good))
    names = [entry.name for entry in CONTENDERS if any(one.contender == entry.name for one in good)]
    others = iter(_OTHERS)
    colours = {name: _COLOURS.get(name) or next(others) for name in names}
    figure, axes = plt.subplots(figsize=(9, 0.9 * len(files) + 1.5), layout="constrained")
    height = 0.8 / len(names)
    for position, name in enumerate(names):
        of = {one.file: one.median_ms for one in good if one.contender == name}
        rows = [row for row, file in enumerate(files) if file in of]
        places = [row + (position + 0.5) * height - 0.4 for row in rows]
        bars = axes.barh(places, [of[files[row]] for row in rows], height, label=name, color=colours[name])
        axes.bar_label(bars, fmt="%.0f", fontsize=6, padding=2)
    axes.set_yticks(range(len(files)), files)
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds, median; one thread; fit 1920, WebP quality 80, method 4")
    axes.legend(loc="lower right", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
