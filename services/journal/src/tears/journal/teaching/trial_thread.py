"""Let a taught ear listen beside the one in use, without a say: the thread that computes both scores."""

import contextlib
import logging
import queue
import threading
from collections import defaultdict
from dataclasses import dataclass

from tears.journal.errors import NoModelServerError
from tears.journal.teaching.teaching_metrics import TeachingMetrics
from tears.journal.teaching.trial_scores import TrialScores
from tears.journal.teaching.trial_windows import TrialWindows
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk
from tears.own_data.versions.decision_head import DecisionHead

logger = logging.getLogger(__name__)

# A minute of one room. What does not fit is dropped and counted: a trial may have holes, an alert may not.
_MOST_TRIED_CHUNKS = 60
_ANSWER_SECONDS = 1.0
_TRIAL_LOOK_SECONDS = 0.5


@dataclass(frozen=True, eq=False)
class Trial:
    """Two heads of the same model; `version` is the one that the server must answer with."""

    served: DecisionHead
    taught: DecisionHead
    version: int


class TrialThread:
    """A `SoundListener` of the follower, which never waits."""

    def __init__(
        self, server: str, scores: TrialScores, metrics: TeachingMetrics, clock: Clock, stop: threading.Event
    ) -> None:
        """Start nothing yet; the thread ends after `stop` was set."""
        self._server = server
        self._scores = scores
        self._metrics = metrics
        self._clock = clock
        self._stop = stop
        self._trial: Trial | None = None
        self._waiting: queue.Queue[AudioChunk] = queue.Queue(_MOST_TRIED_CHUNKS)
        self._rooms: dict[str, TrialWindows] = defaultdict(TrialWindows)
        self._thread = threading.Thread(target=self._run, name="trial")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self) -> None:
        """Block until the thread has ended."""
        self._thread.join()

    def compare(self, trial: Trial | None) -> None:
        """Begin a trial, or end it with None."""
        self._trial = trial

    def heard(self, mic: str, chunk: AudioChunk) -> None:
        """Take a chunk, if there is a trial."""
        del mic
        if self._trial is None:
            return
        try:
            self._waiting.put_nowait(chunk)
        except queue.Full:
            self._metrics.dropped_chunks.inc()

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            trial = self._trial
            if trial is None:
                # Sound of an earlier trial is of no use to the next one.
                self._rooms.clear()
                self._clock.wait(self._stop, _TRIAL_LOOK_SECONDS)
                continue
            try:
                self._listen(trial)
                backoff.reset()
            except (NoModelServerError, OSError) as error:
                self._metrics.failures.inc()
                logger.warning("the trial of a taught ear pauses: %s", error)
                self._clock.wait(self._stop, backoff.next_seconds())

    def _listen(self, trial: Trial) -> None:
        # gRPC takes 12 MiB, which a journal without a trial can do without.
        from tears.journal.teaching.served_features import open_features  # noqa: PLC0415 - see above

        with open_features(self._server, _ANSWER_SECONDS) as ask:
            while not self._stop.is_set() and self._trial is trial:
                with contextlib.suppress(queue.Empty):
                    chunk = self._waiting.get(timeout=_TRIAL_LOOK_SECONDS)
                    for at, window in self._rooms[chunk.mic].add(chunk):
                        features, version = ask(window.samples)
                        if version != trial.version:
                            continue
                        one = features[None]
                        served, taught = (float(head.scores(one)[0]) for head in (trial.served, trial.taught))
                        self._scores.add(chunk.mic, at, served, taught, window.level_dbfs)
                        self._metrics.windows.inc()
