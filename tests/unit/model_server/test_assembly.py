"""The server that the flags ask for."""

from pathlib import Path
from typing import Any

import pytest
from unit.model_server.fakes import FakeServable

from tears.model_server.assembly import MEMORY_CHECK_SECONDS, ModelServer, make_loader
from tears.model_server.command.parser import parse_flags
from tears.model_server.dataplane.data_plane import MAX_REQUESTS_IN_FLIGHT
from tears.model_server.engines import version_loader
from tears.model_server.errors import ConfigError
from tears.tfserving.methods import PREDICT


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


def test_the_flags_reach_the_data_plane() -> None:
    flags = [
        "--grpc_max_threads=3",
        "--enable_signature_method_name_check",
        "--enable_serialization_as_tensor_content=true",
    ]
    for arguments, limit, is_on in (([], MAX_REQUESTS_IN_FLIGHT, False), (flags, 3, True)):
        data_plane = ModelServer(parse_flags(arguments, {}))._data_plane
        answer: Any = data_plane._operations[PREDICT.path].answer
        assert data_plane.admission.limit == limit
        assert answer.keywords == {"as_content": is_on, "checks_method_name": is_on}


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
