"""The flags of speech_commands' train.py, with its names and defaults, and one more; what each means, and may be."""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

PREPROCESSES: Final = ("mfcc", "average", "micro")
OPTIMIZERS: Final = ("gradient_descent", "momentum")
VERBOSITIES: Final = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_TRUE: Final = ("true", "t", "yes", "y", "on", "1")
_FALSE: Final = ("false", "f", "no", "n", "off", "0")


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag.

    Attributes:
        name: Without the dashes in front.
        default: Where it is not given.
        meaning: For `--help`.
        parse: Makes a value of its text.
        choices: All that it may be; None where that is no list.
        older: A name that it had.
    """

    name: str
    default: Any
    meaning: str
    parse: Callable[[str], Any] = str
    choices: tuple[str, ...] | None = None
    older: str | None = None

    @property
    def spellings(self) -> list[str]:
        """With the dashes in front, underlines within and dashes within."""
        names = [self.name, self.older] if self.older else [self.name]
        return list(dict.fromkeys(f"--{spelt}" for name in names for spelt in (name, name.replace("_", "-"))))

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Has a parser know it."""
        default = f"; default: {self.default if self.default != '' else 'empty'}"
        # A truth value may be left out: --quantize is --quantize=true.
        switch: dict[str, Any] = {"nargs": "?", "const": True} if self.parse is parse_bool else {}
        parser.add_argument(
            *self.spellings,
            dest=self.name,
            default=self.default,
            type=self.parse,
            choices=self.choices,
            metavar=None if self.choices else self.name.rpartition("_")[2].upper(),
            help=(self.meaning + default).replace("%", "%%"),
            **switch,
        )


def parse_bool(text: str) -> bool:
    """Reads a truth value: `False`, `no` and `0` are false.

    Raises:
        ArgumentTypeError: It is neither.
    """
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")


def _number(kind: type[int] | type[float], low: float, high: float = math.inf) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            noun = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {noun}") from None
        if not (math.isfinite(value) and low <= value <= high):
            at_most = f" to {high:g}" if math.isfinite(high) else " or more"
            raise argparse.ArgumentTypeError(f"{text} is out of range: {low:g}{at_most}")
        return value

    return parse


def _verbosity(text: str) -> str:
    if text.upper() not in VERBOSITIES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(VERBOSITIES)}")
    return text.upper()


_per_cent = _number(float, 0, 100)
_share = _number(float, 0, 1)
_count = _number(int, 1)
_length = _number(float, 0)

FLAGS: Final = (
    Flag(
        name="data_url",
        default="",
        meaning="a .tar.gz with a folder of WAVs for each label, fetched into --data_dir; empty: nothing is fetched",
    ),
    Flag(name="data_dir", default="/tmp/speech_dataset/", meaning="folder with a folder of WAVs for each label"),  # noqa: S108 - as train.py has it
    Flag(name="background_volume", default=0.1, meaning="how loud background noise is at most, 0 to 1", parse=_share),
    Flag(name="background_frequency", default=0.8, meaning="share of clips that have it, 0 to 1", parse=_share),
    Flag(
        name="silence_percentage",
        default=10.0,
        meaning="how many clips of silence to add, in % of those of the wanted words",
        parse=_length,
    ),
    Flag(
        name="unknown_percentage",
        default=10.0,
        meaning="how many clips of other folders to add, in % of those of the wanted words",
        parse=_length,
    ),
    Flag(
        name="time_shift_ms",
        default=100.0,
        meaning="how far clips are moved in training",
        parse=_number(float, 0, 3_600_000),
    ),
    Flag(name="testing_percentage", default=10, meaning="% of recordings for the test", parse=_per_cent),
    Flag(name="validation_percentage", default=10, meaning="% of recordings for validation", parse=_per_cent),
    Flag(name="sample_rate", default=16000, meaning="of the WAVs, Hz", parse=_number(int, 4000, 384_000)),
    Flag(
        name="clip_duration_ms", default=1000, meaning="what the network hears at once", parse=_number(int, 10, 60_000)
    ),
    Flag(name="window_size_ms", default=30.0, meaning="length of a slice of the spectrogram", parse=_length),
    Flag(name="window_stride_ms", default=10.0, meaning="from one slice to the next", parse=_length),
    Flag(
        name="feature_bin_count",
        default=40,
        meaning="features of a slice",
        parse=_number(int, 1, 512),
        older="dct_coefficient_count",
    ),
    Flag(
        name="upper_frequency_limit",
        default=0.0,
        meaning="highest frequency that the network hears, Hz; 0: all that --sample_rate holds (in train.py: 4000)",
        parse=_length,
        older="upper_frequency_hz",
    ),
    Flag(name="how_many_training_steps", default="15000,3000", meaning="steps of each phase"),
    Flag(name="eval_step_interval", default=400, meaning="steps from one validation to the next", parse=_count),
    Flag(name="learning_rate", default="0.001,0.0001", meaning="rate of each phase"),
    Flag(name="batch_size", default=100, meaning="clips a step", parse=_count),
    Flag(name="summaries_dir", default="/tmp/retrain_logs", meaning="TensorBoard's files; empty: none"),  # noqa: S108 - likewise
    Flag(
        name="wanted_words",
        default="yes,no,up,down,left,right,on,off,stop,go",
        meaning="folders to tell apart; all others are _unknown_",
    ),
    Flag(name="train_dir", default="/tmp/speech_commands_train", meaning="checkpoints, pictures, export"),  # noqa: S108 - likewise
    Flag(name="save_step_interval", default=100, meaning="steps from one checkpoint to the next", parse=_count),
    Flag(name="start_checkpoint", default="", meaning="checkpoint to go on from, e.g. training/conv.ckpt-400"),
    Flag(
        name="model_architecture",
        default="conv",
        meaning="single_fc, conv, low_latency_conv, low_latency_svdf, tiny_conv, tiny_embedding_conv or nursery",
    ),
    Flag(
        name="check_nans",
        default=False,
        meaning="name what in a step is the first to be no number, and not only that its loss is none",
        parse=parse_bool,
    ),
    Flag(name="quantize", default=False, meaning="export weights of eight bits", parse=parse_bool),
    Flag(name="preprocess", default="mfcc", meaning="what is made of a spectrogram", choices=PREPROCESSES),
    Flag(
        name="verbosity",
        default="INFO",
        meaning=f"the least that is printed: {', '.join(VERBOSITIES)}",
        parse=_verbosity,
    ),
    Flag(name="optimizer", default="gradient_descent", meaning="how weights are moved", choices=OPTIMIZERS),
)
