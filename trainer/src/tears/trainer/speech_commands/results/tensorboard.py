"""What TensorBoard shows: accuracy and cross entropy, of training and of validation. Needs TensorFlow."""

from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.trainer.speech_commands.errors import WriteError
from tears.trainer.speech_commands.results.history import Step
from tears.trainer.speech_commands.whole_files import cure, make_folder, native_reason

_SCALAR: Final = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class="DATA_CLASS_SCALAR"
)


class Summaries:
    """Writes `<folder>/train` and `<folder>/validation`; nothing where there is no folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}
        if folder:
            for name in ("train", "validation"):
                make_folder(Path(folder, name))
                self._writers[name] = tf.summary.create_file_writer(str(Path(folder, name)))

    def step(self, step: Step) -> None:
        """The figures of one step.

        Raises:
            WriteError: The disk does not take them.
        """
        values = {"accuracy": step.accuracy, "cross_entropy": step.cross_entropy, "learning_rate": step.rate}
        self._write("train", step.step, values)
        # NaN: validation was not looked at.
        if step.validation_accuracy == step.validation_accuracy:
            held = {"accuracy": step.validation_accuracy, "cross_entropy": step.validation_cross_entropy}
            self._write("validation", step.step, held)
            self.flush()

    def flush(self) -> None:
        """Has what was written so far on the disk.

        Raises:
            WriteError: The disk does not take it.
        """
        for writer in self._writers.values():
            try:
                writer.flush()
            except tf.errors.OpError as error:
                raise self._error(error) from error

    def close(self) -> None:
        """Flushes, and ends the files."""
        self.flush()
        for writer in self._writers.values():
            writer.close()

    def _write(self, name: str, step: int, values: dict[str, float]) -> None:
        if name in self._writers:
            try:
                with self._writers[name].as_default(step):
                    for tag, value in values.items():
                        # What tf.summary.scalar does, which needs TensorBoard itself.
                        tf.summary.write(tag, tf.constant(value, tf.float32), metadata=_SCALAR)
            except tf.errors.OpError as error:
                raise self._error(error) from error

    def _error(self, error: Any) -> WriteError:
        return WriteError(f"--summaries_dir: {self._folder} cannot be written: {cure(native_reason(error.message))}")
