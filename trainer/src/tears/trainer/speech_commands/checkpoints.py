"""Save and restore checkpoints: weights, optimizer, step, and the description of their network. Needs TensorFlow."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.trainer.disk_writes import failed_writes_named, write_text
from tears.trainer.errors import CheckpointError
from tears.trainer.speech_commands.checkpoint_paths import CHECKPOINT_SUFFIXES, checkpoint_file, existing_checkpoint
from tears.trainer.speech_commands.network import Network

# train.py kept the same number.
KEPT_CHECKPOINTS: Final = 5

_DESCRIPTION_KEY: Final = "description/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass(frozen=True)
class NetworkDescription:
    """The description of the network that a checkpoint belongs to."""

    architecture: str
    labels: tuple[str, ...]  # in the order of the network's logits
    settings: Mapping[str, Any]  # of clip and front end, by name
    optimizer: str

    def difference(self, other: "NetworkDescription") -> str | None:
        """Return why another network cannot continue from a checkpoint of this one; None if it can."""
        if self.architecture != other.architecture:
            return (
                f"has the architecture {self.architecture}, and --model_architecture is {other.architecture}: "
                f"go on with --model_architecture={self.architecture}, or leave --start_checkpoint out"
            )
        if self.labels != other.labels:
            return (
                f"has the labels {', '.join(self.labels)}, and --wanted_words makes them {', '.join(other.labels)}: "
                "give the same words in the same order"
            )
        # Quantization concerns the export only.
        for name in sorted((self.settings.keys() & other.settings.keys()) - {"quantize"}):
            mine, wanted = self.settings[name], other.settings[name]
            if mine != wanted:
                return f"was trained with {name} {mine}, and the flags make it {wanted}: give the same flags"
        return None


class Checkpoints:
    """Saves the checkpoints of a run to its folder, and restores the one that it starts from."""

    def __init__(self, folder: Path, network: Network, description: NetworkDescription) -> None:
        self._folder = folder
        self._description = description
        self._name = f"{description.architecture}.ckpt"
        self._step = tf.Variable(0, dtype=tf.int64)
        self._network = network
        self._all = tf.train.Checkpoint(
            model=network.model,
            optimizer=network.optimizer,
            step=self._step,
            description=tf.Variable(json.dumps(asdict(description), sort_keys=True), dtype=tf.string),
        )
        self._saved: list[Path] = []

    def path(self, step: int) -> Path:
        """Return the path of a step's checkpoint, without the suffixes of its files."""
        return self._folder / f"{self._name}-{step}"

    def save(self, step: int) -> None:
        """Save a checkpoint, and remove the oldest ones of this run beyond five.

        Raises:
            WriteError: The disk does not take it; the earlier checkpoints are still there.
        """
        path, draft = self.path(step), self._folder / f".{self._name}.part"
        self._step.assign(step)
        with failed_writes_named(path, tf.errors.OpError):
            try:
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir()
                self._all.write(str(draft / "whole"))
                # The index is moved last: a checkpoint without it does not count as one.
                checkpoint_file(path, ".index").unlink(missing_ok=True)
                for suffix in reversed(CHECKPOINT_SUFFIXES):
                    checkpoint_file(draft / "whole", suffix).replace(checkpoint_file(path, suffix))
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._saved = [*(earlier for earlier in self._saved if earlier != path), path]
            for old in self._saved[:-KEPT_CHECKPOINTS]:
                for suffix in CHECKPOINT_SUFFIXES:
                    checkpoint_file(old, suffix).unlink(missing_ok=True)
        self._saved = self._saved[-KEPT_CHECKPOINTS:]
        # TensorFlow's own latest_checkpoint reads this file.
        names = [f'all_model_checkpoint_paths: "{kept.name}"\n' for kept in self._saved]
        write_text(self._folder / "checkpoint", f'model_checkpoint_path: "{path.name}"\n' + "".join(names))

    def restore(self, start: str) -> int:
        """Restore the network and its optimizer from a checkpoint, and return the number of its step.

        `start` is the checkpoint's path, with or without the suffix of one of its files.

        Raises:
            CheckpointError: There is none, it cannot be read, or it belongs to another network; the message names both.
        """
        path = existing_checkpoint(start)
        found = _description_in(path)
        difference = found.difference(self._description)
        if difference:
            raise CheckpointError(f"{path} {difference}")
        parts: dict[str, Any] = {"model": self._network.model, "step": self._step}
        if found.optimizer == self._description.optimizer:
            parts["optimizer"] = self._network.optimizer
        try:
            tf.train.Checkpoint(**parts).read(str(path)).assert_existing_objects_matched().expect_partial()
        except (tf.errors.OpError, AssertionError, ValueError, RuntimeError, LookupError) as error:
            raise _cannot_read(path, error) from error
        if path.parent.resolve() == self._folder.resolve():  # the same run goes on
            self._saved = self._listed()
        return int(self._step.numpy())

    def _listed(self) -> list[Path]:
        state = tf.train.get_checkpoint_state(str(self._folder))
        names = [Path(listed).name for listed in state.all_model_checkpoint_paths] if state else []
        return [self._folder / name for name in names if checkpoint_file(self._folder / name, ".index").exists()]


def _description_in(path: Path) -> NetworkDescription:
    try:
        reader = tf.train.load_checkpoint(str(path))
        text = reader.get_tensor(_DESCRIPTION_KEY) if reader.has_tensor(_DESCRIPTION_KEY) else None
    # The last two come from the Python bindings of TensorFlow's reader.
    except (tf.errors.OpError, ValueError, RuntimeError, LookupError) as error:
        raise _cannot_read(path, error) from error
    if text is None:
        raise CheckpointError(
            f"{path} is not a checkpoint of tears-train: it does not name its architecture. Checkpoints of "
            "TensorFlow 1 cannot be continued; leave --start_checkpoint out"
        )
    fields = json.loads(text)
    return NetworkDescription(**{**fields, "labels": tuple(fields["labels"])})


def _cannot_read(path: Path, error: Exception) -> CheckpointError:
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return CheckpointError(f"{path} cannot be read ({first_line}); start from an earlier one")
