"""Versions of a model to install, and what a folder of versions holds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from support.places import SHIPPED_VERSION

from tears.own_data.scoring.merit import Merit, MeritFigure
from tears.own_data.scoring.verdict import HeldOutClip, ModelVerdict, write_verdict
from tears.own_data.versions.proof import sha256_of

SOME = MeritFigure(0.9, 0.8, 1.0)
OLD = Merit(
    auc=SOME, recall_at_1=MeritFigure(None), recall_at_5=SOME, heard=SOME, false_alarms=MeritFigure(0.0), accuracy=SOME,
    cross_entropy=SOME, rehearsal_alarms=0.0,
)  # fmt: skip


def copy_model(target: Path) -> Path:
    """Return a copy of the shipped model that has other bytes and the same meaning."""
    shutil.copytree(SHIPPED_VERSION, target)
    with (target / "model.tflite").open("ab") as file:
        file.write(bytes(16))
    # The change is meant.
    (target / "SHA256SUMS").unlink(missing_ok=True)
    return target


def give_verdict(folder: Path, *, better: bool, base: Path, clips: tuple[HeldOutClip, ...] = ()) -> Path:
    verdict = ModelVerdict(
        made_at="2026-11-23T03:09:55+00:00",
        base=str(base),
        base_sha256=sha256_of(base / "model.tflite"),
        threshold=0.92,
        old=OLD,
        new=replace(OLD, accuracy=MeritFigure(0.97)),
        is_better=better,
        reason="its accuracy at the threshold is 0.970, and the other's 0.900",
        learnt_clips=200,
        held_out=clips,
    )
    write_verdict(folder, verdict)
    return folder


def versions(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.name.isdigit())


def history(models: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (models / "history.jsonl").read_text().splitlines()]
