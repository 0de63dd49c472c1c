"""The Fourier transform of a real frame as four products with small matrices.

LiteRT's own transform computes its twiddle factors anew for each call, in double precision, and takes three times as
long. A fast Fourier transform (Cooley and Tukey) of N = 16 * 4 * 4 * 4 samples contracts one index of the sample number
after the other. Here each step is one product of constant matrices, which contain the twiddle factors, with the frames,
and its result already has the layout that the next step needs.

After steps whose radices have the product m, a row belongs to a residue: the frequencies that are equal to it modulo m.
A real frame has the conjugate spectrum at -k, so only one of the residues r and m - r is kept, as a pair of real rows:
real and imaginary part. The residues 0 and m / 2 are their own conjugates and have real rows. These two form one pair,
whose number is 0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.trainer.frontend import FRONTEND_FRAME_SAMPLES

Matrix = npt.NDArray[np.float32]

# Larger radices take a little less time on x86; these need fewer multiplications, which a Raspberry Pi is slow at.
RADICES: Final = (16, 4, 4, 4)
FIRST_ROWS: Final = RADICES[0] // 2  # 8


@dataclass(frozen=True, eq=False)
class FourierStep:
    """One step after the first.

    Attributes:
        matrices: float32 of shape [pairs, 2 * radix, 2 * radix], to be multiplied from the left with the rows.
        residues: The residue of each pair of rows that the step gives, in the order of the rows.
    """

    matrices: Matrix
    residues: tuple[int, ...]


def first_step() -> tuple[Matrix, Matrix, tuple[int, ...]]:
    """Return the matrices for the sum and for the difference of a frame's halves, and the residues of their pairs.

    A sample of the second half has the same factor as that of the first half in even frequencies, and the opposite one
    in odd frequencies. Each matrix is float32 of shape [8, 8]; the rows of the first come before those of the second.
    """
    radix = RADICES[0]
    even, odd = range(2, FIRST_ROWS, 2), range(1, FIRST_ROWS, 2)
    samples = np.arange(FIRST_ROWS)
    own_conjugates = [np.ones(FIRST_ROWS), np.cos(np.pi * samples)]
    of_sum = [*own_conjugates, *_parts(even, samples, radix)]
    of_difference = _parts(odd, samples, radix)
    return _stacked(of_sum), _stacked(of_difference), (0, *even, *odd)


def later_steps() -> list[FourierStep]:
    """Return the other steps; the pairs of the last one are the bins 1 to 511, and at 0 the unused bins 0 and 512.

    Within each group of four pairs that the last step makes from one, the bins have the order of their frequencies: the
    first is one of the bins below 128, the second below 256, and so on.
    """
    *_, residues = first_step()
    modulus, steps = RADICES[0], []
    for radix in RADICES[1:]:
        stride = FRONTEND_FRAME_SAMPLES // (modulus * radix)
        matrices, following = [], []
        for residue in residues:
            targets = sorted(_targets(residue, modulus, radix), key=bin_of)
            rows = [row for target in targets for row in _rows(residue, target, modulus, radix, stride)]
            matrices.append(_stacked(rows))
            following += targets
        residues, modulus = tuple(following), modulus * radix
        steps.append(FourierStep(np.stack(matrices), residues))
    return steps


def bin_of(residue: int) -> int:
    """Return the bin, 0 to 512, that has the same power as a frequency of 0 to 1 023 bins."""
    return min(residue, FRONTEND_FRAME_SAMPLES - residue)


def _targets(residue: int, modulus: int, radix: int) -> list[int]:
    """Return the residues of the pairs that a step makes from one pair."""
    if residue:
        return [residue + modulus * k for k in range(radix)]
    of_zero = [modulus * k for k in range(radix // 2)]
    return [*of_zero, *(modulus // 2 + one for one in of_zero)]


def _rows(residue: int, target: int, modulus: int, radix: int, stride: int) -> list[npt.NDArray[np.float64]]:
    """Return the two rows of a matrix, float64 of shape [2 * radix], that give a target from a pair."""
    samples = stride * np.arange(radix)
    if residue:
        real, minus_imaginary = _turned(target, samples)
        return [np.concatenate([real, minus_imaginary]), np.concatenate([-minus_imaginary, real])]
    nothing = np.zeros(radix)
    if target == 0:
        both = (_turned(0, samples)[0], _turned(modulus * radix // 2, samples)[0])
        return [np.concatenate([real, nothing]) for real in both]
    real, minus_imaginary = _turned(target, samples)
    is_from_zero = target % modulus == 0
    return [np.concatenate([part, nothing] if is_from_zero else [nothing, part]) for part in (real, -minus_imaginary)]


def _turned(frequency: int, samples: npt.NDArray[np.int_]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return cosine and sine of a frequency in bins."""
    angle = 2 * np.pi * (frequency * samples % FRONTEND_FRAME_SAMPLES) / FRONTEND_FRAME_SAMPLES
    return np.cos(angle), np.sin(angle)


def _parts(residues: range, samples: npt.NDArray[np.int_], radix: int) -> list[npt.NDArray[np.float64]]:
    scale = FRONTEND_FRAME_SAMPLES // radix
    return [
        part for residue in residues for cosine, sine in [_turned(residue * scale, samples)] for part in (cosine, -sine)
    ]


def _stacked(rows: list[npt.NDArray[np.float64]]) -> Matrix:
    return np.stack(rows).astype(np.float32)
