"""Trains and exports the shipped model: `python -m tears.training --dataset DIR --out models/cry/1`."""

import argparse
import importlib.util
import sys
from collections.abc import Sequence

from tears.training.errors import MissingTensorFlowError, TrainingError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the recipe; returns the exit status."""
    try:
        return _run(arguments)
    except TrainingError as error:
        print(f"tears-train: {error}", file=sys.stderr)
        return 1


def _run(arguments: Sequence[str] | None) -> int:
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingTensorFlowError("TensorFlow is not installed; install it with: uv sync --extra training")
    # Imported late: the recipe stands on TensorFlow.
    from tears.training.recipe import add_options, train_model  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="tears-train", description=__doc__)
    add_options(parser)
    train_model(parser.parse_args(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
