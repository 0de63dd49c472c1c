"""The paths of the REST API."""

import pytest

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.rest.routes import find_route
from tears.tfserving.v1.model_pb2 import ModelSpec


@pytest.mark.parametrize(
    ("method", "target", "what", "spec"),
    [
        ("POST", "/v1/models/cry:predict", "predict", {}),
        ("POST", "/v1/models/cry/versions/007:classify", "classify", {"version": {"value": 7}}),
        ("POST", "/v1/models/cry/labels/st%61ble:regress", "regress", {"version_label": "stable"}),
        ("POST", "/V1/Models/cry/Versions/3:predict", "predict", {"version": {"value": 3}}),
        ("GET", "/v1/models/cry", "status", {}),
        ("GET", "/v1/models/cry/versions/3", "status", {"version": {"value": 3}}),
        ("GET", "/v1/models/cry/labels/stable", "status", {"version_label": "stable"}),
        ("GET", "/v1/models/cry/metadata", "metadata", {}),
        ("GET", "/v1/models/cry/versions/3/metadata", "metadata", {"version": {"value": 3}}),
        ("GET", "/v1/models/cry/labels/stable/metadata", "metadata", {"version_label": "stable"}),
        ("POST", f"/v1/models/cry/versions/{2**63 - 1}:predict", "predict", {"version": {"value": 2**63 - 1}}),
        ("GET", f"/v1/models/cry/versions/{'0' * 5000}7", "status", {"version": {"value": 7}}),
    ],
)
def test_a_path_names_the_model_and_what_is_asked_of_it(
    method: str, target: str, what: str, spec: dict[str, object]
) -> None:
    found = find_route(method, target)
    assert found.what == what
    assert found.spec == ModelSpec(name="cry", **spec)  # type: ignore[arg-type]


def test_a_models_name_may_have_any_character_as_a_percent_code() -> None:
    assert find_route("GET", "/v1/models/a%2Fb%3A%C3%BC").spec.name == "a/b:ü"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/foo"),
        ("POST", "/v1/foo"),
        ("GET", "/v1/models/debug/model_name"),
        ("POST", "/v1/models"),
        ("GET", "/v1/models/foo:predict"),
        ("POST", "/v1/models/foo"),
        ("POST", "/v1/models/foo:explain"),
        ("POST", "/v1/models/foo/version/50:regress"),
        ("POST", "/v1/models/foo/versions/HELLO:regress"),
        ("POST", "/v1/models/foo/versions/-1:regress"),
        ("POST", "/v1/models/foo/metadata"),
        ("POST", "/v1/models/foo/label/some_label:regress"),
        ("POST", "/v1/models/foo/versions/50/labels/some_label:regress"),
        ("GET", "/v1/models/foo/"),
        ("GET", "/v1/models/foo/versions/1?verbose=1"),
        ("DELETE", "/v1/models/foo"),
        ("OPTIONS", "/v1/models/foo:predict"),
    ],
)
def test_any_other_path_or_method_is_malformed(method: str, target: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        find_route(method, target)
    assert str(refused.value) == f"Malformed request: {method} {target}"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("/v1/models", "Missing model name in request."),
        (f"/v1/models/foo/versions/{2**64 - 1}", f"Failed to convert version: {2**64 - 1} to numeric."),
        ("/v1/models/foo/versions/" + "9" * 100, "to numeric."),
        ("/v1/models/foo/versions/" + "0" * 20 + "9" * 20, "to numeric."),
        ("/v1/models/%ff", "Failed to decode model name: %ff"),
        ("/v1/models/foo/labels/%ff", "Failed to decode model version label: %ff"),
    ],
)
def test_errors_in_a_path_have_tf_servings_wording(target: str, says: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        find_route("GET", target)
    assert says in str(refused.value)
