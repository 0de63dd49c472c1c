"""TLS: the key and the certificates from the file that `--ssl_config_file` names."""

from pathlib import Path

import grpc
from google.protobuf import text_format

from tears.model_server.errors import ConfigError
from tears.tfserving.v1.ssl_pb2 import SSLConfig


def server_credentials(path: Path) -> grpc.ServerCredentials:
    """Read an SSLConfig in text format, whose fields hold the PEM texts themselves.

    Raises:
        ConfigError: It cannot be read or lacks something. Only `listen` finds out whether the key and the
            certificate belong together.
    """
    config = _read(path)
    for field in ("server_key", "server_cert"):
        _require_pem(path, field, getattr(config, field))
    if config.client_verify or config.custom_ca:
        _require_pem(path, "custom_ca", config.custom_ca)
    return grpc.ssl_server_credentials(
        [(config.server_key.encode(), config.server_cert.encode())],
        root_certificates=config.custom_ca.encode() or None,
        require_client_auth=config.client_verify,
    )


def _read(path: Path) -> SSLConfig:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--ssl_config_file: {path} cannot be read: {error}") from error
    try:
        return text_format.Parse(text, SSLConfig())
    except text_format.ParseError as error:
        # TF Serving's wording, with the place instead of the cause.
        raise ConfigError(
            f"Error parsing text-format tensorflow.serving.SSLConfig: {path}:{_without_values(error)}"
        ) from error


def _require_pem(path: Path, field: str, text: str) -> None:
    if "-----BEGIN " not in text:
        raise ConfigError(
            f"--ssl_config_file: {field} in {path} is not PEM; it takes the text of the file, lines joined by \\n"
        )


def _without_values(error: text_format.ParseError) -> str:
    """Return where the text is wrong, without the text itself, which may be a key."""
    return f"{error.GetLine()}:{error.GetColumn()}"
