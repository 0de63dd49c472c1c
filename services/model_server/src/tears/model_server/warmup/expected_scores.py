"""The answers that a version should give to its warm-up requests, as its exporter wrote it.

TF Serving's records have a place for the answer, but there it is whatever some server once answered to a client. So the
scores that an exporter promises have a file of their own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from tears.model_server.errors import DataLossError
from tears.model_server.wire.signatures import TensorSpec
from tears.model_server.wire.tensors import decode_tensor
from tears.tfserving.v1.predict_pb2 import PredictResponse

SCORES_FILE: Final = "expected_scores.json"
MAX_SCORES_BYTES: Final = 4 * 1024 * 1024

# Engines and weights of eight bits change an answer by less than half of this. A damaged model is further off.
ANSWER_TOLERANCE: Final = 0.1

_MOST_SHOWN: Final = 40

ExpectedScores = Mapping[str, float | Sequence[float]]


def read_expected_scores(folder: Path) -> list[ExpectedScores]:
    """Return for each warm-up request the outputs that are expected; empty for a version that promises nothing.

    Raises:
        DataLossError: The file is not what an exporter writes.
    """
    path = folder / SCORES_FILE
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SCORES_BYTES).decode()
        found = json.loads(text)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise DataLossError(f"{path} cannot be read: {error}; export the version again") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise DataLossError(f"{path} is not a list of scores by output; export the version again")
    for number, each in enumerate(found, start=1):
        for name, wanted in each.items():
            if not _is_score(wanted) and not (isinstance(wanted, list) and all(map(_is_score, wanted))):
                raise DataLossError(
                    f"{path}, {_place(text, name, number)}: {name} is {json.dumps(wanted)[:_MOST_SHOWN]}, and not a "
                    "number or a list of numbers; export the version again"
                )
    return found


def _is_score(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _place(text: str, name: str, number: int) -> str:
    """Return the line of an output's scores of the request `number`, or the request if the line cannot be found."""
    at = [found.start() for found in re.finditer(re.escape(json.dumps(name)) + r"\s*:", text)]
    return f"line {text.count(chr(10), 0, at[number - 1]) + 1}" if len(at) >= number else f"request {number}"


def check_scores(expected: ExpectedScores, reply: PredictResponse, number: int) -> None:
    """Compare a reply with what is expected of warm-up request `number`, counted from 1.

    Raises:
        DataLossError: An output is missing, or differs by more than `ANSWER_TOLERANCE`, or is NaN.
    """
    for name, wanted in expected.items():
        if name not in reply.outputs:
            raise DataLossError(f"warm-up request {number} is not answered with the output {name}; export it again")
        tensor = reply.outputs[name]
        given = decode_tensor(name, tensor, TensorSpec(name, tensor.dtype, None)).reshape(-1)
        target = np.atleast_1d(np.asarray(wanted, np.float64)).reshape(-1)
        if given.shape != target.shape or not np.allclose(given, target, rtol=0, atol=ANSWER_TOLERANCE):
            raise DataLossError(
                f"warm-up request {number} is answered with {name} {_shown(given)} instead of {_shown(target)}: the "
                "model is damaged, or its engine computes something else; export or copy the version again"
            )


def check_count(expected: Sequence[ExpectedScores], compared: int, folder: Path) -> None:
    """Require that an answer was compared with each of the expected scores.

    Raises:
        DataLossError: There are fewer warm-up requests for Predict than expected scores.
    """
    if compared < len(expected):
        raise DataLossError(
            f"{folder / SCORES_FILE} has scores for {len(expected)} warm-up requests for Predict, but only {compared} "
            "are there: the file of warm-up requests is missing or damaged; export or copy the version again"
        )


def _shown(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
    return np.array2string(values[:8], precision=4, separator=", ")
