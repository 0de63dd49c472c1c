"""Skipped tests fail in CI, long files come first, failures show what processes logged, and no test measures time."""

import os
import signal
import time
from collections.abc import Generator

import pytest
from hypothesis import settings
from support.file_order import longest_first, read_long_files
from support.processes.log_tails import log_tails

# By default an example that takes more than 200 ms is a failure, and on a loaded machine one does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# The clients of the tests ask servers on this machine, whatever proxy leads from it to the internet.
for name in [one for one in os.environ if one.lower().endswith("_proxy")]:
    del os.environ[name]

# Hours of a test are those of its own time zone, or else UTC, whatever the machine's is.
os.environ["TZ"] = "UTC"
time.tzset()

# What is started by nohup ignores a closed terminal, and what a script starts in the background ignores Ctrl-C; and so
# would all processes of the tests.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, where processes share them: at the end, the others would only wait."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = longest_first(items, read_long_files())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test in CI, where no real part may be missing; show what the processes of a failed one logged."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and folder is not None:
        report.sections += [(f"End of {name}", text) for name, text in log_tails(folder)]
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but CI has every part: {report.longrepr}"
    return report
