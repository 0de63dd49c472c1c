"""Where the shipped model is, and which of its labels is a cry."""

from __future__ import annotations

import os
from pathlib import Path

from tears.cli.errors import StartError
from tears.own_data.labels.label_names import CRYING

SHIPPED_MODEL_NAME = "cry"


def cry_label() -> str:
    """Return which of a model's labels is a cry, as for the alerter: `$TEARS_ALERTER_CRY_LABEL`, else `crying`."""
    return os.environ.get("TEARS_ALERTER_CRY_LABEL") or CRYING


def model_base_path() -> Path:
    """Return the folder of the version folders: `$TEARS_MODEL_DIR`, else `models/cry` of this checkout.

    Raises:
        StartError: There is no model in it.
    """
    chosen = os.environ.get("TEARS_MODEL_DIR", "")
    path = Path(chosen) if chosen else Path(__file__).parents[5] / "models" / SHIPPED_MODEL_NAME
    if not any(path.glob("*/model.tflite")):
        raise StartError(f"no model in {path}: set TEARS_MODEL_DIR to a folder that holds <version>/model.tflite")
    return path.resolve()
