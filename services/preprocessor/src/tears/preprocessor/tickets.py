"""Find the windows that a chunk is the ticket for, and the sound that they are made of. Pure.

A chunk stands for the windows that end in it, and in the gap before it if there is one: from the end of what had
arrived before it (the frontier) to its own end. The answer depends on the stream's entries alone, and not on the
replica or the moment, so any replica that draws the chunk makes the same windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tears.audio.format import Int16Array, frames_from_pcm, to_mono
from tears.audio.window_positions import window_count, window_end, window_start, windows_ending_in
from tears.kit.messages import AudioChunk, Tombstone, TombstoneReason

# An hour of windows at the default hop. Of a longer gap only the last windows become tombstones; the alerter counts the
# others as missing.
MOST_TOMBSTONES = 3_600


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """The place of a window in its session, in samples: `[start_sample, end_sample)`."""

    index: int
    start_sample: int
    end_sample: int


@dataclass(frozen=True)
class WindowPlan:
    """The windows that a ticket stands for.

    Attributes:
        windows: in order; empty for a chunk that brings nothing new.
        ends_session: a tombstone that announces the end of the session follows the windows.
        session_windows: how many windows the session has up to this chunk's end; the index of that tombstone.
        is_repeat: the chunk came before, or all its samples did.
    """

    windows: tuple[PlannedWindow, ...]
    ends_session: bool
    session_windows: int
    is_repeat: bool


def plan_windows(ticket: AudioChunk, before: Sequence[AudioChunk], hop_seconds: float) -> WindowPlan:
    """Return which windows `ticket`, the chunk that was drawn, stands for.

    `before` are the chunks before it in the stream, at least those of the last 5 s, in any order.

    Raises:
        tears.audio.errors.AudioFormatError: no windows can be made at the chunk's rate.
    """
    rate_hz = ticket.sample_rate_hz
    same = [chunk for chunk in before if chunk.is_same_format(ticket)]
    # Without a chunk before it, a chunk in the middle of a session follows a gap of unknown length.
    frontier = max((chunk.end_sample for chunk in same), default=ticket.first_sample)
    has_ended = any(chunk.ends_session for chunk in same)
    count = window_count(ticket.end_sample, rate_hz, hop_seconds)
    if has_ended or (ticket.end_sample <= frontier and not ticket.ends_session):
        return WindowPlan(windows=(), ends_session=False, session_windows=count, is_repeat=True)
    indexes = windows_ending_in(frontier, ticket.end_sample, rate_hz, hop_seconds)[-MOST_TOMBSTONES:]
    windows = tuple(
        PlannedWindow(k, window_start(k, rate_hz, hop_seconds), window_end(k, rate_hz, hop_seconds)) for k in indexes
    )
    return WindowPlan(windows, ends_session=ticket.ends_session, session_windows=count, is_repeat=False)


def sound_of(window: PlannedWindow, ticket: AudioChunk, before: Sequence[AudioChunk]) -> Int16Array | Tombstone:
    """Return the window's native samples, or a tombstone that says why there are none.

    Returns:
        int16, (5 * rate,), mono mix at the microphone's rate; or a tombstone (GAP, FORMAT_CHANGED).
    """
    wanted = window.end_sample - window.start_sample
    sound = np.empty((wanted, ticket.channels), np.int16)
    chunks = [chunk for chunk in (*before, ticket) if chunk.session == ticket.session and _overlaps(chunk, window)]
    usable = [chunk for chunk in chunks if chunk.is_same_format(ticket)]
    filled = []
    for chunk in usable:
        frames = frames_from_pcm(chunk.pcm, chunk.channels)
        begin = max(chunk.first_sample, window.start_sample)
        end = min(chunk.end_sample, window.end_sample)
        part = frames[begin - chunk.first_sample : end - chunk.first_sample]
        sound[begin - window.start_sample : end - window.start_sample] = part
        filled.append((begin, end))
    missing = wanted - _covered_samples(filled)
    if not missing:
        # Only the whole window shows whether its channels have opposite phases.
        return to_mono(sound)
    if len(usable) < len(chunks):
        return Tombstone(
            TombstoneReason.FORMAT_CHANGED, f"the format changed inside a session; {missing} samples left out"
        )
    return Tombstone(TombstoneReason.GAP, f"{missing} of {wanted} samples are missing")


def _covered_samples(parts: list[tuple[int, int]]) -> int:
    """Return how many samples lie in at least one of the parts, [begin, end)."""
    covered, reached = 0, 0
    for begin, end in sorted(parts):
        covered += max(0, end - max(begin, reached))
        reached = max(reached, end)
    return covered


def _overlaps(chunk: AudioChunk, window: PlannedWindow) -> bool:
    return chunk.first_sample < window.end_sample and chunk.end_sample > window.start_sample
