"""The flags of `tears-train`: those of speech_commands' train.py, with its names and defaults, and a few more."""

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tears.trainer.command_line import FlagParser, comma_separated, flag, number_between, parse_bool
from tears.trainer.speech_commands.architectures.settings import PREPROCESSES

OPTIMIZERS: Final = ("gradient_descent", "momentum")
VERBOSITIES: Final = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")
ARCHITECTURE_NAMES: Final = (
    "single_fc",
    "conv",
    "low_latency_conv",
    "low_latency_svdf",
    "tiny_conv",
    "tiny_embedding_conv",
    "nursery",
)
_RESERVED_WORDS: Final = ("_silence_", "_unknown_", "_background_noise_")

_percentage = number_between(float, 0, 100)
_share = number_between(float, 0, 1)
_count = number_between(int, 1)
_not_negative = number_between(float, 0)


def _parse_verbosity(text: str) -> str:
    if text.upper() not in VERBOSITIES:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(VERBOSITIES)}")
    return text.upper()


def _parse_words(text: str) -> tuple[str, ...]:
    """Parse the wanted words, in the order of their labels; no word may occur twice."""
    words = tuple(word.strip() for word in text.split(","))
    lower = [word.lower() for word in words]
    for word in words:
        if not word:
            raise argparse.ArgumentTypeError("give the names of folders with commas between, e.g. quiet,crying")
        if lower.count(word.lower()) > 1:
            raise argparse.ArgumentTypeError(f"names {word!r} twice")
        if word.lower() in _RESERVED_WORDS:
            raise argparse.ArgumentTypeError(f"{word} has a meaning of its own and cannot be a wanted word")
        if "/" in word or word in {".", ".."}:
            raise argparse.ArgumentTypeError(f"give the names of folders in --data_dir, not the path {word!r}")
        if not word.isprintable():
            raise argparse.ArgumentTypeError(
                f"{word!r} cannot be a label: use printable characters, and rename its folder"
            )
    return words


@dataclass(frozen=True, kw_only=True)
class TrainerFlags:
    """The command line of a training run; each field is a flag.

    Raises:
        ValueError: Flags contradict each other; the message names them.
    """

    data_url: str = flag(
        "", "archive (.tar.gz) with a folder of WAVs for each label, to fetch into --data_dir; empty: fetch nothing"
    )
    data_dir: str = flag("/tmp/speech_dataset/", "folder that contains a folder of WAVs for each label")  # noqa: S108 - as train.py has it
    background_volume: float = flag(0.1, "loudest background noise to mix in, 0 to 1", parse=_share)
    background_frequency: float = flag(0.8, "share of clips with background noise, 0 to 1", parse=_share)
    silence_percentage: float = flag(
        10.0, "clips of silence to add, in % of the clips of the wanted words", parse=_not_negative
    )
    unknown_percentage: float = flag(
        10.0, "clips of other folders to add, in % of the clips of the wanted words", parse=_not_negative
    )
    time_shift_ms: float = flag(
        100.0, "farthest that a clip is shifted in time in training", parse=number_between(float, 0, 3_600_000)
    )
    testing_percentage: float = flag(10, "% of recordings for the test", parse=_percentage)
    validation_percentage: float = flag(10, "% of recordings for validation", parse=_percentage)
    sample_rate: int = flag(16000, "sample rate of the WAVs in Hz", parse=number_between(int, 4000, 384_000))
    clip_duration_ms: int = flag(1000, "length of a clip, the network's input", parse=number_between(int, 10, 60_000))
    window_size_ms: float = flag(30.0, "length of a frame of the spectrogram", parse=_not_negative)
    window_stride_ms: float = flag(10.0, "time from one frame to the next", parse=_not_negative)
    feature_bin_count: int = flag(
        40, "features in a frame", parse=number_between(int, 1, 512), older_name="dct_coefficient_count"
    )
    upper_frequency_limit: float = flag(
        0.0,
        "highest frequency that the network receives, in Hz; 0: half of --sample_rate (in train.py: 4000)",
        parse=_not_negative,
        older_name="upper_frequency_hz",
    )
    how_many_training_steps: tuple[int, ...] = flag(
        (15000, 3000), "number of steps in each phase", parse=comma_separated(number_between(int, 0))
    )
    eval_step_interval: int = flag(400, "steps from one validation to the next", parse=_count)
    learning_rate: tuple[float, ...] = flag(
        (0.001, 0.0001), "learning rate in each phase", parse=comma_separated(number_between(float, 0))
    )
    batch_size: int = flag(100, "clips in a step", parse=_count)
    summaries_dir: str = flag("/tmp/retrain_logs", "folder for TensorBoard's files; empty: write none")  # noqa: S108 - likewise
    wanted_words: tuple[str, ...] = flag(
        ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"),
        "folders to tell apart; all others are _unknown_",
        parse=_parse_words,
    )
    train_dir: str = flag("/tmp/speech_commands_train", "folder for checkpoints, pictures and the export")  # noqa: S108 - likewise
    save_step_interval: int = flag(100, "steps from one checkpoint to the next", parse=_count)
    start_checkpoint: str = flag("", "checkpoint to continue from, e.g. training/conv.ckpt-400")
    model_architecture: str = flag("conv", f"{', '.join(ARCHITECTURE_NAMES[:-1])} or {ARCHITECTURE_NAMES[-1]}")
    check_nans: bool = flag(
        default=False,
        meaning="report the first tensor of a step that is NaN or infinite, not only that the loss is",
        parse=parse_bool,
        is_switch=True,
    )
    quantize: bool = flag(default=False, meaning="export weights of eight bits", parse=parse_bool, is_switch=True)
    preprocess: str = flag("mfcc", "features to compute from the spectrogram", choices=PREPROCESSES)
    verbosity: str = flag("INFO", f"lowest level to print: {', '.join(VERBOSITIES)}", parse=_parse_verbosity)
    optimizer: str = flag("gradient_descent", "how to change the weights", choices=OPTIMIZERS)

    def __post_init__(self) -> None:
        steps, rates = self.how_many_training_steps, self.learning_rate
        held_out = self.validation_percentage + self.testing_percentage
        nyquist_hz = self.sample_rate / 2
        contradictions = {
            f"--how_many_training_steps has {len(steps)} phases ({', '.join(map(str, steps))}), --learning_rate "
            f"{len(rates)} ({', '.join(map(str, rates))}): give one rate for each phase": len(steps) != len(rates),
            "--how_many_training_steps: no phase has a step": not sum(steps),
            "--learning_rate: a rate must be above 0": not all(rates),
            "--validation_percentage and --testing_percentage leave nothing to train on: together below 100": (
                held_out >= 100  # noqa: PLR2004 - per cent
            ),
            f"--upper_frequency_limit: --sample_rate={self.sample_rate} holds nothing above {nyquist_hz:g} Hz": (
                self.upper_frequency_limit > nyquist_hz
            ),
            "--window_size_ms is longer than --clip_duration_ms: a clip must hold a window": (
                self.window_size_ms > self.clip_duration_ms
            ),
            "--window_size_ms is shorter than two samples": self.window_size_ms * self.sample_rate < 2 * 1000,
            "--window_stride_ms is shorter than one sample": self.window_stride_ms * self.sample_rate < 1 * 1000,
        }
        for complaint, is_true in contradictions.items():
            if is_true:
                raise ValueError(complaint)

    @property
    def clip_samples(self) -> int:
        """Return the number of samples in a clip."""
        return self.sample_rate * self.clip_duration_ms // 1000

    @property
    def time_shift_samples(self) -> int:
        """Return the largest number of samples that a clip is shifted by."""
        return int(self.time_shift_ms * self.sample_rate / 1000)

    @property
    def last_step(self) -> int:
        """Return the number of the last training step; the first is 1."""
        return sum(self.how_many_training_steps)

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step; raise ValueError for one after the last."""
        for last_of_phase, rate in zip(
            itertools.accumulate(self.how_many_training_steps), self.learning_rate, strict=True
        ):
            if step <= last_of_phase:
                return rate
        raise ValueError(f"step {step} is after the last step, {self.last_step}")


def parse_trainer_flags(arguments: Sequence[str] | None = None) -> TrainerFlags:
    """Parse the command line of `tears-train`, by default that of this process; raise as `FlagParser.parse_flags`."""
    parser = FlagParser(
        TrainerFlags,
        prog="tears-train",
        description="Train a network on folders of WAVs, test it, and export it for serving.",
        epilog="Every flag can also be written with dashes, and as `--flag value` or `--flag=value`. "
        "`./tears-train --fine_tune --help` adapts the shipped model to clips of your own.",
    )
    return parser.parse_flags(sys.argv[1:] if arguments is None else arguments)
