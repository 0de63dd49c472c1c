"""A REST server in this process, over a fake engine that a test can hold up."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from integration.model_server.rest.rest_client import DEADLINE_SECONDS, RestClient
from unit.model_server.fakes import FakeServable

from tears.model_server.rest.http_server import RestServer

THREADS = 4
ROW = [0.25] * 4
PREDICT_PATH = "/v1/models/cry:predict"


@dataclass
class HeldRestServer:
    """A server, its only servable, and a client."""

    server: RestServer
    servable: FakeServable
    client: RestClient

    def connect(self) -> socket.socket:
        return socket.create_connection(("localhost", self.client.port), timeout=DEADLINE_SECONDS)


StartRestServer = Callable[..., HeldRestServer]
