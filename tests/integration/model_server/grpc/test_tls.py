"""TLS on every address, with and without client certificates."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from integration.model_server.served import DEADLINE_SECONDS, Client, scores
from support.network.certificates import Authority, Certificate, ssl_config
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.errors import ConfigError, ListenError
from tears.model_server.grpc.server import Server, ServerOptions
from tears.model_server.grpc.tls import server_credentials
from tears.model_server.metrics import ServerMetrics
from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.predict_pb2 import PredictRequest

REQUEST = PredictRequest(
    model_spec={"name": "cry"}, inputs={"waveform": tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 4], bytes(16))}
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authorities"), "house")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authorities"), "stranger")


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.sign("server")


@contextmanager
def secured(folder: Path, config: str) -> Iterator[Server]:
    """Return a server with this SSLConfig and without an engine; it does not listen yet."""
    path = folder / "ssl.config"
    path.write_text(config)
    (folder / "models" / "1").mkdir(parents=True)
    model = Model("cry", folder / "models", FakeLoader())
    model.poll()
    data_plane = DataPlane(Catalog({"cry": model}), ServerMetrics())
    server = Server(data_plane, ServerOptions(credentials=server_credentials(path)))
    try:
        yield server
    finally:
        server.drain(0.0)


def predict(channel: grpc.Channel) -> dict[str, list[float]]:
    with channel:
        return scores(Client(channel).predict_rpc(REQUEST, timeout=DEADLINE_SECONDS))


def secure(address: str, root: str, client: Certificate | None = None) -> grpc.Channel:
    """Return a channel that trusts `root`, whatever name the address has."""
    pair = (client.key.encode(), client.chain.encode()) if client else (None, None)
    credentials = grpc.ssl_channel_credentials(root.encode(), *pair)
    return grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", "localhost")])


def refuses(connect: Callable[[], grpc.Channel]) -> bool:
    with pytest.raises(grpc.RpcError) as refused:
        predict(connect())
    return refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_client_that_trusts_the_authority_is_answered_over_tcp_and_over_a_unix_socket(
    tmp_path: Path, authority: Authority, certificate: Certificate
) -> None:
    with secured(tmp_path, ssl_config(certificate)) as server:
        addresses = [f"localhost:{server.listen('localhost:0')}", f"unix:{tmp_path / 'socket'}"]
        server.listen(addresses[1])
        server.start()
        for address in addresses:
            assert predict(secure(address, authority.root)) == {"crying": [0.0], "noise": [1.0]}


def test_a_client_without_tls_or_without_trust_in_the_server_gets_no_answer(
    tmp_path: Path, stranger: Authority, certificate: Certificate
) -> None:
    with secured(tmp_path, ssl_config(certificate)) as server:
        address = f"localhost:{server.listen('localhost:0')}"
        server.start()
        assert refuses(lambda: grpc.insecure_channel(address))
        assert refuses(lambda: secure(address, stranger.root))


def test_with_client_verification_only_clients_of_the_authority_are_answered(
    tmp_path: Path, authority: Authority, stranger: Authority, certificate: Certificate
) -> None:
    with secured(tmp_path, ssl_config(certificate, custom_ca=authority.root, client_verify=True)) as server:
        address = f"localhost:{server.listen('localhost:0')}"
        server.start()
        assert predict(secure(address, authority.root, authority.sign("client")))["noise"] == [1.0]
        assert refuses(lambda: secure(address, authority.root))
        assert refuses(lambda: secure(address, authority.root, stranger.sign("client")))


def test_without_client_verification_a_client_may_have_any_certificate(
    tmp_path: Path, authority: Authority, stranger: Authority, certificate: Certificate
) -> None:
    with secured(tmp_path, ssl_config(certificate, custom_ca=authority.root)) as server:
        address = f"localhost:{server.listen('localhost:0')}"
        server.start()
        assert predict(secure(address, authority.root, stranger.sign("client")))["noise"] == [1.0]


def test_a_key_of_another_certificate_is_an_error_of_listen(
    tmp_path: Path, authority: Authority, certificate: Certificate
) -> None:
    mixed = Certificate(authority.sign("other").key, certificate.chain)
    with (
        secured(tmp_path, ssl_config(mixed)) as server,
        pytest.raises(ListenError, match="or the key and the certificate do not belong together"),
    ):
        server.listen("localhost:0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server_key: SECRET", r"Error parsing text-format tensorflow.serving.SSLConfig: \S+ssl.config:1:13$"),
        ("secret_key: 'SECRET'", r"Error parsing text-format tensorflow.serving.SSLConfig: \S+ssl.config:1:1$"),
        ("", "server_key in .*ssl.config is not PEM; it takes the text of the file"),
        ("server_key: '/etc/key.pem'", "server_key in .* is not PEM"),
        ("server_key: '-----BEGIN '", "server_cert in .* is not PEM"),
        ("server_key: '-----BEGIN ' server_cert: '-----BEGIN ' client_verify: true", "custom_ca in .* is not PEM"),
    ],
)
def test_the_error_for_a_bad_file_has_a_cure_and_hides_what_may_be_a_key(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "ssl.config"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as refused:
        server_credentials(path)
    assert "SECRET" not in str(refused.value)


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--ssl_config_file: .*absent cannot be read: .*No such file"):
        server_credentials(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"binary cannot be read: .*utf-8"):
        server_credentials(tmp_path / "binary")


def test_a_bad_file_ends_the_command_with_one_line_and_status_1(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tears.model_server", "--port=0", f"--ssl_config_file={tmp_path / 'absent'}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("tears-model-server: --ssl_config_file: ")
    assert "Traceback" not in ended.stderr
