"""Draw a run as PNGs: curves, confusion matrix, precision-recall, reliability. Needs matplotlib and scikit-learn.

Each function raises WriteError if the disk does not take its picture.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from sklearn.metrics import average_precision_score

from tears.kit.files import write_with
from tears.own_data.clips.splits import UNKNOWN_INDEX
from tears.trainer.disk_writes import failed_writes_named
from tears.trainer.speech_commands.results.answers import Answers, precision_recall, reliability
from tears.trainer.speech_commands.results.history import TrainingStep

# Okabe and Ito's colours, which colour-blind people can tell apart.
CURVE_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK: Final = "#222222"
FAINT: Final = "#BBBBBB"
STYLE: Final[Any] = {
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}
DPI: Final = 150
# With more words than this, a reader could not tell the curves apart.
MOST_CURVES: Final = len(CURVE_COLOURS)
# The training curve is averaged over this share of the steps on both sides.
SMOOTHED_SHARE: Final = 0.02


@contextmanager
def _picture(path: Path, inches: tuple[float, float]) -> Iterator[Figure]:
    """Yield an empty figure, and write it as a PNG at the end of the block; raise WriteError if the disk fails."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=inches, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        with failed_writes_named(path):
            write_with(path, lambda part: figure.savefig(part, dpi=DPI))


def draw_curves(path: Path, steps: Sequence[TrainingStep], architecture: str) -> None:
    """Draw cross entropy and accuracy of training and validation over the steps; at least one step is needed."""
    with _picture(path, (9, 6.5)) as figure:
        entropies, accuracies = figure.subplots(2, 1, sharex=True)
        at = np.array([step.step for step in steps])
        # A line through a single point is invisible.
        dot = "." if len(steps) == 1 else None
        figure.suptitle(f"Training of {architecture}", x=0.01, ha="left", fontsize=14)
        for axes, title, trained, held in (
            (entropies, "Cross entropy", "cross_entropy", "validation_cross_entropy"),
            (accuracies, "Accuracy", "accuracy", "validation_accuracy"),
        ):
            values = np.array([getattr(step, trained) for step in steps])
            checked = np.array([getattr(step, held) for step in steps])
            seen = np.isfinite(checked)
            axes.plot(at, values, color=CURVE_COLOURS[0], alpha=0.2, linewidth=0.8)
            axes.plot(at, smoothed(values), color=CURVE_COLOURS[0], linewidth=2, marker=dot, label="training, smoothed")
            axes.plot(
                at[seen], checked[seen], "o-", color=CURVE_COLOURS[1], linewidth=1.5, markersize=5, label="validation"
            )
            axes.set_title(title)
            _mark_phases(axes, steps)
        entropies.set_ylim(bottom=0)
        # Beside the title: the curves can be anywhere below it.
        entropies.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0)
        accuracies.set_ylim(0, 1.02)
        accuracies.yaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
        accuracies.set_xlabel("step")
        accuracies.xaxis.set_major_locator(MaxNLocator(integer=True))


def _mark_phases(axes: Any, steps: Sequence[TrainingStep]) -> None:
    middle = (steps[0].step + steps[-1].step) / 2
    for before, after in itertools.pairwise(steps):
        if before.rate != after.rate:
            axes.axvline(after.step - 0.5, color=FAINT, linewidth=1, linestyle="--", zorder=0)
            text = f" rate {before.rate:g} \u2192 {after.rate:g} "
            side = "right" if after.step > middle else "left"
            place = (after.step - 0.5, 0.04)
            axes.annotate(text, place, xycoords=("data", "axes fraction"), ha=side, color="#777777", fontsize=9)


def smoothed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean over some steps on both sides, fewer at the ends: a line that the eye can follow."""
    reach = int(len(values) * SMOOTHED_SHARE)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(values))
    return np.asarray((sums[high] - sums[low]) / (high - low))


def draw_confusion(path: Path, answers: Answers, labels: Sequence[str], split: str) -> None:
    """Draw the confusion matrix, each row coloured by the share of its clips; `split` is their name, e.g. "test"."""
    side = max(4.5, 1.6 + 0.75 * len(labels))
    with _picture(path, (side + 0.8, side)) as figure:
        axes = figure.subplots()
        matrix = answers.confusion()
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.grid(visible=False)
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(labels)), labels)
        axes.set_xlabel("answer of the network")
        axes.set_ylabel("true label")
        axes.set_title(f"{split}: {answers.accuracy:.1%} of {len(answers.truth)} clips right".replace("%", " %"))
        for (row, column), clips in np.ndenumerate(matrix):
            colour = "white" if shares[row, column] > 0.5 else INK if clips else FAINT  # noqa: PLR2004 - half of the scale
            axes.text(column, row, str(clips), ha="center", va="center", color=colour)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, format=PercentFormatter(1, 0, " %"))
        bar.set_label("share of the row")
        bar.outline.set_visible(False)


def draw_precision_recall(path: Path, answers: Answers, labels: Sequence[str], split: str) -> None:
    """Draw precision over recall, a curve for each wanted word in the clips."""
    with _picture(path, (6.5, 6)) as figure:
        axes = figure.subplots()
        words = _curves_of_words(answers, labels)
        if not words:
            axes.plot([], [], " ", label="no clip of a wanted word")
        for word, scores, positive, colour in words:
            recall, precision = precision_recall(scores, positive)
            area = average_precision_score(positive, scores)
            name = f"{word}: average precision {area:.3f} ({int(positive.sum())} of {len(positive)} clips)"
            axes.step([0, *recall], [precision[0], *precision], where="pre", color=colour, linewidth=2, label=name)
            axes.axhline(positive.mean(), color=colour, linewidth=1, linestyle=":", alpha=0.7)
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.05)
        axes.set_xlabel("recall: share of the word's clips that are found")
        axes.set_ylabel("precision: share of the found clips that are right")
        axes.set_title(f"{split}: precision and recall at every threshold\ndotted: guessing")
        axes.legend(loc="lower left")


def draw_reliability(path: Path, answers: Answers, labels: Sequence[str], split: str) -> None:
    """Draw how often a word was true over its score, and the number of clips."""
    with _picture(path, (6.5, 7.5)) as figure:
        figure.suptitle(f"{split}: how reliable a score is", x=0.01, ha="left", fontsize=13)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        reliable = "reliable: 0.8 is right eight times in ten"
        above.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle="--", zorder=0, label=reliable)
        words = _curves_of_words(answers, labels)
        if not words:
            above.plot([], [], " ", label="no clip of a wanted word")
        for place, (word, scores, positive, colour) in enumerate(words):
            bins = reliability(scores, positive)
            filled = bins.clips > 0
            mean, true, clips = bins.mean_score[filled], bins.share_true[filled], bins.clips[filled]
            name = f"{word}: expected calibration error {bins.expected_calibration_error:.3f}"
            # A bin with two clips means little, and must not look important.
            above.plot(mean, true, color=colour, linewidth=1, alpha=0.35)
            above.scatter(mean, true, 15 + 300 * clips / clips.max(), color=colour, alpha=0.75, linewidths=0)
            above.plot([], [], "o", color=colour, markersize=8, label=name)
            width = 0.09 / len(words)
            left = np.arange(len(bins.clips)) / len(bins.clips) + 0.005 + place * width
            below.bar(left, bins.clips, width, align="edge", color=colour)
        above.set_xlim(-0.02, 1.02)
        above.set_ylim(-0.06, 1.06)
        above.set_ylabel("share of the clips that have the label")
        # Above the plot: points can be anywhere in it.
        above.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), borderaxespad=0)
        below.set_ylabel("clips")
        below.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
        below.set_xlabel("score")


def _curves_of_words(
    answers: Answers, labels: Sequence[str]
) -> list[tuple[str, npt.NDArray[np.float64], npt.NDArray[np.bool_], str]]:
    """Return name, scores, truth and colour of each wanted word in the clips; of all in one if there are too many."""
    words = [(labels[k], k) for k in range(UNKNOWN_INDEX + 1, len(labels)) if (answers.truth == k).any()]
    if len(words) > MOST_CURVES:
        indices = [k for _, k in words]
        scores = answers.scores[:, indices].ravel()
        positive = (answers.truth[:, None] == np.array(indices)).ravel()
        return [(f"all {len(words)} words", scores, positive, CURVE_COLOURS[0])]
    return [
        (word, answers.scores[:, k], answers.truth == k, colour)
        for (word, k), colour in zip(words, CURVE_COLOURS, strict=False)
    ]
