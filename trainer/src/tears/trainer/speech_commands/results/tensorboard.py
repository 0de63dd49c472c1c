"""Write accuracy and cross entropy, of training and of validation, for TensorBoard. Needs TensorFlow."""

import math
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.trainer.disk_writes import failed_writes_named, make_folder
from tears.trainer.speech_commands.results.history import TrainingStep

_SCALAR: Final = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class="DATA_CLASS_SCALAR"
)


class Summaries:
    """Writes `<folder>/train` and `<folder>/validation`; writes nothing if the folder's name is empty."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}
        for name in ("train", "validation") if folder else ():
            make_folder(Path(folder, name))
            self._writers[name] = tf.summary.create_file_writer(str(Path(folder, name)))

    def write_step(self, step: TrainingStep) -> None:
        """Write the figures of one step; raise WriteError if the disk does not take them."""
        values = {"accuracy": step.accuracy, "cross_entropy": step.cross_entropy, "learning_rate": step.rate}
        self._write("train", step.step, values)
        if not math.isnan(step.validation_accuracy):
            held = {"accuracy": step.validation_accuracy, "cross_entropy": step.validation_cross_entropy}
            self._write("validation", step.step, held)
            self._flush()

    def close(self) -> None:
        """Flush and close the files; raise WriteError if the disk does not take them."""
        self._flush()
        for writer in self._writers.values():
            writer.close()

    def _flush(self) -> None:
        with self._writing():
            for writer in self._writers.values():
                writer.flush()

    def _write(self, name: str, step: int, values: dict[str, float]) -> None:
        if name in self._writers:
            with self._writing(), self._writers[name].as_default(step):
                for tag, value in values.items():
                    # tf.summary.scalar does the same, but needs TensorBoard itself.
                    tf.summary.write(tag, tf.constant(value, tf.float32), metadata=_SCALAR)

    def _writing(self) -> AbstractContextManager[None]:
        return failed_writes_named(f"--summaries_dir: {self._folder}", tf.errors.OpError)
