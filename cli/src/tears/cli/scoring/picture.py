"""Draw a clip as a picture: its wave, its spectrogram, and the model's scores."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tears.audio.constants import WINDOW_SECONDS
from tears.audio.window import Window
from tears.cli.errors import CliError, InputError
from tears.cli.scoring.spectrogram import band_of_hz, mel_spectrogram_db, outline
from tears.kit.files import reason_and_cure, write_whole
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import look_at
from tears.tfserving.client import Scores

if TYPE_CHECKING:  # an extra, and a second to load
    from matplotlib.axes import Axes

# The columns of the whole picture, which is hardly wider in pixels.
MAX_COLUMNS = 1600
MAX_COLUMNS_A_WINDOW = 400
MAX_WINDOWS = 720  # an hour
# If a model has more labels, the cry and the most likely others are drawn.
MAX_LABELS = 6
MAX_NAME = 50  # characters of the clip's name; a longer name would run into the words to its right

FLOOR_DB = -90.0  # lower levels are black
TICKS = {250: "250 Hz", 500: "500 Hz", 1000: "1 kHz", 2000: "2 kHz", 4000: "4 kHz", 8000: "8 kHz"}

INK, FAINT, WAVE = "#22303c", "#8a97a3", "#2f6f9f"
CRY_COLOUR = "#d1495b"
OTHER_COLOURS = ("#2f6f9f", "#66a182", "#edae49", "#7d5ba6", "#8a97a3", "#4e8098")


@dataclass(frozen=True)
class ScoredWindow:
    """5 s of a clip, and their scores."""

    start_seconds: float
    window: Window
    scores: Scores


@dataclass(frozen=True)
class Caption:
    """The words in a picture, and the length of the clip, which the last window may exceed."""

    clip: str
    model: str
    cry_label: str
    seconds: float


def picture_paths(clips: Sequence[Path], to: Path | None) -> dict[Path, Path]:
    """Return the path of each clip's picture: in the folder or PNG file `to`, or beside the clip if that is None.

    Raises:
        InputError: One file is given for several clips, several clips would get one file, or the file is not a PNG.
        CliError: matplotlib is not installed; the message says how to install it.
    """
    if find_spec("matplotlib") is None:
        raise CliError("--plot needs matplotlib, which is not installed: make plot")
    if to is not None and to.suffix.lower() == ".png":
        if len(clips) > 1:
            raise InputError(f"{to} is one picture, and there are {len(clips)} clips; give a folder")
        return {clips[0]: to}
    if to is not None and to.is_file():
        raise InputError(f"{to} is neither a folder nor a name that ends in .png")
    paths = {clip: (to or clip.parent) / f"{clip.stem}.png" for clip in clips}
    if twice := [path for path, count in Counter(paths.values()).items() if count > 1]:
        raise InputError(
            f"several clips would be drawn to {min(twice)}; draw them one by one, each to a file of its own"
        )
    return paths


def drawable_seconds(clip: Path) -> float:
    """Return the length of a clip.

    Raises:
        InputError: It is too long to be drawn, or cannot be read.
    """
    try:
        seconds = look_at(clip).seconds
    except UnreadableSoundError as error:
        raise InputError(f"{clip} cannot be read as a clip: it {error.reason}") from error
    if seconds > MAX_WINDOWS * WINDOW_SECONDS:
        raise InputError(f"{clip} is longer than an hour, which is too much for one picture; cut it")
    return seconds


def draw_picture(windows: Sequence[ScoredWindow], caption: Caption, path: Path) -> None:
    """Write the picture of a clip as a PNG, and make its folders.

    Raises:
        InputError: The clip is too long, or the file cannot be written.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - it is an extra

    if len(windows) > MAX_WINDOWS:
        raise InputError(f"{caption.clip} is longer than an hour, which is too much for one picture; cut it")
    # A clip or a label may have dollar signs in its name, which would begin a formula.
    with rc_context({"text.parse_math": False}):
        drawn = _drawn(windows, caption)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, drawn)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {reason_and_cure(error)}") from error


def _drawn(windows: Sequence[ScoredWindow], caption: Caption) -> bytes:
    """Return the picture as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - it is an extra
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    figure = Figure(figsize=(11, 6.4), dpi=140, layout="constrained", facecolor="white")
    grid = figure.subplots(3, 2, height_ratios=[1.0, 2.1, 1.25], width_ratios=[1.0, 0.11])
    wave, spectrogram, scores = grid[:, 0]
    for side in grid[:, 1]:
        side.axis("off")
    _title(wave, windows, caption)
    columns = max(4, min(MAX_COLUMNS_A_WINDOW, MAX_COLUMNS // len(windows)))
    _draw_wave(wave, windows, columns)
    _draw_spectrogram(spectrogram, grid[1, 1], windows, columns)
    for axes in (wave, spectrogram):
        axes.set_xlim(0, caption.seconds)
        axes.tick_params(labelbottom=axes is spectrogram)
    spectrogram.set_xlabel("seconds", color=INK)
    if len(windows) == 1:
        _draw_bars(scores, windows[0].scores, caption.cry_label)
    else:
        _draw_steps(scores, grid[2, 1], windows, caption)
        spectrogram.tick_params(labelbottom=False)
        spectrogram.set_xlabel("")
    drawn = io.BytesIO()
    FigureCanvasAgg(figure).print_png(drawn)  # type: ignore[no-untyped-call]  # matplotlib's own gap
    return drawn.getvalue()


def _title(axes: Axes, windows: Sequence[ScoredWindow], caption: Caption) -> None:
    levels = [one.window.level_dbfs for one in windows]
    gains = [one.window.gain_db for one in windows]
    name = caption.clip if len(caption.clip) <= MAX_NAME else f"{caption.clip[: MAX_NAME - 1]}…"
    axes.set_title(name, loc="left", fontsize=13, fontweight="bold", color=INK)
    words = f"{caption.model} · {_span(levels, 'dBFS')} · gain {_span(gains, 'dB')}"
    axes.set_title(words, loc="right", fontsize=9.5, color=FAINT)


def _span(values: Sequence[float], unit: str) -> str:
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def _draw_wave(axes: Axes, windows: Sequence[ScoredWindow], columns: int) -> None:
    for one in windows:
        low, high = outline(one.window.samples, columns)
        times = one.start_seconds + (np.arange(columns) + 0.5) * WINDOW_SECONDS / columns
        axes.fill_between(times, low, high, step="mid", color=WAVE, linewidth=0.4)
    axes.set_ylim(-1.02, 1.02)
    axes.set_yticks([-1, 0, 1])
    axes.set_ylabel("wave", color=INK)
    _plain(axes)


def _draw_spectrogram(axes: Axes, side: Axes, windows: Sequence[ScoredWindow], columns: int) -> None:
    power = np.concatenate([mel_spectrogram_db(one.window.samples, columns) for one in windows], axis=1)
    end_seconds = windows[-1].start_seconds + WINDOW_SECONDS
    top_db = max(float(power.max()), FLOOR_DB + 40.0)
    image = axes.imshow(
        power,
        origin="lower",
        aspect="auto",
        cmap="magma",
        extent=(0.0, end_seconds, -0.5, len(power) - 0.5),
        vmin=max(FLOOR_DB, top_db - 70.0),
        vmax=top_db,
        interpolation="nearest",
    )
    axes.set_yticks(band_of_hz(list(TICKS)), list(TICKS.values()))
    axes.set_ylabel("frequency", color=INK)
    scale = side.inset_axes((0.0, 0.0, 0.14, 1.0))
    colours = np.linspace(0.0, 1.0, 256)[:, None]
    scale.imshow(colours, origin="lower", aspect="auto", cmap="magma", extent=(0.0, 1.0, *image.get_clim()))
    scale.set_xticks([])
    scale.yaxis.tick_right()
    scale.tick_params(labelsize=8, colors=INK)
    scale.set_title("dB", fontsize=9, color=INK, loc="left")
    scale.spines[:].set_visible(False)
    _plain(axes)


def _draw_bars(axes: Axes, scores: Scores, cry_label: str) -> None:
    """Draw one bar for each label, the most likely one on top."""
    shown = sorted(scores.values, key=lambda pair: (pair[0] != cry_label, -pair[1]))[:MAX_LABELS]
    ranked = sorted(shown, key=lambda pair: pair[1])
    labels, values = zip(*ranked, strict=True)
    colours = [CRY_COLOUR if label == cry_label else WAVE for label in labels]
    bars = axes.barh(labels, values, color=colours, height=0.62)
    axes.bar_label(bars, [f"{value:.3f}" for value in values], padding=4, fontsize=9.5, color=INK)
    axes.set_xlim(0, 1.08)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_xlabel("score", color=INK)
    _plain(axes)
    axes.tick_params(axis="y", length=0, labelsize=10)


def _draw_steps(axes: Axes, side: Axes, windows: Sequence[ScoredWindow], caption: Caption) -> None:
    """Draw one line for each label over the clip's windows, and fill the area below that of the cry."""
    starts = [one.start_seconds for one in windows]
    edges = [*starts, caption.seconds]
    peaks = {label: max(one.scores.value_of(label) or 0.0 for one in windows) for label, _ in windows[0].scores.values}
    shown = sorted(peaks, key=lambda label: (label != caption.cry_label, -peaks[label]))[:MAX_LABELS]
    colours = iter(OTHER_COLOURS)
    for label in shown:
        values = [one.scores.value_of(label) or 0.0 for one in windows]
        is_cry = label == caption.cry_label
        colour = CRY_COLOUR if is_cry else next(colours)
        axes.stairs(values, edges, color=colour, linewidth=2.0 if is_cry else 1.4, label=label, baseline=None, zorder=2)
        if is_cry:
            axes.stairs(values, edges, color=colour, alpha=0.18, fill=True, zorder=1)
    axes.set_xlim(0, caption.seconds)
    axes.set_ylim(0, 1.04)
    axes.set_yticks([0, 0.5, 1])
    axes.set_ylabel("score", color=INK)
    axes.set_xlabel("seconds", color=INK)
    lines, names = axes.get_legend_handles_labels()
    side.legend(lines, names, loc="upper left", borderaxespad=0, frameon=False, fontsize=9.5, labelcolor=INK)
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=9)
