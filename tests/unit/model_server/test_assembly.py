"""The server put together as its flags say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tears.model_server.assembly import TIDY_SECONDS, ModelServer
from tears.model_server.command.flags import parse_flags
from tears.model_server.errors import ConfigError


@pytest.mark.parametrize(
    ("flags", "watched"),
    [
        (["--file_system_poll_wait_seconds=2"], {"the versions": 2.0}),
        (
            ["--file_system_poll_wait_seconds=0", "--load_retry_interval_micros=7000000"],
            {"what would not load": 7.0},
        ),
        (["--model_config_file={config}"], {"the versions": 1.0}),
        (
            ["--model_config_file={config}", "--model_config_file_poll_wait_seconds=60"],
            {"the versions": 1.0, "{config}": 60.0},
        ),
    ],
)
def test_flags_say_what_is_looked_at_and_how_often(tmp_path: Path, flags: list[str], watched: dict[str, float]) -> None:
    config = tmp_path / "models.config"
    config.write_text("model_config_list {}")
    server = ModelServer(parse_flags([flag.format(config=config) for flag in flags], {}))
    found = {watcher._what: watcher._interval_seconds for watcher in server._watchers}
    assert found.pop("the memory") == TIDY_SECONDS
    assert found == {what.format(config=config): seconds for what, seconds in watched.items()}


def test_a_bad_file_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        ModelServer(parse_flags([f"--model_config_file={tmp_path}/gone"], {}))
