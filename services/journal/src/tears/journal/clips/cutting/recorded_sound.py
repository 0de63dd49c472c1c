"""Find the recordings of a time, and read their sound."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec
import soundfile

from tears.audio.format import pcm_from_samples
from tears.journal.recordings.file_names import RecordedName, parse_recorded_path, utc_time
from tears.kit.messages import AudioChunk
from tears.kit.registry.mic_names import is_folder_name

# No recording is longer (TEARS_JOURNAL_SEGMENT_SECONDS).
_LONGEST_RECORDING_SECONDS = 300.0
_NAMED_TIME_LENGTH = len("20261123T031415Z")
_READ_SECONDS = 1


class RecordedStretch(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the recordings.

    Attributes:
        name: what `RecordedSound.find` takes: the file's own name, without `.flac`.
        from_at: the time of its first sample.
        seconds: its length.
    """

    name: str
    mic: str
    from_at: float
    seconds: float


class RecordedSound:
    """The folder of the recordings, which others may write or delete at any time. All methods block on the disk."""

    def __init__(self, folder: Path) -> None:
        """Touch nothing yet; the folder need not exist."""
        self._folder = folder

    def stretches(self, mic: str | None, from_at: float, to_at: float) -> list[RecordedStretch]:
        """Return the files with sound of this time, of one room or of all, the earliest first."""
        return sorted(
            (stretch for stretch, _, _ in self._found(mic, from_at, to_at)), key=lambda one: (one.from_at, one.mic)
        )

    def find(self, name: str) -> Path | None:
        """Return the file of a name that `stretches` gave; None if there is none (any more), or for any other name."""
        begins = _begin_of(name)
        if begins is None:
            return None
        # Before the time stands the beginning of the microphone's name, which may be cut.
        for mic in self._mics():
            path = PurePosixPath(mic, f"{begins:%Y-%m-%d}", f"{name}.flac")
            if parse_recorded_path(path) is not None and (self._folder / path).is_file():
                return self._folder / path
        return None

    def chunks(self, mic: str, from_at: float, to_at: float) -> Iterator[AudioChunk]:
        """Yield the recorded sound of a time in order, a second at a time, as if it came from the stream.

        A file that is gone or damaged is left out, from there on.
        """
        found = sorted(self._found(mic, from_at, to_at), key=lambda one: one[0].from_at)
        for stretch, name, path in found:
            try:
                yield from _chunks_of(stretch, name, path)
            except (OSError, soundfile.SoundFileError):
                continue

    def _found(
        self, mic: str | None, from_at: float, to_at: float
    ) -> Iterator[tuple[RecordedStretch, RecordedName, Path]]:
        days = _days(from_at - _LONGEST_RECORDING_SECONDS, to_at)
        for room in self._mics():
            if mic is not None and room != mic:
                continue
            for day in days:
                for path in (self._folder / room / day).glob("*.flac"):
                    begins = _begin_of(path.stem)
                    name = parse_recorded_path(PurePosixPath(room, day, path.name))
                    if name is None or begins is None:
                        continue
                    # The name has whole seconds.
                    if not from_at - _LONGEST_RECORDING_SECONDS - 1 < begins.timestamp() <= to_at:
                        continue
                    stretch = _look_at(room, path)
                    if stretch is not None and stretch.from_at < to_at and stretch.from_at + stretch.seconds > from_at:
                        yield stretch, name, path

    def _mics(self) -> list[str]:
        try:
            return sorted(
                path.name for path in self._folder.iterdir() if is_folder_name(path.name) and not path.is_symlink()
            )
        except OSError:
            return []


def _look_at(mic: str, path: Path) -> RecordedStretch | None:
    """Return the facts of a file; None if it is gone or damaged. The tag is more exact than the name."""
    try:
        with soundfile.SoundFile(path) as flac:
            tagged = dt.datetime.fromisoformat(flac.date)
            return RecordedStretch(
                name=path.stem, mic=mic, from_at=tagged.timestamp(), seconds=flac.frames / flac.samplerate
            )
    except (OSError, soundfile.SoundFileError, ValueError):
        return None


def _chunks_of(stretch: RecordedStretch, name: RecordedName, path: Path) -> Iterator[AudioChunk]:
    with soundfile.SoundFile(path) as flac:
        first_sample = name.first_sample
        for frames in flac.blocks(_READ_SECONDS * flac.samplerate, dtype="int16", always_2d=True):
            end_sample = first_sample + len(frames)
            yield AudioChunk(
                mic=stretch.mic,
                session=name.session_label,
                first_sample=first_sample,
                sample_rate_hz=flac.samplerate,
                channels=flac.channels,
                pcm=pcm_from_samples(frames),
                captured_at_seconds=stretch.from_at + (end_sample - name.first_sample) / flac.samplerate,
            )
            first_sample = end_sample


def _begin_of(name: str) -> dt.datetime | None:
    """Return the time in the name of a recording; None if there is none."""
    parts = name.rsplit("-", 4)
    if len(parts) != 5 or len(parts[1]) != _NAMED_TIME_LENGTH:  # noqa: PLR2004 - mic, time, session, two samples
        return None
    try:
        return dt.datetime.strptime(parts[1], "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None


def _days(from_at: float, to_at: float) -> list[str]:
    """Return the names of the UTC days between two times."""
    first, last = utc_time(from_at).date(), utc_time(to_at).date()
    return [f"{first + dt.timedelta(days=day):%Y-%m-%d}" for day in range(min((last - first).days, 400) + 1)]
