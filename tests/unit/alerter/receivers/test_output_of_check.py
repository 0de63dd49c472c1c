"""The check of the receivers, printed where nobody reads it."""

import os
import subprocess
import sys

import pytest

COMMAND = f"{sys.executable} -m tears.alerter.receivers check"


@pytest.mark.parametrize(
    ("redirected", "status", "words"),
    [
        (">&-", 0, ""),
        (">/dev/full", 1, "the output cannot be written: No space left on device"),
        ("| true; exit ${PIPESTATUS[0]}", None, ""),
    ],
    ids=["closed", "full disk", "closed pipe"],
)
def test_an_output_that_nobody_takes_is_no_traceback(redirected: str, status: int | None, words: str) -> None:
    environ = {**os.environ, "TEARS_ALERTER_NOTIFY": "json://127.0.0.1:9/s3cret", "TEARS_ALERTER_RULES": ""}
    ended = subprocess.run(
        ["/bin/bash", "-c", f"{COMMAND} {redirected}"], env=environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == status if status is not None else ended.returncode in {0, 1}
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Error" not in ended.stderr
