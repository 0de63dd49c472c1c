"""Model configurations from files and messages."""

from pathlib import Path

import pytest
from google.protobuf import text_format

from tears.model_server.catalog.model_config import (
    MAX_MODEL_CONFIG_BYTES,
    config_of_one,
    read_config_file,
    settings_from_config,
)
from tears.model_server.catalog.version_policy import Latest, Specific
from tears.model_server.errors import ConfigError, InvalidArgumentError
from tears.tfserving.v1.config_pb2 import ModelServerConfig

# Pages about TF Serving write colons, commas and comments in many ways.
TEXT = """
# two rooms
model_config_list: {
  config: {
    name: "cry",
    base_path: "/models/cry",
    model_platform: "tensorflow",
    model_version_policy: { specific: { versions: 7, versions: 42 } },
    version_labels: { key: 'stable', value: 42 },
    version_labels { key: "canary" value: 7 }
    logging_config { log_collector_config { type: "" filename_prefix: "x" } sampling_config { sampling_rate: 0.1 } }
  },
  config { name: "bark" base_path: "/models/bark" model_type: TENSORFLOW model_version_policy { all {} } }
  config { name: "door" base_path: "/models/door" model_platform: "tensorflow"
           model_version_policy { latest { num_versions: 2 } } }
  config { name: "plain" base_path: "/models/plain" model_platform: "tensorflow" }
}
"""


def parsed(text: str) -> ModelServerConfig:
    return text_format.Parse(text, ModelServerConfig())


def test_a_file_with_every_field_of_tf_serving_is_read(tmp_path: Path) -> None:
    path = tmp_path / "models.config"
    path.write_text(TEXT)
    found = settings_from_config(read_config_file(path))
    assert {name: model.policy for name, model in found.items()} == {
        "cry": Specific(frozenset({7, 42})),
        "bark": Latest(None),
        "door": Latest(2),
        "plain": Latest(1),
    }
    assert found["cry"].base_path == Path("/models/cry")
    assert found["cry"].labels == {"stable": 42, "canary": 7}
    assert found["plain"].labels == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('model_config_list { config { name: "x" ', "1:36 : Expected"),
        ("model_config_list { config { nom: 1 } }", "1:30 : .* has no field named"),
        ('model_config_list { config { name: "x\n" } }', "1:36 : "),
        ("improperly formatted file", "1:1 : "),
        ("// a comment of another language", "1:1 : "),
    ],
)
def test_the_error_names_a_file_that_cannot_be_parsed_and_the_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "models.config"
    path.write_text(text)
    expected = (
        rf"^Error parsing text-format tensorflow.serving.ModelServerConfig: {path}:{message}.*Invalid .*: '{path}'$"
    )
    with pytest.raises(ConfigError, match=expected) as bad:
        read_config_file(path)
    assert "\n" not in str(bad.value)


def test_bytes_that_are_not_text_are_a_config_error(tmp_path: Path) -> None:
    path = tmp_path / "models.config"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"^Error parsing text-format tensorflow\.serving\.ModelServerConfig: "):
        read_config_file(path)


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"^{tmp_path}/gone cannot be read: No such file or directory$"):
        read_config_file(tmp_path / "gone")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    with path.open("wb") as file:
        file.truncate(MAX_MODEL_CONFIG_BYTES + 1)
    with pytest.raises(ConfigError, match="too many for a ModelServerConfig"):
        read_config_file(path)


@pytest.mark.parametrize("text", ["", "# nothing yet", 'custom_model_config { type_url: "a/b" }'])
def test_a_file_without_a_list_of_models_is_a_config_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "models.config"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"^{path} holds no model_config_list$"):
        read_config_file(path)


def test_an_empty_list_of_models_is_valid() -> None:
    assert settings_from_config(parsed("model_config_list {}")) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently"),
        ('custom_model_config { type_url: "a/b" }', "Only ModelConfigList is currently supported"),
        ('name: "x" base_path: "/x" model_platform: "caffe"', "Model x requests unsupported platform caffe"),
        ('name: "x" base_path: "/x"', "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "),
        ('name: "x" base_path: "/x" model_platform: "tensorflow" model_type: TENSORFLOW', "Illegal setting both "),
        ('name: "x" base_path: "/x" model_type: OTHER', "ModelServerConfig::model_type choice 2 not supported."),
        (
            'name: "x" base_path: "x" model_platform: "tensorflow"',
            "Expected model x to have an absolute path or URI; got base_path()=x",
        ),
        ('name: "x" base_path: "s3://b/x" model_platform: "tensorflow"', "s3://b/x is not a folder of this machine"),
        ('name: "x" base_path: "/x\\000" model_platform: "tensorflow"', "contains a NUL character"),
        ('base_path: "/x" model_platform: "tensorflow"', "a model in the config list has no name"),
    ],
)
def test_an_invalid_configuration_is_an_invalid_argument(text: str, message: str) -> None:
    whole = f"model_config_list {{ config {{ {text} }} }}" if "base_path" in text else text
    with pytest.raises(InvalidArgumentError) as refused:
        settings_from_config(parsed(whole))
    assert message in str(refused.value)


def test_a_model_that_is_listed_twice_is_an_invalid_argument() -> None:
    one = 'config { name: "x" base_path: "/x" model_platform: "tensorflow" }'
    with pytest.raises(InvalidArgumentError, match=r"^Illegal to list model x multiple times in config list$"):
        settings_from_config(parsed(f"model_config_list {{ {one} {one} }}"))


def test_a_name_and_a_path_make_a_configuration_of_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (model,) = settings_from_config(config_of_one("cry", Path("models/cry"))).values()
    assert (model.name, model.base_path, model.policy) == ("cry", tmp_path / "models/cry", Latest())
