"""A client of the REST API."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from support.processes.service_process import ServiceProcess

DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """A reply."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        """Return the message of an error in TF Serving's form."""
        (key,) = self.json
        assert key == "error"
        return str(self.json["error"])


class RestClient:
    """Asks one server, with a new connection each time."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, body: bytes | object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send bytes as they are, and anything else as JSON."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("localhost", self.port, timeout=DEADLINE_SECONDS)
        try:
            connection.request(method, path, sent, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), dict(answer.getheaders()))
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def predict(self, model: str, **document: Any) -> Answer:
        """Predict; `model` may end with `/versions/N` or `/labels/L`."""
        return self.ask("POST", f"/v1/models/{model}:predict", document)


def rest_client(process: ServiceProcess) -> RestClient:
    """Return a client of a server; waits until the log shows its port."""
    return RestClient(int(process.wait_for_log(r"REST on port (\d+)")[1]))
