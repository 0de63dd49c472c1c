"""Pictures of clips."""

from pathlib import Path

import matplotlib.image
import numpy as np
import numpy.typing as npt
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.window import make_window
from tears.cli.errors import InputError
from tears.cli.scoring.picture import CRY_COLOUR, MAX_WINDOWS, WAVE, Caption, ScoredWindow, draw_picture, picture_paths
from tears.tfserving.client import Scores


def scored_window(number: int, cry: float, others: int = 1) -> ScoredWindow:
    times = np.arange(WINDOW_SAMPLES) / MODEL_RATE_HZ
    samples = (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
    scores = (("crying", cry), *((f"label {index}", 0.3) for index in range(others)))
    return ScoredWindow(5.0 * number, make_window(samples, MODEL_RATE_HZ, 0.0), Scores(scores, 1))


def drawn(windows: list[ScoredWindow], path: Path) -> npt.NDArray[np.float64]:
    """Return the picture's pixels: (height, width, 3), in [0, 1]."""
    draw_picture(windows, Caption("clip.wav", "cry 1", "crying", 5.0 * len(windows)), path)
    return np.asarray(matplotlib.image.imread(path), np.float64)[:, :, :3]


def pixels_of(picture: npt.NDArray[np.float64], colour: str) -> int:
    wanted = np.array([int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)])
    return int((np.abs(picture - wanted).max(axis=2) < 0.01).sum())


def test_a_clip_of_one_window_has_a_bar_for_each_label_as_long_as_its_score(tmp_path: Path) -> None:
    likely, unlikely = (drawn([scored_window(0, cry)], tmp_path / f"{cry}.png") for cry in (0.9, 0.3))
    assert likely.shape[0] > 800
    assert likely.shape[1] > 1400
    assert pixels_of(likely, CRY_COLOUR) == pytest.approx(3 * pixels_of(unlikely, CRY_COLOUR), rel=0.02)
    assert pixels_of(likely, WAVE) > 10_000


def test_a_longer_clip_has_a_line_for_each_label_over_its_windows(tmp_path: Path) -> None:
    picture = drawn([scored_window(0, 0.1), scored_window(1, 0.9), scored_window(2, 0.5)], tmp_path / "long.png")
    red = np.abs(picture - [0xD1 / 255, 0x49 / 255, 0x5B / 255]).max(axis=2) < 0.01
    heights = [np.flatnonzero(red[:, column]).mean() for column in (300, 700, 1100)]
    assert heights[1] < heights[2] < heights[0]  # scores of 0.9, 0.5 and 0.1, from the top


def test_the_cry_is_in_the_picture_even_with_hundreds_of_labels(tmp_path: Path) -> None:
    assert pixels_of(drawn([scored_window(0, 0.2, others=521)], tmp_path / "one.png"), CRY_COLOUR) > 1000
    assert (
        pixels_of(drawn([scored_window(0, 0.2, 521), scored_window(1, 0.2, 521)], tmp_path / "two.png"), CRY_COLOUR)
        > 1000
    )


def test_silence_can_be_drawn(tmp_path: Path) -> None:
    silence = make_window(np.zeros(WINDOW_SAMPLES, np.int16), MODEL_RATE_HZ, None)
    drawn([ScoredWindow(0.0, silence, Scores((("crying", 0.0),), 1))], tmp_path / "silence.png")


def test_a_clip_of_more_than_an_hour_is_refused(tmp_path: Path) -> None:
    one = scored_window(0, 0.5)
    with pytest.raises(InputError, match="longer than an hour"):
        draw_picture([one] * (MAX_WINDOWS + 1), Caption("c", "m", "crying", 1.0), tmp_path / "x.png")


def test_a_picture_is_beside_its_clip_or_at_the_given_place(tmp_path: Path) -> None:
    one, other = Path("a/one.wav"), Path("b/other.flac")
    assert picture_paths([one, other], None) == {one: Path("a/one.png"), other: Path("b/other.png")}
    assert picture_paths([one, other], tmp_path) == {one: tmp_path / "one.png", other: tmp_path / "other.png"}
    assert picture_paths([one], tmp_path / "x.PNG") == {one: tmp_path / "x.PNG"}


def test_a_place_that_cannot_be_drawn_to_is_refused_before_anything_is_scored(tmp_path: Path) -> None:
    one, other = Path("a/one.wav"), Path("b/one.wav")
    with pytest.raises(InputError, match="is one picture, and there are 2 clips; give a folder"):
        picture_paths([one, other], tmp_path / "x.png")
    with pytest.raises(InputError, match=r"several clips would be drawn to \S+/one.png"):
        picture_paths([one, other], tmp_path)
    (tmp_path / "clip.wav").touch()
    with pytest.raises(InputError, match=r"neither a folder nor a name that ends in \.png"):
        picture_paths([one], tmp_path / "clip.wav")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: Not a directory"):
        draw_picture([scored_window(0, 0.5)], Caption("c", "m", "crying", 5.0), tmp_path / "file" / "x" / "y.png")
