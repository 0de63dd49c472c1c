"""The flags of `tears-train --fine_tune`."""

import pytest

from tears.own_data.sounds import rehearsal
from tears.trainer.fine_tuning.flags import LARGEST_SEED, parse_fine_tune_flags


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        parse_fine_tune_flags(["--fine_tune", *words])
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("tears-train --fine_tune: ")
    assert printed.count("\n") == 1
    return printed


@pytest.mark.parametrize("word", ["--sample_rate=16000", "--epochs=0", "--testing_percentage=100", "--fine_tune=no"])
def test_flags_out_of_range_are_refused_in_one_line(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert word.partition("=")[0] in refusal(capsys, "--data_dir=x", word)


def test_a_mistyped_flag_is_an_error_with_the_one_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--epoch=3; did you mean --epochs?" in refusal(capsys, "--data_dir=x", "--epoch=3")
    assert "--data_di=x; did you mean --data_dir?" in refusal(capsys, "--data_di=x")
    assert "--data_dir is missing" in refusal(capsys)


def test_no_seed_gives_the_windows_that_models_are_compared_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--seed" in refusal(capsys, "--data_dir=x", f"--seed={rehearsal.MEASURED_SEED}")


def test_every_flag_but_the_folder_of_the_clips_has_a_default() -> None:
    flags = parse_fine_tune_flags(["--fine-tune", "--data-dir=own", "--wanted_words=quiet, crying"])
    assert (flags.fine_tune, str(flags.data_dir), str(flags.train_dir)) == (True, "own", "training")
    assert (flags.start_checkpoint, flags.other_labels, flags.wanted_words) == (None, (), ("quiet", "crying"))
    assert (flags.testing_percentage, flags.epochs, flags.learning_rate, flags.seed) == (30.0, 6, 3e-4, 59185)
    assert LARGEST_SEED < rehearsal.MEASURED_SEED
