"""The command line of the trainer: the blog's, as typed."""

from dataclasses import Field, fields
from typing import Any

import pytest

from tears.trainer.command_line import parse_bool
from tears.trainer.speech_commands.flags import TrainerFlags, parse_trainer_flags

BLOG = [
    "--data_url=",
    "--data_dir=./data",
    "--wanted_words=silence,crying",
    "--sample_rate=22050",
    "--clip_duration_ms=5000",
    "--how_many_training_steps=1000,200",
    "--learning_rate=0.001,0.0001",
    "--train_dir=./training",
]

# speech_commands' train.py, of TensorFlow 1.15; data_url is empty here, because nothing is fetched unless a flag asks
# for it.
ORIGINAL = {
    "data_url": "",
    "data_dir": "/tmp/speech_dataset/",  # noqa: S108 - the original's
    "background_volume": 0.1,
    "background_frequency": 0.8,
    "silence_percentage": 10.0,
    "unknown_percentage": 10.0,
    "time_shift_ms": 100.0,
    "testing_percentage": 10,
    "validation_percentage": 10,
    "sample_rate": 16000,
    "clip_duration_ms": 1000,
    "window_size_ms": 30.0,
    "window_stride_ms": 10.0,
    "feature_bin_count": 40,
    "how_many_training_steps": (15000, 3000),
    "eval_step_interval": 400,
    "learning_rate": (0.001, 0.0001),
    "batch_size": 100,
    "summaries_dir": "/tmp/retrain_logs",  # noqa: S108 - likewise
    "wanted_words": "yes,no,up,down,left,right,on,off,stop,go",
    "train_dir": "/tmp/speech_commands_train",  # noqa: S108 - likewise
    "save_step_interval": 100,
    "start_checkpoint": "",
    "model_architecture": "conv",
    "check_nans": False,
    "quantize": False,
    "preprocess": "mfcc",
    "verbosity": "INFO",
    "optimizer": "gradient_descent",
}
FLAGS = fields(TrainerFlags)


def default_text(flag: Field[Any]) -> str:
    """Return the default as it is typed."""
    default: object = flag.default
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        parse_trainer_flags(arguments)
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    return printed


def test_the_blogs_command_is_accepted_as_typed() -> None:
    flags = parse_trainer_flags(BLOG)

    assert flags.wanted_words == ("silence", "crying")
    assert flags.clip_samples == 110_250
    assert flags.time_shift_samples == 2205
    assert (flags.how_many_training_steps, flags.learning_rate) == ((1000, 200), (0.001, 0.0001))
    assert (flags.data_url, flags.data_dir, flags.train_dir) == ("", "./data", "./training")
    assert flags.model_architecture == "conv"


def test_every_flag_of_the_original_exists_with_its_default() -> None:
    defaults: dict[str, Any] = {flag.name: flag.default for flag in FLAGS}

    assert ORIGINAL.items() <= {**defaults, "wanted_words": ",".join(defaults["wanted_words"])}.items()
    assert parse_trainer_flags([]).batch_size == 100


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_a_flag_may_contain_dashes_and_be_followed_by_a_blank_or_an_equals_sign(flag: Field[Any]) -> None:
    expected = parse_trainer_flags([])
    for spelling in (f"--{flag.name}", f"--{flag.name.replace('_', '-')}"):
        value = default_text(flag)
        assert parse_trainer_flags([f"{spelling}={value}"]) == expected
        assert parse_trainer_flags([spelling, value]) == expected


def test_the_older_name_of_the_feature_count_still_works() -> None:
    assert parse_trainer_flags(["--dct_coefficient_count=20"]).feature_bin_count == 20
    assert parse_trainer_flags(["--dct-coefficient-count", "20"]).feature_bin_count == 20


@pytest.mark.parametrize("text", ["False", "false", "0", "no", "off"])
def test_false_is_false(text: str) -> None:
    assert parse_bool(text) is False
    assert parse_trainer_flags([f"--quantize={text}", "--check_nans", text]).quantize is False


def test_the_value_of_a_truth_flag_may_be_left_out() -> None:
    flags = parse_trainer_flags(["--check_nans", "--quantize=True", "--batch_size=3"])

    assert (flags.check_nans, flags.quantize, flags.batch_size) == (True, True, 3)


def test_a_text_that_is_neither_true_nor_false_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "neither true nor false" in refusal(capsys, "--quantize=perhaps")


def test_no_frequencies_are_cut_off_unless_a_limit_is_given() -> None:
    assert parse_trainer_flags(BLOG).upper_frequency_limit == 0
    assert parse_trainer_flags([*BLOG, "--upper_frequency_limit=4000"]).upper_frequency_limit == 4000


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--wanted_word=a"], "did you mean --wanted_words?"),
        (["--wanted_words=a,,b"], "--wanted_words"),
        (["--wanted_words=a,b,A"], "'a' twice"),
        (["--wanted_words=_silence_,a"], "_silence_"),
        (["--wanted_words=../a"], "'../a'"),
        (["--wanted_words=a\u00a0b"], "cannot be a label: use printable characters"),
        (["--how_many_training_steps=10"], "1 phases (10)"),
        (["--how_many_training_steps=10,x"], "'x'"),
        (["--how_many_training_steps=0,0"], "no phase has a step"),
        (["--learning_rate=0.1,-1"], "-1"),
        (["--learning_rate=0.1,nan"], "nan"),
        (["--learning_rate=0.1,0"], "a rate must be above 0"),
        (["--sample_rate=fast"], "'fast' is not a whole number"),
        (["--sample_rate=100"], "4000 to 384000"),
        (["--batch_size=0"], "1 or more"),
        (["--background_volume=2"], "0 to 1"),
        (["--preprocess=fft"], "mfcc"),
        (["--optimizer=adam"], "gradient_descent"),
        (["--verbosity=loud"], "DEBUG, INFO, WARN, ERROR, FATAL"),
        (["--validation_percentage=60", "--testing_percentage=40"], "leave nothing to train on"),
        (["--upper_frequency_limit=9000"], "nothing above 8000 Hz"),
        (["--window_size_ms=2000"], "--window_size_ms"),
        (["--window_stride_ms=0.01"], "--window_stride_ms"),
        (["data"], "data"),
    ],
)
def test_flags_that_make_no_sense_are_refused_in_one_line(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert named in refusal(capsys, *arguments)


def test_a_flag_that_is_spelt_correctly_gets_no_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_trainer_flags([*BLOG, "--eval_step_interval=0"])
    printed = capsys.readouterr().err
    assert "--eval_step_interval" in printed
    assert "did you mean" not in printed


def test_help_names_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse_trainer_flags(["--help"])

    assert exit_.value.code == 0
    printed = capsys.readouterr().out
    assert all(f"--{flag.name}" in printed for flag in FLAGS)


def test_every_phase_has_its_rate() -> None:
    flags = parse_trainer_flags(["--how_many_training_steps=2,0,1", "--learning_rate=0.3,0.2,0.1"])

    assert flags.last_step == 3
    assert [flags.rate_at(step) for step in (1, 2, 3)] == [0.3, 0.3, 0.1]
    with pytest.raises(ValueError, match="after the last step, 3"):
        flags.rate_at(4)


def test_upper_and_lower_case_do_not_matter_for_verbosity() -> None:
    flags: TrainerFlags = parse_trainer_flags(["--verbosity=warn"])

    assert flags.verbosity == "WARN"
