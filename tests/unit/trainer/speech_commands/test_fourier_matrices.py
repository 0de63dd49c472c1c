"""The chain of small products is a Fourier transform."""

import numpy as np
import numpy.typing as npt

from tears.trainer.frontend import FRONTEND_BINS, FRONTEND_FRAME_SAMPLES
from tears.trainer.speech_commands.architectures.fourier_matrices import (
    FIRST_ROWS,
    RADICES,
    bin_of,
    first_step,
    later_steps,
)

HALF = FRONTEND_FRAME_SAMPLES // 2


def transformed(frame: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the last rows for a frame, float64 [1024], as pairs: [512, 2]."""
    of_sum, of_difference, _ = first_step()
    first, second = frame[:HALF], frame[HALF:]
    rows = np.concatenate(
        [of_sum @ (first + second).reshape(FIRST_ROWS, -1), of_difference @ (first - second).reshape(FIRST_ROWS, -1)]
    )
    for step in later_steps():
        pairs, _, size = step.matrices.shape
        rows = step.matrices @ rows.reshape(pairs, size, -1)
    return rows.reshape(HALF, 2)


def test_the_radices_make_up_a_frame() -> None:
    assert np.prod(RADICES) == FRONTEND_FRAME_SAMPLES


def test_the_last_pairs_are_real_and_imaginary_part_of_every_bin() -> None:
    frame = np.random.default_rng(1).normal(size=FRONTEND_FRAME_SAMPLES)
    spectrum = np.fft.fft(frame)
    residues = later_steps()[-1].residues
    pairs = transformed(frame)
    for residue, (real, imaginary) in zip(residues, pairs, strict=True):
        # The ends of the spectrum are real, and share a pair.
        expected = spectrum[residue] if residue else complex(spectrum[0].real, spectrum[HALF].real)
        assert abs(complex(real, imaginary) - expected) < 1e-4, residue


def test_every_bin_comes_once_and_in_four_ascending_quarters() -> None:
    bins = np.array([bin_of(residue) for residue in later_steps()[-1].residues])

    assert sorted(bins) == list(range(FRONTEND_BINS - 1))
    quarters = bins.reshape(-1, 4)
    assert all(set(quarters[:, k] // 128) == {k} for k in range(4))
