"""Read the text files that configure the server, each of which holds one protobuf message."""

from pathlib import Path
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from tears.model_server.errors import ConfigError, one_line

ConfigMessage = TypeVar("ConfigMessage", bound=Message)


def local_path(text: str) -> str:
    """Return a path, or the path of a `file://` URL.

    Raises:
        ConfigError: It is a URL of another kind.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    host, slash, path = rest.partition("/")
    if scheme.lower() != "file" or host not in {"", "localhost"} or not slash:
        raise ConfigError(f"{text} is not a folder of this machine: copy or mount what is there, and name that path")
    return slash + path


def read_config_text(path: Path, message: ConfigMessage, *, limit_bytes: int) -> ConfigMessage:
    """Fill an empty `message` from a file in protobuf's text form, and return it.

    A file above `limit_bytes` is refused, because it must be of another kind.

    Raises:
        ConfigError: The file cannot be read or parsed, or is too large; the message names the file and the cause.
    """
    kind = message.DESCRIPTOR.name
    try:
        with path.open("rb") as file:
            content = file.read(limit_bytes + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > limit_bytes:
        raise ConfigError(f"{path} has more than {limit_bytes} bytes, too many for a {kind}")
    try:
        return text_format.Parse(content, message)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        # TF Serving has used both of these messages, and scripts look for the one or the other.
        raise ConfigError(
            f"Error parsing text-format tensorflow.serving.{kind}: {path}:{one_line(error)} "
            f"Invalid protobuf file: '{path}'"
        ) from error
