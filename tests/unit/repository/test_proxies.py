"""Our own programs speak to our own servers directly, whatever proxy the environment names."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from support.places import ROOT

from tears.recorder.capture.camera.stream_program import forget_proxies
from tears.tfserving.channels import direct_channel
from tears.tfserving.methods import GET_MODEL_STATUS
from tears.tfserving.v1 import status_pb2

NOWHERE = "http://127.0.0.1:9"
PROXY_VARIABLES = ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
FOLDERS = ("bench", "cli", "clients", "docs", "libs", "own_data", "protos", "services", "trainer")
USES_PROXIES = {
    # Downloads the blog's data set from the internet.
    "trainer/src/tears/trainer/speech_commands/input/fetching.py": "urlopen(",
    # Is the one place that makes channels.
    "protos/src/tears/tfserving/channels.py": "insecure_channel(",
}


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.setenv(name, NOWHERE)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)


@pytest.fixture
def port() -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()


def test_a_channel_to_a_model_server_uses_no_proxy(port: int) -> None:
    with direct_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError) as caught:
        GET_MODEL_STATUS.on(channel)(status_pb2.GetModelStatusRequest(), timeout=10.0)
    # Only the server itself can answer that.
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_camera_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = dict.fromkeys((*PROXY_VARIABLES, "PATH"), NOWHERE)
    monkeypatch.setattr("os.environ", environ)
    forget_proxies()
    assert list(environ) == ["PATH"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_other_client_could_use_one(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        name = str(path.relative_to(ROOT))
        text = path.read_text()
        for found in re.findall(r"\burlopen\(|\b(?:in)?secure_channel\(", text):
            is_direct = "grpc.enable_http_proxy" in text
            assert is_direct or USES_PROXIES.get(name) == found, f"{name} calls {found}...): it could use a proxy"
