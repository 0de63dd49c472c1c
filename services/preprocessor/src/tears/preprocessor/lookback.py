"""Reads the chunks before a given chunk in its stream, each of them from Redis once."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis

from tears.audio.constants import WINDOW_SECONDS
from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.streams.entries import entry_order
from tears.kit.streams.lua_scripts import load_script
from tears.kit.streams.names import BODY

logger = logging.getLogger(__name__)

# Entries beyond the 5 s, because chunks may be repeated or out of order.
LOOKBACK_MARGIN_ENTRIES = 3
LOOKBACK_PAGE_ENTRIES = 16
# 5 s in chunks of 0.05 s, with a margin. Shorter chunks do not reach back 5 s, so their windows become gaps.
MOST_LOOKBACK_ENTRIES = 128
# The sound of 52 rooms at 48 kHz, mono. What is forgotten is read again.
MOST_REMEMBERED_BYTES = 24 * 1024 * 1024
# Beside the sound a stream needs about 4 KB.
MOST_REMEMBERED_STREAMS = 1_000
# A room that has given nothing for so long, by the ids of its entries, makes room for another one.
SILENT_MILLISECONDS = 60_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _SoundlessChunk(AudioChunk):
    """A chunk whose place still counts, although its sound is forgotten."""

    heard_samples: int

    @property
    def samples(self) -> int:
        """Samples per channel that it had."""
        return self.heard_samples


class _Entry(NamedTuple):
    """An entry of a stream; `chunk` is None if it is not a chunk."""

    entry_id: bytes
    chunk: AudioChunk | None


class Recollection(NamedTuple):
    """The chunks before an entry as they are remembered.

    Attributes:
        chunks: what `chunks_before` returns if nothing has come between `predecessor` and the entry.
        predecessor: the id of the newest entry that is remembered.
        confirm: remembers the entry too; to be called when the predecessor has proved to be directly before it.
    """

    chunks: list[AudioChunk]
    predecessor: bytes
    confirm: Callable[[], None]


class Lookback:
    """Remembers the last entries of each stream, so that a window fetches only what has been added since. Thread-safe.

    What `chunks_before` returns is the same as if it remembered nothing: entries are only added to a stream, and it
    asks with each call whether the newest entry that it remembers is still there. `recall` asks nothing.
    """

    def __init__(self, client: redis.Redis, most_bytes: int = MOST_REMEMBERED_BYTES) -> None:
        """Ask nothing yet; remember the sound of so many bytes."""
        self._redis = client
        self._most_bytes = most_bytes
        self._newer_entries = load_script(client, "tears.preprocessor", "newer_entries")
        # The newest entries of each stream without a hole, the newest first; the stream used last is at the end.
        self._remembered: OrderedDict[str, list[_Entry]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def recall(
        self, stream: str, entry_id: bytes, ticket: AudioChunk, *, with_sound: bool = True
    ) -> Recollection | None:
        """Return the chunks before an entry without asking Redis; None if that could not be enough.

        Without `with_sound` only their places count, and the sound of some may be missing.

        The newest chunk that is remembered ends where this one begins, so hardly ever is another entry between them.
        """
        page = _first_page(ticket)
        with self._lock:
            entries = self._remembered.get(stream, [])[:page]
        newest = entries[0].chunk if len(entries) == page else None
        if newest is None or newest.session != ticket.session or newest.end_sample != ticket.first_sample:
            return None
        found = [one.chunk for one in entries if one.chunk is not None]
        is_later = _order(entries[0]) >= entry_order(entry_id.decode())
        if is_later or not _reaches_back(found, ticket) or (with_sound and _lacks_sound(entries, ticket)):
            return None
        return Recollection(found, entries[0].entry_id, lambda: self._remember(stream, entry_id, ticket, entries))

    def chunks_before(
        self, stream: str, entry_id: bytes, ticket: AudioChunk, *, with_sound: bool = True
    ) -> list[AudioChunk]:
        """Return the chunks before an entry, newest first, far enough back for the windows that end in it.

        Without `with_sound` the sound of some may be missing. An entry that is not a chunk is skipped: it is buried
        when its own turn comes. Raises redis-py's errors as they are.
        """
        page = _first_page(ticket)
        entries = self._newest_entries(stream, entry_id, ticket, with_sound=with_sound)
        found: list[AudioChunk] = []
        seen = 0
        while seen < MOST_LOOKBACK_ENTRIES:
            missing = seen + page - len(entries)
            if missing > 0:
                before = entries[-1].entry_id if entries else entry_id
                entries += self._entries(stream, self._redis.xrevrange(stream, b"(" + before, "-", count=missing))
            looked_at = entries[seen : seen + page]
            found += [one.chunk for one in looked_at if one.chunk is not None]
            seen += len(looked_at)
            if _reaches_back(found, ticket) or len(looked_at) < page:
                break
            page = LOOKBACK_PAGE_ENTRIES
        self._remember(stream, entry_id, ticket, entries)
        return found

    def _newest_entries(self, stream: str, entry_id: bytes, ticket: AudioChunk, *, with_sound: bool) -> list[_Entry]:
        """Return the entries before one, newest first, without a hole; none if what is remembered is not enough."""
        with self._lock:
            remembered = self._remembered.get(stream, [])
        known = [one for one in remembered if _order(one) < entry_order(entry_id.decode())]
        if not known or (with_sound and _lacks_sound(known, ticket)):
            return []
        most = _first_page(ticket)
        added: Any = self._newer_entries(keys=[stream], args=[known[0].entry_id, entry_id, most])
        if added is None:
            return []
        # A script returns fields and values in one list.
        newer = self._entries(
            stream, ((added_id, dict(zip(fields[::2], fields[1::2], strict=True))) for added_id, fields in added)
        )
        return newer if len(newer) == most else [*newer, *known]

    def _remember(self, stream: str, entry_id: bytes, ticket: AudioChunk, before_it: list[_Entry]) -> None:
        older = before_it[: _first_page(ticket)]
        entries = [_Entry(entry_id, ticket), *(_without_old_sound(one, ticket) for one in older)]
        with self._lock:
            before = self._remembered.get(stream)
            if before and _order(before[0]) > _order(entries[0]):
                # A late chunk, which another replica has left.
                return
            self._remembered[stream] = entries
            self._remembered.move_to_end(stream)
            self._bytes += _size_bytes(entries) - _size_bytes(before or ())
            while self._bytes > self._most_bytes:
                self._forget_sound(stream)
            if len(self._remembered) > MOST_REMEMBERED_STREAMS:
                self._bytes -= _size_bytes(self._remembered.popitem(last=False)[1])

    def _forget_sound(self, newest: str) -> None:
        """Forget the stream that was used longest ago if it has fallen silent, else the sound of the newest.

        Rooms take turns. If each made room for itself, all would be forgotten before they are asked for again. Without
        sound, a stream still knows which windows a chunk stands for, if it is given up.
        """
        oldest, entries = next(iter(self._remembered.items()))
        silent_milliseconds = _order(self._remembered[newest][0])[0] - _order(entries[0])[0]
        if silent_milliseconds > SILENT_MILLISECONDS:
            del self._remembered[oldest]
        else:
            entries = self._remembered[newest]
            self._remembered[newest] = [_soundless(one) for one in entries]
        self._bytes -= _size_bytes(entries)

    @staticmethod
    def _entries(stream: str, found: Any) -> list[_Entry]:
        entries = []
        for entry_id, fields in found:
            chunk = None
            try:
                chunk = AudioChunk.decode(fields.get(BODY, b""))
            except MessageError as error:
                logger.debug("skipping entry %s of %s: %s", entry_id.decode(), stream, error)
            entries.append(_Entry(entry_id, chunk))
        return entries


def _order(entry: _Entry) -> tuple[int, int]:
    return entry_order(entry.entry_id.decode())


def _size_bytes(entries: Iterable[_Entry]) -> int:
    return sum(len(one.chunk.pcm) for one in entries if one.chunk is not None)


def _reaches_back(found: list[AudioChunk], ticket: AudioChunk) -> bool:
    enough_from = max(0, ticket.first_sample - WINDOW_SECONDS * ticket.sample_rate_hz)
    return any(one.session == ticket.session and one.first_sample <= enough_from for one in found)


def _without_old_sound(entry: _Entry, newest: AudioChunk) -> _Entry:
    """Return the entry, without its sound if no window that ends after `newest` can have it."""
    chunk = entry.chunk
    needed_from = newest.end_sample - WINDOW_SECONDS * newest.sample_rate_hz
    is_needed = chunk is not None and chunk.session == newest.session and chunk.end_sample > needed_from
    return entry if is_needed else _soundless(entry)


def _soundless(entry: _Entry) -> _Entry:
    chunk = entry.chunk
    if chunk is None or isinstance(chunk, _SoundlessChunk):
        return entry
    soundless = _SoundlessChunk(
        mic=chunk.mic,
        session=chunk.session,
        first_sample=chunk.first_sample,
        sample_rate_hz=chunk.sample_rate_hz,
        channels=chunk.channels,
        pcm=b"",
        captured_at_seconds=chunk.captured_at_seconds,
        ends_session=chunk.ends_session,
        heard_samples=chunk.samples,
    )
    return _Entry(entry.entry_id, soundless)


def _lacks_sound(entries: list[_Entry], ticket: AudioChunk) -> bool:
    """Return whether a window of the ticket may need sound that is no longer remembered.

    Its windows end after the last chunk before it, so none begins earlier than 5 s before that.
    """
    chunks = [one.chunk for one in entries if one.chunk is not None and one.chunk.session == ticket.session]
    ends = [one.end_sample for one in chunks if one.is_same_format(ticket)]
    needed_from = min(ticket.first_sample, max(ends, default=ticket.first_sample))
    needed_from -= WINDOW_SECONDS * ticket.sample_rate_hz
    return any(isinstance(one, _SoundlessChunk) and one.end_sample > needed_from for one in chunks)


def _first_page(ticket: AudioChunk) -> int:
    seconds = max(ticket.samples / ticket.sample_rate_hz, 0.05)
    return min(int(WINDOW_SECONDS / seconds + 1) + LOOKBACK_MARGIN_ENTRIES, MOST_LOOKBACK_ENTRIES)
