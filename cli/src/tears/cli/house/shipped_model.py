"""Where the model lies that Tears ships with."""

from __future__ import annotations

import os
from pathlib import Path

from tears.cli.errors import StartError

MODEL_NAME = "cry"


def cry_label() -> str:
    """Which of a model's labels is a cry, as the alerter reads it: `$TEARS_ALERTER_CRY_LABEL`, else `crying`."""
    return os.environ.get("TEARS_ALERTER_CRY_LABEL") or "crying"


def model_base_path() -> Path:
    """The folder of version folders: `$TEARS_MODEL_DIR`, else `models/cry` of this checkout.

    Raises:
        StartError: there is none.
    """
    chosen = os.environ.get("TEARS_MODEL_DIR", "")
    path = Path(chosen) if chosen else Path(__file__).parents[5] / "models" / MODEL_NAME
    if not any(path.glob("*/model.tflite")):
        raise StartError(f"no model in {path}: set TEARS_MODEL_DIR to a folder that holds <version>/model.tflite")
    return path.resolve()
