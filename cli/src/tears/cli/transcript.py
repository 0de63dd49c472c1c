"""What the pipeline said of each room, collected from its streams as it goes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from tears.cli.errors import InputError
from tears.kit.messages import Detection, Episode, EpisodeState, TombstoneReason
from tears.kit.streams.names import BODY, DETECTIONS_STREAM, EPISODES_STREAM

PAGE_ENTRIES = 1_000
DECIMALS = 6


@dataclass
class RoomTranscript:
    """Everything that was said of one microphone."""

    detections: dict[tuple[str, int], Detection] = field(default_factory=dict)
    repeats: int = 0
    episodes: dict[str, Episode] = field(default_factory=dict)

    def scored(self) -> list[Detection]:
        """The detections with scores, in order."""
        return [found for _, found in sorted(self.detections.items()) if found.tombstone is None]

    def lost(self) -> Counter[str]:
        """How many windows have a tombstone in place of scores, by its reason."""
        tombstones = (found.tombstone for found in self.detections.values())
        return Counter(one.reason.name.lower() for one in tombstones if one is not None)

    def closed_episodes(self) -> list[Episode]:
        """The episodes, in order of their start."""
        return sorted(self.episodes.values(), key=lambda episode: episode.start_seconds)


class Transcript:
    """Follows `tears:detections` and `tears:episodes` from their beginning."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._places: dict[str, bytes] = {DETECTIONS_STREAM: b"0-0", EPISODES_STREAM: b"0-0"}
        self.rooms: dict[str, RoomTranscript] = {}

    def follow(self) -> None:
        """Takes in what has come since the last call; does not wait for more."""
        while True:
            reply: Any = self._redis.xread(self._places, count=PAGE_ENTRIES)  # type: ignore[arg-type]  # invariance
            pairs = reply.items() if isinstance(reply, dict) else reply
            if not pairs:
                return
            for stream, entries in pairs:
                name = stream.decode()
                for entry_id, fields in entries:
                    self._places[name] = entry_id
                    if name == DETECTIONS_STREAM:
                        self._take_detection(Detection.decode(fields[BODY]))
                    else:
                        self._take_episode(Episode.decode(fields[BODY]))

    def room(self, mic: str) -> RoomTranscript:
        """The transcript of one microphone, empty at first."""
        return self.rooms.setdefault(mic, RoomTranscript())

    def _take_detection(self, detection: Detection) -> None:
        room = self.room(detection.header.mic)
        if detection.tombstone is not None and detection.tombstone.reason is TombstoneReason.END_OF_SESSION:
            return
        key = (detection.header.session, detection.header.index)
        room.repeats += key in room.detections
        room.detections[key] = detection

    def _take_episode(self, episode: Episode) -> None:
        episodes = self.room(episode.mic).episodes
        if episode.state is EpisodeState.CLOSED or episode.episode_id not in episodes:
            episodes[episode.episode_id] = episode


def write_results(folder: Path, mic: str, room: RoomTranscript, cry_label: str) -> None:
    """Writes `detections.jsonl` and `episodes.jsonl`, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "detections.jsonl", [detection_line(one, cry_label) for one in room.scored()])
    _write_lines(folder / "episodes.jsonl", [episode_line(mic, one) for one in room.closed_episodes()])


def detection_line(detection: Detection, cry_label: str) -> dict[str, Any]:
    """One line of `detections.jsonl`."""
    header = detection.header
    return {
        "mic": header.mic,
        "window_id": header.window_id,
        "start_seconds": round(header.start_seconds, DECIMALS),
        "end_seconds": round(header.end_seconds, DECIMALS),
        "level_dbfs": round(header.level_dbfs, 2),
        "scores": {label: round(value, DECIMALS) for label, value in detection.scores},
        "cry_score": round(_cry_score(detection, cry_label), DECIMALS),
        "model": detection.model,
        "model_version": detection.model_version,
    }


def episode_line(mic: str, episode: Episode) -> dict[str, Any]:
    """One line of `episodes.jsonl`."""
    return {
        "mic": mic,
        "episode_id": episode.episode_id,
        "start_seconds": round(episode.start_seconds, DECIMALS),
        "alerted_at_seconds": round(episode.alerted_at_seconds, DECIMALS),
        "end_seconds": round(episode.end_seconds, DECIMALS),
        "peak_score": round(episode.peak_score, DECIMALS),
    }


def _cry_score(detection: Detection, cry_label: str) -> float:
    score = detection.score_of(cry_label)
    if score is None:
        known = ", ".join(label for label, _ in detection.scores)
        raise InputError(
            f"the model has no label {cry_label}, only {known}; set TEARS_ALERTER_CRY_LABEL to one of them"
        )
    return score


def _write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    draft = path.with_suffix(".part")
    draft.write_text("".join(json.dumps(line) + "\n" for line in lines))
    draft.replace(path)
