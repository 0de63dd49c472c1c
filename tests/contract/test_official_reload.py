"""The official client changes the set of models of our running server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.conftest import Judge, model_config, our_process


@pytest.fixture
def address(zoo: Path, tmp_path: Path) -> Iterator[str]:
    flags = [model_config(zoo, tmp_path / "config", ["cry", "sum"]), "--allow_reload_config_request"]
    with our_process(tmp_path, *flags) as address:
        yield address


def config(*models: dict[str, Any]) -> dict[str, Any]:
    platform = {"model_platform": "tensorflow"}
    return {"config": {"model_config_list": {"config": [{**platform, **model} for model in models]}}}


def test_models_are_added_and_removed_and_labelled_without_a_restart(judge: Judge, address: str, zoo: Path) -> None:
    def ask(rpc: str, **request: Any) -> Any:
        return judge("ask", address=address, rpc=rpc, request=request)

    wanted = config(
        {"name": "sum", "base_path": str(zoo / "sum"), "version_labels": {"stable": "1"}},
        {"name": "other", "base_path": str(zoo / "half_plus_two")},
    )
    assert ask("HandleReloadConfigRequest", **wanted)["read"] == {"status": {}}

    number = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 1}, {"size": 1}]}, "float_val": [2]}
    reply = ask("Predict", model_spec={"name": "other"}, inputs={"x": number})
    assert reply["read"]["outputs"]["y"]["float_val"] == [3.0]
    labelled = {"name": "sum", "version_label": "stable"}
    reply = ask("GetModelMetadata", model_spec=labelled, metadata_field=["signature_def"])
    assert reply["read"]["model_spec"] == {"name": "sum", "version": "1"}
    reply = ask("Predict", model_spec={"name": "cry"})
    assert reply == {"code": "NOT_FOUND", "message": "Servable not found for request: Latest(cry)"}


def test_an_invalid_configuration_changes_nothing(judge: Judge, address: str, zoo: Path) -> None:
    twice = {"name": "sum", "base_path": str(zoo / "sum")}
    reply = judge("ask", address=address, rpc="HandleReloadConfigRequest", request=config(twice, twice))
    assert reply["code"] == "INVALID_ARGUMENT"
    reply = judge("ask", address=address, rpc="GetModelStatus", request={"model_spec": {"name": "cry"}})
    assert reply["read"]["model_version_status"][0]["state"] == "AVAILABLE"
