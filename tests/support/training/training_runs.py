"""Run `tears-train` in this process, for seconds: short clips, a small network, few steps."""

import contextlib
import io
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from support.training.training_folders import flags

from tears.trainer.__main__ import main

STEPS = 12
SHORT_FLAGS = (
    "--model_architecture=tiny_conv",
    f"--how_many_training_steps={STEPS - 3},3",
    "--learning_rate=0.02,0.002",
    "--save_step_interval=2",
    "--eval_step_interval=4",
    "--batch_size=20",
)


@dataclass(frozen=True)
class FinishedRun:
    """The output and the files of a run of the command."""

    status: int
    out: str
    err: str
    folder: Path


def train(data: Path, train_dir: Path, *more: str) -> FinishedRun:
    """Run the command in this process, which has TensorFlow loaded."""
    out, err = io.StringIO(), io.StringIO()
    arguments = flags(data, *SHORT_FLAGS, f"--train_dir={train_dir}", f"--summaries_dir={train_dir}/logs", *more)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return FinishedRun(status, out.getvalue(), err.getvalue(), train_dir)


def scores_of(version: Path, sound: np.ndarray) -> dict[str, float]:
    """Return the scores that an exported model.tflite gives to a sound, by label."""
    runner = Interpreter(model_path=str(version / "model.tflite"), num_threads=1).get_signature_runner(
        "serving_default"
    )
    answers = runner(waveform=sound[np.newaxis].astype(np.float32))
    labels = (version / "labels.txt").read_text().split()
    return {label: float(answers[label].item()) for label in labels}


@contextlib.contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """Limit the size of files, which a program that writes one cannot tell from a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Python keeps the bytecode of a module even if the disk took only the beginning of it.
    writes_no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = writes_no_bytecode
        signal.signal(signal.SIGXFSZ, ignored)
