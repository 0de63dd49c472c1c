"""Read scores: of a replay's `detections.jsonl`, or of the nights that the alerter has kept."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tears.cli.errors import InputError
from tears.cli.nights.night_process import ask_nights
from tears.cli.result_files import DETECTIONS_FILE
from tears.kit.registry.mic_names import room_of_mic
from tears.policy.episode_rule import Observation
from tears.policy.judged_nights import ScoredRoom


def replayed_rooms(folder: Path) -> list[ScoredRoom]:
    """Return the scores of each recording below a folder that `tears replay` has written; each counts as a night.

    Raises:
        InputError: there is none, or a file holds something else.
    """
    paths = sorted(folder.rglob(DETECTIONS_FILE))
    if not paths:
        raise InputError(
            f"there is no {DETECTIONS_FILE} in {folder}; make some with ./tears replay FILE... --out {folder}"
        )
    rooms = []
    for path in paths:
        name = path.parent.name if path.parent != folder else folder.resolve().name
        try:
            rooms += _rooms(path.read_text(encoding="utf-8").splitlines(), name)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} holds no detections ({error!r}); make it with ./tears replay") from error
    return rooms


def kept_rooms(state: Path, nights: int) -> list[ScoredRoom]:
    """Return the scores of the last nights that an alerter has kept.

    Raises:
        InputError: they cannot be read, or nothing was heard in them.
    """
    rooms = _rooms(ask_nights(state, ["scores", "--nights", str(nights)]).decode().splitlines(), "")
    if not rooms:
        raise InputError(f"nothing was heard in the last {nights} nights; ask for more with --nights")
    return rooms


def _rooms(lines: Iterable[str], recording: str) -> list[ScoredRoom]:
    """Return the rooms of lines, which are in the order of time for each room of each night."""
    found: dict[tuple[str, str], list[Observation]] = {}
    for line in lines:
        if not line.strip():
            continue
        fields: dict[str, Any] = json.loads(line)
        seen = Observation(float(fields["end_seconds"]), float(fields["cry_score"]), float(fields["level_dbfs"]))
        found.setdefault((str(fields.get("night", recording)), str(fields["mic"])), []).append(seen)
    return [
        ScoredRoom(f"{night} {room_of_mic(mic)}" if not recording else night, night, tuple(seen))
        for (night, mic), seen in found.items()
    ]
