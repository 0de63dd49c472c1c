"""The exit status of the trainer's commands."""

from collections.abc import Sequence

import pytest

from tears.trainer.errors import NightError
from tears.trainer.module_command import module_command


@pytest.mark.parametrize("error", [NightError("no night"), OSError("no night")])
def test_an_error_is_a_line_that_begins_with_the_command(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    @module_command("nights", OSError)
    def main(_: Sequence[str] | None = None) -> None:
        raise error

    assert main([]) == 1
    assert capsys.readouterr().err == "nights: no night\n"


def test_an_error_that_is_not_listed_is_raised_and_without_an_error_the_status_is_zero() -> None:
    @module_command("nights")
    def main(arguments: Sequence[str] | None = None) -> None:
        if arguments:
            raise OSError("no night")

    assert main() == 0
    with pytest.raises(OSError, match="no night"):
        main(["fan"])
