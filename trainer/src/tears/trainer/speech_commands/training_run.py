"""A run of `tears-train`: recordings in; checkpoints, pictures and a servable model out. Needs TensorFlow."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

from tears.own_data.clips.splits import Split, all_labels
from tears.trainer.exporting.export import export
from tears.trainer.speech_commands.architectures import ModelSettings
from tears.trainer.speech_commands.checkpoints import Checkpoints, Description
from tears.trainer.speech_commands.flags import Flags
from tears.trainer.speech_commands.inference_time import time_one_window
from tears.trainer.speech_commands.input.fetching import fetch
from tears.trainer.speech_commands.input.recordings import find_recordings
from tears.trainer.speech_commands.input.sampling import Batch, Sampler
from tears.trainer.speech_commands.network import Network
from tears.trainer.speech_commands.phases import rate_at, total_steps
from tears.trainer.speech_commands.printed_lines import (
    Lines,
    Progress,
    confusion_lines,
    final_line,
    progress,
    step_line,
    validation_line,
)
from tears.trainer.speech_commands.results import pictures
from tears.trainer.speech_commands.results.answers import Answers
from tears.trainer.speech_commands.results.history import Step, read_history, write_history
from tears.trainer.speech_commands.results.tensorboard import Summaries
from tears.trainer.speech_commands.whole_files import make_folder, write_text

EXPORT_FOLDER = "export"


class Run:
    """One run, from flags to an exported model.

    Everything that can be found wrong is found before the first step: recordings, flags, folders, the checkpoint.
    """

    def __init__(self, flags: Flags, lines: Lines) -> None:
        self._flags = flags
        self._lines = lines
        self._folder = Path(flags.train_dir)
        self._labels = all_labels(flags.wanted_words)
        self._settings = _settings(flags, len(self._labels))
        if flags.data_url:
            for line in fetch(flags.data_url, Path(flags.data_dir)):
                lines.info(line)
        found = find_recordings(flags)
        for warning in found.warnings:
            lines.warning(warning)
        if not found.background:
            lines.warning(
                f"{flags.data_dir} has no folder _background_noise_: quiet noise stands in for it; "
                "some minutes of your empty room would be better"
            )
        self._sampler = Sampler(found, flags)
        for split in Split:
            counts = zip(self._labels, self._sampler.counts(split), strict=True)
            lines.debug(f"{split}: " + ", ".join(f"{count} {label}" for label, count in counts))
        self._network = Network(flags.model_architecture, self._settings, flags.optimizer, check_nans=flags.check_nans)
        lines.debug(f"{flags.model_architecture} has {self._network.model.count_params()} parameters")
        make_folder(self._folder)
        self._summaries = Summaries(flags.summaries_dir)
        description = Description(flags.model_architecture, self._labels, asdict(self._settings), flags.optimizer)
        self._checkpoints = Checkpoints(self._folder, self._network, description)
        self._done = self._checkpoints.restore(flags.start_checkpoint) if flags.start_checkpoint else 0
        self._history = read_history(self._history_path, self._done) if self._done else []
        self._validated: Answers | None = None

    @property
    def _history_path(self) -> Path:
        return self._folder / f"{self._flags.model_architecture}_history.csv"

    def go(self) -> Path:
        """Trains, tests, draws and exports.

        Returns:
            The folder of the exported version.

        Raises:
            TrainingError: A recording, the disk or the arithmetic fails; what is on the disk then is whole.
        """
        write_text(self._folder / f"{self._flags.model_architecture}_labels.txt", "\n".join(self._labels) + "\n")
        self._train()
        tested = self._test()
        self._draw(tested)
        model = self._network.model
        path = export(model, self._labels, self._folder / EXPORT_FOLDER, self._settings)
        self._lines.result(f"Exported to {path}: {time_one_window(path, self._settings.clip_samples)}")
        return path

    def _train(self) -> None:
        last = total_steps(self._flags.phases)
        self._lines.info(f"Training from step: {self._done + 1}")
        # The next step's clips are read and mixed while this one is learnt.
        with ThreadPoolExecutor(1) as ahead, progress(last) as bar:
            coming = ahead.submit(self._sampler.training_batch, self._done + 1)
            started = time.monotonic()
            for step in range(self._done + 1, last + 1):
                batch, coming = coming.result(), self._ahead(ahead, step + 1, last)
                self._step(step, batch, last=step == last, bar=bar)
            seconds = time.monotonic() - started
            if last > self._done:
                self._lines.debug(f"{(last - self._done) / seconds:.2f} steps/s")
        self._summaries.close()

    def _ahead(self, pool: ThreadPoolExecutor, step: int, last: int) -> Future[Batch]:
        return pool.submit(self._sampler.training_batch, min(step, last))

    def _step(self, step: int, batch: Batch, *, last: bool, bar: Progress) -> None:
        flags = self._flags
        rate = rate_at(flags.phases, step)
        accuracy, cross_entropy = self._network.learn(batch, step, rate)
        self._lines.info(step_line(step, rate, accuracy, cross_entropy))
        bar.reached(step, f"cross entropy {cross_entropy:.3f}")
        done = Step(step, rate, accuracy, cross_entropy)
        if step % flags.eval_step_interval == 0 or last:
            done = self._validate(done)
        self._history.append(done)
        self._summaries.step(done)
        if step % flags.save_step_interval == 0 or last:
            # The folder as it was given: "./training" and not "training".
            self._lines.info(f'Saving to "{flags.train_dir.rstrip("/")}/{self._checkpoints.path(step).name}"')
            self._checkpoints.save(step)
            write_history(self._history_path, self._history)

    def _validate(self, step: Step) -> Step:
        if not self._sampler.size(Split.VALIDATION):
            return step
        answers = self._network.answers(self._sampler.held_batches(Split.VALIDATION))
        self._validated = answers
        self._lines.info(confusion_lines(answers.confusion()))
        self._lines.info(validation_line(step.step, answers.accuracy, len(answers.truth)))
        return replace(step, validation_accuracy=answers.accuracy, validation_cross_entropy=answers.cross_entropy)

    def _test(self) -> tuple[str, Answers] | None:
        size = self._sampler.size(Split.TESTING)
        self._lines.info(f"set_size={size}")
        if not size:
            self._lines.warning("no recording falls into testing: there is no final test, and no figure to trust")
            return ("validation", self._validated) if self._validated else None
        answers = self._network.answers(self._sampler.held_batches(Split.TESTING))
        self._lines.result(confusion_lines(answers.confusion()))
        self._lines.result(final_line(answers.accuracy, size))
        return "test", answers

    def _draw(self, tested: tuple[str, Answers] | None) -> None:
        if self._history:
            curves = self._folder / "training_curves.png"
            pictures.draw_curves(curves, self._history, self._flags.model_architecture)
        if tested:
            of, answers = tested
            pictures.draw_confusion(self._folder / "confusion_matrix.png", answers, self._labels, of)
            pictures.draw_precision_recall(self._folder / "precision_recall.png", answers, self._labels, of)
            pictures.draw_reliability(self._folder / "reliability.png", answers, self._labels, of)


def _settings(flags: Flags, label_count: int) -> ModelSettings:
    return ModelSettings(
        label_count=label_count,
        sample_rate_hz=flags.sample_rate,
        clip_duration_ms=flags.clip_duration_ms,
        window_size_ms=flags.window_size_ms,
        window_stride_ms=flags.window_stride_ms,
        feature_bin_count=flags.feature_bin_count,
        preprocess=flags.preprocess,
        upper_frequency_hz=flags.upper_frequency_limit or None,
        quantize=flags.quantize,
    )
