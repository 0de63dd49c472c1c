"""Read and check a ModelServerConfig, from a file or a request: the models to serve."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tears.model_server.catalog.version_policy import Latest, VersionPolicy, policy_from_proto
from tears.model_server.config_text import local_path, read_config_text
from tears.model_server.errors import ConfigError, InvalidArgumentError
from tears.tfserving.v1.config_pb2 import ModelConfig, ModelServerConfig, ModelType

PLATFORM: Final = "tensorflow"
MAX_MODEL_CONFIG_BYTES: Final = 4 * 1024 * 1024  # enough for thousands of models


@dataclass(frozen=True, slots=True)
class ServedModelSettings:
    """The configuration of one model."""

    name: str
    base_path: Path
    policy: VersionPolicy = field(default_factory=Latest)
    labels: dict[str, int] = field(default_factory=dict)


def read_config_file(path: Path) -> ModelServerConfig:
    """Read a list of models in text form.

    Raises:
        ConfigError: The file cannot be read or parsed, or holds something else; the message names the file and why.
    """
    config = read_config_text(path, ModelServerConfig(), limit_bytes=MAX_MODEL_CONFIG_BYTES)
    if config.WhichOneof("config") != "model_config_list":
        raise ConfigError(f"{path} holds no model_config_list")
    return config


def config_of_one(name: str, base_path: Path) -> ModelServerConfig:
    """Return the configuration that `--model_name` and `--model_base_path` stand for."""
    config = ModelServerConfig()
    config.model_config_list.config.add(name=name, base_path=str(base_path.absolute()), model_platform=PLATFORM)
    return config


def settings_from_config(config: ModelServerConfig) -> dict[str, ServedModelSettings]:
    """Return every model of a configuration, by name.

    Raises:
        InvalidArgumentError: It is not a list of models, or one of them is not valid; the wording is TF Serving's.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise InvalidArgumentError(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported"
        )
    found: dict[str, ServedModelSettings] = {}
    for model in config.model_config_list.config:
        if not model.name:
            raise InvalidArgumentError("a model in the config list has no name")
        if model.name in found:
            raise InvalidArgumentError(f"Illegal to list model {model.name} multiple times in config list")
        try:
            base_path = local_path(model.base_path)
        except ConfigError as error:
            raise InvalidArgumentError(f"Model {model.name}: {error}") from error
        if not base_path.startswith("/"):
            raise InvalidArgumentError(
                f"Expected model {model.name} to have an absolute path or URI; got base_path()={model.base_path}"
            )
        if "\0" in model.base_path:
            raise InvalidArgumentError(
                f"Model {model.name}: the base path {model.base_path!r} contains a NUL character"
            )
        _check_platform(model)
        found[model.name] = ServedModelSettings(
            model.name, Path(base_path), policy_from_proto(model.model_version_policy), dict(model.version_labels)
        )
    return found


def _check_platform(model: ModelConfig) -> None:
    has_type = model.model_type != ModelType.MODEL_TYPE_UNSPECIFIED
    if has_type and model.model_platform:
        raise InvalidArgumentError(
            "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform."
        )
    if not has_type and not model.model_platform:
        raise InvalidArgumentError(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform."
        )
    if has_type and model.model_type != ModelType.TENSORFLOW:
        raise InvalidArgumentError(f"ModelServerConfig::model_type choice {model.model_type} not supported.")
    if not has_type and model.model_platform != PLATFORM:
        raise InvalidArgumentError(f"Model {model.name} requests unsupported platform {model.model_platform}")
