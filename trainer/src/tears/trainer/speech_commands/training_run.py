"""Run a training from flags to an exported model, with checkpoints and pictures on the way. Needs TensorFlow."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from tears.own_data.clips.splits import Split, all_labels
from tears.trainer.disk_writes import make_folder, write_text
from tears.trainer.errors import WriteError
from tears.trainer.exporting.export import write_version
from tears.trainer.exporting.version_folders import draft_version, publish_version
from tears.trainer.speech_commands.checkpoints import Checkpoints, NetworkDescription
from tears.trainer.speech_commands.earlier_run import set_earlier_run_aside
from tears.trainer.speech_commands.flags import TrainerFlags
from tears.trainer.speech_commands.inference_time import time_one_window
from tears.trainer.speech_commands.input.preparation import architecture_settings, prepare_clips
from tears.trainer.speech_commands.input.sampling import ClipBatch, ClipSampler
from tears.trainer.speech_commands.network import Network
from tears.trainer.speech_commands.printed_lines import (
    LinePrinter,
    confusion_lines,
    final_line,
    progress_bar,
    step_line,
    validation_line,
)
from tears.trainer.speech_commands.results import pictures
from tears.trainer.speech_commands.results.answers import Answers
from tears.trainer.speech_commands.results.history import TrainingStep, read_steps, write_steps
from tears.trainer.speech_commands.results.tensorboard import Summaries

EXPORT_FOLDER: Final = "export"
CURVES_FILE: Final = "training_curves.png"
_PICTURES_OF_ANSWERS: Final = {
    "confusion_matrix.png": pictures.draw_confusion,
    "precision_recall.png": pictures.draw_precision_recall,
    "reliability.png": pictures.draw_reliability,
}


class TrainingRun:
    """One run of `tears-train`.

    The constructor finds everything that can be wrong before the first step: recordings, flags, folders, checkpoint.
    """

    def __init__(self, flags: TrainerFlags, lines: LinePrinter, sampler: ClipSampler | None = None) -> None:
        """Take the clips of `prepare_clips`; without them, find them."""
        self._flags = flags
        self._lines = lines
        self._folder = Path(flags.train_dir)
        self._labels = all_labels(flags.wanted_words)
        self._settings = architecture_settings(flags, len(self._labels))
        self._sampler = prepare_clips(flags, lines) if sampler is None else sampler
        self._network = Network(flags.model_architecture, self._settings, flags.optimizer, check_nans=flags.check_nans)
        lines.debug(f"{flags.model_architecture} has {self._network.model.count_params()} parameters")
        make_folder(self._folder)
        self._summaries = Summaries(flags.summaries_dir)
        description = NetworkDescription(
            flags.model_architecture, self._labels, asdict(self._settings), flags.optimizer
        )
        self._checkpoints = Checkpoints(self._folder, self._network, description)
        self._steps_done = self._checkpoints.restore(flags.start_checkpoint) if flags.start_checkpoint else 0
        self._labels_path = self._folder / f"{flags.model_architecture}_labels.txt"
        self._history_path = self._folder / f"{flags.model_architecture}_history.csv"
        self._history = read_steps(self._history_path, self._steps_done) if self._steps_done else []
        self._validated: Answers | None = None

    def train_and_export(self) -> Path:
        """Train, test, draw and export; return the folder of the exported version.

        Raises:
            TrainingError: The disk fails or the training diverges; the files on the disk are whole.
            OwnDataError: A recording fails; the files on the disk are whole.
        """
        # The first line, as in the blog's trainer.
        self._lines.info(f"Training from step: {self._steps_done + 1}")
        self._keep_earlier_run()
        write_text(self._labels_path, "\n".join(self._labels) + "\n")
        self._train()
        try:
            self._draw(*self._test())
            return self._export()
        except WriteError as error:
            is_new = self._steps_done < self._flags.last_step
            trained = self._checkpoints.path(self._flags.last_step) if is_new else self._flags.start_checkpoint
            again = f"the same flags with --start_checkpoint={trained} test and export it"
            raise WriteError(f"{error}. The trained network is kept: {again}") from error

    def _keep_earlier_run(self) -> None:
        """Keep what an earlier run has left in the folder, and say where it is."""
        results = (self._labels_path.name, self._history_path.name, CURVES_FILE, *_PICTURES_OF_ANSWERS)
        aside = set_earlier_run_aside(self._folder, self._flags.model_architecture, self._steps_done, results)
        if aside:
            self._lines.info(f"What an earlier run has left in {self._folder} is now in {aside}")

    def _export(self) -> Path:
        flags = self._flags
        with draft_version(self._folder / EXPORT_FOLDER) as draft:
            write_version(
                self._network.model, self._labels, draft, sample_rate_hz=flags.sample_rate, quantize=flags.quantize
            )
            path = publish_version(draft)
        self._lines.result(f"Exported to {path}: {time_one_window(path, self._settings.clip_samples)}")
        return path

    def _train(self) -> None:
        first, last = self._steps_done + 1, self._flags.last_step
        # The next step's clips are read and mixed in a thread during this step.
        with ThreadPoolExecutor(1) as reader, progress_bar(last) as show_progress:
            coming = reader.submit(self._sampler.training_batch, first)
            started = time.monotonic()
            for step in range(first, last + 1):
                batch, coming = coming.result(), reader.submit(self._sampler.training_batch, min(step + 1, last))
                self._train_step(step, batch, is_last=step == last, show_progress=show_progress)
            seconds = time.monotonic() - started
            if last >= first:
                self._lines.debug(f"{(last - first + 1) / seconds:.2f} steps/s")
        self._summaries.close()

    def _train_step(
        self, step: int, batch: ClipBatch, *, is_last: bool, show_progress: Callable[[int, str], None]
    ) -> None:
        flags = self._flags
        rate = flags.rate_at(step)
        accuracy, cross_entropy = self._network.learn(batch, step, rate)
        self._lines.info(step_line(step, rate, accuracy, cross_entropy))
        show_progress(step, f"cross entropy {cross_entropy:.3f}")
        done = TrainingStep(step, rate, accuracy, cross_entropy)
        if step % flags.eval_step_interval == 0 or is_last:
            done = self._validate(done)
        self._history.append(done)
        self._summaries.write_step(done)
        if step % flags.save_step_interval == 0 or is_last:
            # Print the folder as it was given: "./training" and not "training".
            self._lines.info(f'Saving to "{flags.train_dir.rstrip("/")}/{self._checkpoints.path(step).name}"')
            self._checkpoints.save(step)
            write_steps(self._history_path, self._history)

    def _validate(self, step: TrainingStep) -> TrainingStep:
        if not self._sampler.size(Split.VALIDATION):
            return step
        self._validated = answers = self._network.answers(self._sampler.plain_batches(Split.VALIDATION))
        self._lines.info(confusion_lines(answers.confusion()))
        self._lines.info(validation_line(step.step, answers.accuracy, len(answers.truth)))
        return replace(step, validation_accuracy=answers.accuracy, validation_cross_entropy=answers.cross_entropy)

    def _test(self) -> tuple[str, Answers | None]:
        """Return the name of the split that the pictures show, and the answers for it."""
        size = self._sampler.size(Split.TESTING)
        self._lines.info(f"set_size={size}")
        if not size:
            self._lines.warning("no recording falls into testing: there is no final test, and no reliable result")
            return "validation", self._validated
        answers = self._network.answers(self._sampler.plain_batches(Split.TESTING))
        self._lines.result(confusion_lines(answers.confusion()))
        self._lines.result(final_line(answers.accuracy, size))
        return "test", answers

    def _draw(self, split: str, answers: Answers | None) -> None:
        if self._history:
            pictures.draw_curves(self._folder / CURVES_FILE, self._history, self._flags.model_architecture)
        if answers:
            for name, draw in _PICTURES_OF_ANSWERS.items():
                draw(self._folder / name, answers, self._labels, split)
