"""The work of the preprocessor: a chunk in, windows and tombstones out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tears.audio.errors import AudioError
from tears.audio.format import pcm_from_samples
from tears.audio.window import make_window
from tears.kit.clock import Clock
from tears.kit.errors import MessageError, UnprocessableError
from tears.kit.messages import AudioChunk, AudioWindow, Tombstone, TombstoneReason, WindowHeader
from tears.kit.registry.mic_names import is_room
from tears.kit.streams.delivery import Delivery, Outputs, ProvisionalOutputs
from tears.preprocessor.last_levels import LastLevels
from tears.preprocessor.lookback import Lookback, Recollection
from tears.preprocessor.metrics import PreprocessorMetrics
from tears.preprocessor.tickets import PlannedWindow, WindowPlan, plan_windows, sound_of


@dataclass(frozen=True, kw_only=True)
class TicketHandler:
    """Makes the windows that a chunk is the ticket for; a `gain_db` of None means automatic gain."""

    lookback: Lookback
    levels: LastLevels
    clock: Clock
    metrics: PreprocessorMetrics
    hop_seconds: float
    gain_db: float | None

    def handle(self, delivery: Delivery) -> Outputs:
        """Return the windows that a chunk is the ticket for; raise what `Handler.handle` names."""
        ticket = AudioChunk.decode(delivery.body)
        recalled = self.lookback.recall(delivery.stream, delivery.entry_id, ticket) if delivery.may_guess else None
        if recalled is None:
            before = self.lookback.chunks_before(delivery.stream, delivery.entry_id, ticket)
        else:
            before = recalled.chunks
        try:
            planned = plan_windows(ticket, before, self.hop_seconds)
            windows = [self._window(place, ticket, before) for place in planned.windows]
        except AudioError as error:
            raise UnprocessableError(str(error)) from error
        if is_room(ticket.mic):
            self._measure(ticket, planned)
        return self._outputs(ticket, planned, windows, recalled)

    def bury(self, delivery: Delivery, error: UnprocessableError) -> Outputs:
        """Return tombstones for the windows that a chunk is the ticket for, and for the end of its session.

        For a chunk that cannot be read there is nothing to return: the next chunk's tombstones cover its gap.
        """
        try:
            ticket = AudioChunk.decode(delivery.body)
            before = self.lookback.chunks_before(delivery.stream, delivery.entry_id, ticket)
            planned = plan_windows(ticket, before, self.hop_seconds)
        except (MessageError, AudioError):
            return ()
        return self._without_sound(ticket, planned, Tombstone(TombstoneReason.POISON, str(error)))

    def pass_on(self, delivery: Delivery) -> Outputs | None:
        """Return None: each chunk needs work."""
        del delivery
        return None

    def room_of(self, delivery: Delivery) -> str | None:
        """Return the room of a chunk; None for a source that waits and for the self-test; raise MessageError."""
        ticket = AudioChunk.decode(delivery.body)
        return None if ticket.source_waits or not is_room(ticket.mic) else ticket.mic

    def give_up(self, delivery: Delivery, detail: str) -> Outputs:
        """Return tombstones for the windows that a chunk is the ticket for; raise what `handle` raises."""
        ticket = AudioChunk.decode(delivery.body)
        recalled = self.lookback.recall(delivery.stream, delivery.entry_id, ticket, with_sound=False)
        if recalled is None:
            before = self.lookback.chunks_before(delivery.stream, delivery.entry_id, ticket, with_sound=False)
        else:
            before = recalled.chunks
        try:
            planned = plan_windows(ticket, before, self.hop_seconds)
        except AudioError as error:
            raise UnprocessableError(str(error)) from error
        return self._without_sound(ticket, planned, Tombstone(TombstoneReason.OVERLOADED, detail), recalled)

    def _without_sound(
        self, ticket: AudioChunk, planned: WindowPlan, tombstone: Tombstone, recalled: Recollection | None = None
    ) -> Outputs:
        windows = [AudioWindow(header=_header(place, ticket), tombstone=tombstone) for place in planned.windows]
        return self._outputs(ticket, planned, windows, recalled)

    def _measure(self, ticket: AudioChunk, planned: WindowPlan) -> None:
        if planned.is_repeat:
            self.metrics.repeated_chunks.labels(ticket.mic).inc()
        self.metrics.lag_seconds.observe(max(0.0, self.clock.wall_seconds() - ticket.captured_at_seconds))
        if ticket.pcm:
            self.levels.note(ticket)

    def _window(self, place: PlannedWindow, ticket: AudioChunk, before: Sequence[AudioChunk]) -> AudioWindow:
        sound = sound_of(place, ticket, before)
        if isinstance(sound, Tombstone):
            return AudioWindow(header=_header(place, ticket), tombstone=sound)
        window = make_window(sound, ticket.sample_rate_hz, self.gain_db)
        header = replace(
            _header(place, ticket),
            level_dbfs=window.level_dbfs,
            gain_db=window.gain_db,
            clipped_samples=window.clipped_samples,
        )
        return AudioWindow(header=header, pcm=pcm_from_samples(window.samples))

    def _outputs(
        self, ticket: AudioChunk, planned: WindowPlan, windows: list[AudioWindow], recalled: Recollection | None
    ) -> Outputs:
        """Return the windows as outputs, with the end of the session after them if the ticket ends it."""
        if planned.ends_session:
            end = PlannedWindow(planned.session_windows, ticket.end_sample, ticket.end_sample)
            windows.append(
                AudioWindow(header=_header(end, ticket), tombstone=Tombstone(TombstoneReason.END_OF_SESSION))
            )

        def confirm() -> None:
            if recalled is not None:
                recalled.confirm()
            if is_room(ticket.mic):
                self._count(ticket.mic, windows)

        bodies = [window.encode() for window in windows]
        predecessor = b"" if recalled is None else recalled.predecessor
        return ProvisionalOutputs(bodies=bodies, confirm=confirm, predecessor=predecessor)

    def _count(self, room: str, windows: Sequence[AudioWindow]) -> None:
        for window in windows:
            if window.tombstone is None:
                self.metrics.windows.labels(room).inc()
                self.metrics.clipped_samples.labels(room).inc(window.header.clipped_samples)
                self.metrics.gain_db.labels(room).set(window.header.gain_db)
            else:
                self.metrics.tombstones.labels(room, window.tombstone.reason.name.lower()).inc()
                if window.tombstone.reason is TombstoneReason.OVERLOADED:
                    self.metrics.overloaded_windows.labels(room).inc()


def _header(place: PlannedWindow, ticket: AudioChunk) -> WindowHeader:
    rate_hz = ticket.sample_rate_hz
    return WindowHeader(
        mic=ticket.mic,
        session=ticket.session,
        index=place.index,
        start_seconds=place.start_sample / rate_hz,
        end_seconds=place.end_sample / rate_hz,
        captured_at_seconds=ticket.captured_at_seconds - (ticket.end_sample - place.end_sample) / rate_hz,
        source_waits=ticket.source_waits,
    )
