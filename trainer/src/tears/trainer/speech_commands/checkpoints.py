"""Checkpoints: the weights, how the optimizer stands, the step, and what they belong to. Needs TensorFlow."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from tears.trainer.speech_commands.errors import CheckpointError, WriteError
from tears.trainer.speech_commands.network import Network
from tears.trainer.speech_commands.whole_files import cure, names_the_cure, native_reason, write_text

# As many as train.py kept.
KEPT: Final = 5

_SUFFIXES: Final = (".index", ".data-00000-of-00001")
_STRING: Final = "{}/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass(frozen=True)
class Description:
    """What a checkpoint belongs to.

    Attributes:
        architecture: Of the network.
        labels: In the order of its logits.
        settings: Of its clip and front end, by name.
        optimizer: That moved its weights.
    """

    architecture: str
    labels: tuple[str, ...]
    settings: Mapping[str, Any]
    optimizer: str

    def difference(self, other: "Description") -> str | None:
        """What keeps a checkpoint described like this from going on as another; None where nothing does."""
        if self.architecture != other.architecture:
            return (
                f"is of the architecture {self.architecture}, and --model_architecture is {other.architecture}: "
                f"go on with --model_architecture={self.architecture}, or leave --start_checkpoint out"
            )
        if self.labels != other.labels:
            return (
                f"knows the labels {', '.join(self.labels)}, and --wanted_words makes them {', '.join(other.labels)}: "
                "give it the same words in the same order"
            )
        # Eight bits are a matter of the export.
        for name in sorted((self.settings.keys() & other.settings.keys()) - {"quantize"}):
            mine, wanted = self.settings[name], other.settings[name]
            if mine != wanted:
                return f"was trained with {name} {mine}, and the flags make it {wanted}: give it the same flags"
        return None


class Checkpoints:
    """Writes the checkpoints of a run to its folder, and reads the one it starts from."""

    def __init__(self, folder: Path, network: Network, description: Description) -> None:
        self._folder = folder
        self._description = description
        self._name = f"{description.architecture}.ckpt"
        self._step = tf.Variable(0, dtype=tf.int64)
        text = json.dumps({**vars(description), "settings": dict(description.settings)}, sort_keys=True)
        self._network = network
        self._all = tf.train.Checkpoint(
            model=network.model,
            optimizer=network.optimizer,
            step=self._step,
            description=tf.Variable(text, dtype=tf.string),
        )
        self._written: list[Path] = []

    def path(self, step: int) -> Path:
        """Where the checkpoint of a step is, without the suffixes of its files."""
        return self._folder / f"{self._name}-{step}"

    def save(self, step: int) -> None:
        """Writes a checkpoint, and removes the oldest of this run beyond five.

        Raises:
            WriteError: The disk does not take it; what was there before still is.
        """
        path, draft = self.path(step), self._folder / f".{self._name}.part"
        self._step.assign(step)
        with names_the_cure(path):
            try:
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir()
                self._all.write(str(draft / "whole"))
                # The index goes last: without it there is no checkpoint.
                _file(path, ".index").unlink(missing_ok=True)
                for suffix in reversed(_SUFFIXES):
                    _file(draft / "whole", suffix).replace(_file(path, suffix))
            except tf.errors.OpError as error:
                raise WriteError(f"{path} cannot be written: {cure(native_reason(error.message))}") from error
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._written = [*(earlier for earlier in self._written if earlier != path), path]
            for old in self._written[:-KEPT]:
                for suffix in _SUFFIXES:
                    _file(old, suffix).unlink(missing_ok=True)
        self._written = self._written[-KEPT:]
        # What TensorFlow's own latest_checkpoint reads.
        names = [f'all_model_checkpoint_paths: "{kept.name}"\n' for kept in self._written]
        write_text(self._folder / "checkpoint", f'model_checkpoint_path: "{path.name}"\n' + "".join(names))

    def restore(self, start: str) -> int:
        """Sets the network to what a checkpoint holds.

        Args:
            start: Its path, without the suffixes of its files.

        Returns:
            The number of the last step that is in it.

        Raises:
            CheckpointError: There is none, it cannot be read, or it is of another network; the message names both.
        """
        path = _named(start)
        found = self._description_in(path)
        difference = found.difference(self._description)
        if difference:
            raise CheckpointError(f"{path} {difference}")
        parts: dict[str, Any] = {"model": self._network.model, "step": self._step}
        if found.optimizer == self._description.optimizer:
            parts["optimizer"] = self._network.optimizer
        try:
            tf.train.Checkpoint(**parts).read(str(path)).assert_existing_objects_matched().expect_partial()
        except (tf.errors.OpError, AssertionError, ValueError, RuntimeError, LookupError) as error:
            raise CheckpointError(f"{path} cannot be read ({_first_line(error)}); start from an earlier one") from error
        if path.parent.resolve() == self._folder.resolve():  # the same run goes on
            self._written = self._listed()
        return int(self._step.numpy())

    def _listed(self) -> list[Path]:
        state = tf.train.get_checkpoint_state(str(self._folder))
        names = [Path(listed).name for listed in state.all_model_checkpoint_paths] if state else []
        return [self._folder / name for name in names if _file(self._folder / name, ".index").exists()]

    def _description_in(self, path: Path) -> Description:
        name = _STRING.format("description")
        try:
            reader = tf.train.load_checkpoint(str(path))
            text = reader.get_tensor(name) if reader.has_tensor(name) else None
        # The reader's own errors, and what its bindings make of them.
        except (tf.errors.OpError, ValueError, RuntimeError, LookupError) as error:
            raise CheckpointError(f"{path} cannot be read ({_first_line(error)}); start from an earlier one") from error
        if text is None:
            raise CheckpointError(
                f"{path} is no checkpoint of tears-train: it does not say of which architecture it is. Those of "
                "TensorFlow 1 cannot be gone on with; leave --start_checkpoint out"
            )
        fields = json.loads(text)
        return Description(**{**fields, "labels": tuple(fields["labels"])})


def _named(start: str) -> Path:
    """The checkpoint that is meant: with or without the suffix of one of its files."""
    name = start
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    path = Path(name)
    if _file(path, ".index").is_file():
        return path
    folder = path if path.is_dir() else path.parent
    found = sorted(folder.glob("*.ckpt-*.index"), key=_step_of)
    there = f"the latest in {folder} is {str(found[-1]).removesuffix('.index')}" if found else f"{folder} has none"
    raise CheckpointError(f"--start_checkpoint: {start} is no checkpoint; {there}")


def _step_of(index: Path) -> int:
    number = re.search(r"\.ckpt-(\d+)\.index$", index.name)
    return int(number[1]) if number else -1


def _file(path: Path, suffix: str) -> Path:
    return Path(f"{path}{suffix}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
