"""The server that the flags ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.model_server.fakes import FakeServable

from tears.model_server.assembly import MEMORY_CHECK_SECONDS, ModelServer, make_loader
from tears.model_server.command.parser import parse_flags
from tears.model_server.engines import version_loader
from tears.model_server.errors import ConfigError


@pytest.mark.parametrize(
    ("flags", "watched"),
    [
        (["--file_system_poll_wait_seconds=2"], {"the versions": 2.0}),
        (
            ["--file_system_poll_wait_seconds=0", "--load_retry_interval_micros=7000000"],
            {"versions to retry": 7.0},
        ),
        (["--model_config_file={config}"], {"the versions": 1.0}),
        (
            ["--model_config_file={config}", "--model_config_file_poll_wait_seconds=60"],
            {"the versions": 1.0, "{config}": 60.0},
        ),
    ],
)
def test_flags_decide_what_is_checked_and_how_often(
    tmp_path: Path, flags: list[str], watched: dict[str, float]
) -> None:
    config = tmp_path / "models.config"
    config.write_text("model_config_list {}")
    server = ModelServer(parse_flags([flag.format(config=config) for flag in flags], {}))
    found = {watcher.subject: watcher.interval_seconds for watcher in server._watchers}
    assert found.pop("the memory") == MEMORY_CHECK_SECONDS
    assert found == {what.format(config=config): seconds for what, seconds in watched.items()}


def test_a_bad_file_is_an_error_before_any_port_is_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        ModelServer(parse_flags([f"--model_config_file={tmp_path}/gone"], {}))


def test_versions_are_batched_only_if_the_flags_ask_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []

    def load(folder: Path, **_: object) -> FakeServable:
        loaded.append(folder)
        return FakeServable(folder)

    monkeypatch.setattr(version_loader, "load_tflite", load)
    (tmp_path / "model.tflite").touch()
    (tmp_path / "batching.txt").write_text("num_batch_threads { value: 1 }")
    plain = make_loader(parse_flags([], {}))(tmp_path)
    batching = ["--enable_batching", f"--batching_parameters_file={tmp_path / 'batching.txt'}"]
    wrapped = make_loader(parse_flags(batching, {}))(tmp_path)
    assert [type(plain).__name__, type(wrapped).__name__] == ["FakeServable", "BatchedServable"]
    wrapped.close()
    assert loaded == [tmp_path, tmp_path]
