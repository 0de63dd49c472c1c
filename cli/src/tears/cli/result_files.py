"""The files that `tears replay` writes for each room: `detections.jsonl` and `episodes.jsonl`."""

import json
from pathlib import Path
from typing import Any

from tears.cli.errors import InputError
from tears.cli.output_files import OutputPieces
from tears.cli.pipeline.transcript import RoomTranscript
from tears.kit.messages import Detection, Episode

DECIMALS = 6


DETECTIONS_FILE, EPISODES_FILE = "detections.jsonl", "episodes.jsonl"


def result_paths(folder: Path) -> list[Path]:
    """Return the files of one room, in its folder."""
    return [folder / DETECTIONS_FILE, folder / EPISODES_FILE]


def result_files(folder: Path, mic: str, room: RoomTranscript, cry_label: str) -> dict[Path, OutputPieces]:
    """Return the content of both files, line by line; it raises InputError if the model has no such label."""
    return {
        folder / DETECTIONS_FILE: lambda: (_json_line(detection_line(one, cry_label)) for one in room.scored()),
        folder / EPISODES_FILE: lambda: (_json_line(episode_line(mic, one)) for one in room.closed_episodes()),
    }


def detection_line(detection: Detection, cry_label: str) -> dict[str, Any]:
    """Return one line of `detections.jsonl`."""
    header = detection.header
    cry_score = detection.score_of(cry_label)
    if cry_score is None:
        known = ", ".join(label for label, _ in detection.scores)
        raise InputError(
            f"the model has no label {cry_label}, only {known}; set TEARS_ALERTER_CRY_LABEL to one of them"
        )
    return {
        "mic": header.mic,
        "window_id": header.window_id,
        "start_seconds": round(header.start_seconds, DECIMALS),
        "end_seconds": round(header.end_seconds, DECIMALS),
        "level_dbfs": round(header.level_dbfs, 2),
        "scores": {label: round(value, DECIMALS) for label, value in detection.scores},
        "cry_score": round(cry_score, DECIMALS),
        "model": detection.model,
        "model_version": detection.model_version,
    }


def episode_line(mic: str, episode: Episode) -> dict[str, Any]:
    """Return one line of `episodes.jsonl`."""
    return {
        "mic": mic,
        "episode_id": episode.episode_id,
        "start_seconds": round(episode.start_seconds, DECIMALS),
        "alerted_at_seconds": round(episode.alerted_at_seconds, DECIMALS),
        "end_seconds": round(episode.end_seconds, DECIMALS),
        "peak_score": round(episode.peak_score, DECIMALS),
    }


def _json_line(line: dict[str, Any]) -> bytes:
    return json.dumps(line).encode() + b"\n"
