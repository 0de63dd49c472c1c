"""The command line of `tears-train`, read once."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from tears.trainer.command_line import FLAGS
from tears.trainer.speech_commands.phases import Phase, parse_phases


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What was asked for, each as its flag is called; `flag_table` says what each means.

    Attributes:
        wanted_words: Never empty, no two alike.
        phases: Of `--how_many_training_steps` and `--learning_rate`.
        upper_frequency_limit: Hz; 0 for the whole band.
    """

    data_url: str
    data_dir: str
    background_volume: float
    background_frequency: float
    silence_percentage: float
    unknown_percentage: float
    time_shift_ms: float
    testing_percentage: float
    validation_percentage: float
    sample_rate: int
    clip_duration_ms: int
    window_size_ms: float
    window_stride_ms: float
    feature_bin_count: int
    upper_frequency_limit: float
    phases: tuple[Phase, ...]
    eval_step_interval: int
    batch_size: int
    summaries_dir: str
    wanted_words: tuple[str, ...]
    train_dir: str
    save_step_interval: int
    start_checkpoint: str
    model_architecture: str
    check_nans: bool
    quantize: bool
    preprocess: str
    verbosity: str
    optimizer: str

    @property
    def clip_samples(self) -> int:
        """How many samples a clip has."""
        return self.sample_rate * self.clip_duration_ms // 1000

    @property
    def time_shift_samples(self) -> int:
        """By how many samples a clip is moved at most."""
        return int(self.time_shift_ms * self.sample_rate / 1000)


class OneLineParser(argparse.ArgumentParser):
    """Tells of an error in one line, and names the flag that was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Ends the process with status 2."""
        unknown, _, _ = message.partition(":")
        if unknown != "unrecognized arguments":  # it names the flag
            self.exit(2, f"{self.prog}: {message}\n")
        known = [option for action in self._actions for option in action.option_strings]
        for word in message.split():
            name = word.split("=")[0]
            near = difflib.get_close_matches(name, known, 1) if name.startswith("--") and name not in known else []
            if near:
                message += f"; did you mean {near[0]}?"
                break
        self.exit(2, f"{self.prog}: {message}\n")


def parse_flags(arguments: Sequence[str] | None = None) -> Flags:
    """Reads the command line.

    Args:
        arguments: Without the program's name; those of this process where none are given.

    Raises:
        SystemExit: A flag is unknown or out of range (status 2), or `--help` was asked for (0).
    """
    parser = _parser()
    parsed = vars(parser.parse_args(sys.argv[1:] if arguments is None else list(arguments)))
    try:
        phases = parse_phases(parsed.pop("how_many_training_steps"), parsed.pop("learning_rate"))
        words = parse_words(parsed.pop("wanted_words"))
    except ValueError as error:
        parser.error(str(error))
    flags = Flags(phases=phases, wanted_words=words, **parsed)
    complaint = _contradiction(flags)
    if complaint:
        parser.error(complaint)
    return flags


def parse_words(text: str) -> tuple[str, ...]:
    """Reads the wanted words, in the order of their labels.

    Raises:
        ValueError: There is none, one stands twice, or one is a name that labels or folders of the trainer have.
    """
    words = tuple(word.strip() for word in text.split(","))
    lower = [word.lower() for word in words]
    for word in words:
        if not word:
            raise ValueError("--wanted_words takes names of folders with commas between, e.g. quiet,crying")
        if lower.count(word.lower()) > 1:
            raise ValueError(f"--wanted_words names {word!r} twice")
        if word.lower() in {"_silence_", "_unknown_", "_background_noise_"}:
            raise ValueError(f"--wanted_words: {word} has a meaning of its own, and is no word to want")
        if "/" in word or word in {".", ".."}:
            raise ValueError(f"--wanted_words takes names of folders in --data_dir, not the path {word!r}")
        if not word.isprintable():
            raise ValueError(f"--wanted_words: {word!r} cannot be a label: use printable characters; rename its folder")
    return words


def _contradiction(flags: Flags) -> str | None:
    nyquist_hz = flags.sample_rate / 2
    if flags.validation_percentage + flags.testing_percentage >= 100:  # noqa: PLR2004 - per cent
        return "--validation_percentage and --testing_percentage leave nothing to train on: together below 100"
    if flags.upper_frequency_limit > nyquist_hz:
        return f"--upper_frequency_limit: {flags.sample_rate} Hz of --sample_rate hold nothing above {nyquist_hz:g} Hz"
    if flags.window_size_ms > flags.clip_duration_ms:
        return "--window_size_ms is longer than --clip_duration_ms: a clip holds no window"
    if flags.window_size_ms * flags.sample_rate < 2000:  # noqa: PLR2004 - 2 samples, in thousandths
        return "--window_size_ms is shorter than two samples"
    if flags.window_stride_ms * flags.sample_rate < 1000:  # noqa: PLR2004 - 1 sample, in thousandths
        return "--window_stride_ms is shorter than a sample"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="tears-train",
        allow_abbrev=False,
        description="Trains a network on folders of WAVs, tests it, and exports it for serving.",
        epilog="Every flag may be written with dashes as well, and as `--flag value` or `--flag=value`. "
        "`tears-train --fine_tune --help`: adapts the shipped model to clips of your own.",
    )
    for flag in FLAGS:
        flag.add_to(parser)
    return parser
