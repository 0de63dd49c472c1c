"""HandleReloadConfigRequest: another set of models while the server runs; without transport."""

from __future__ import annotations

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.errors import InvalidArgumentError
from tears.tfserving.v1 import management_pb2


def handle_reload_config_request(
    catalog: Catalog, request: management_pb2.ReloadConfigRequest, timeout_seconds: float | None = None
) -> management_pb2.ReloadConfigResponse:
    """Serves what the request's configuration asks for, and nothing else; blocks while its versions load.

    Args:
        catalog: What is served.
        request: As it came.
        timeout_seconds: How long it may wait for a reload that came before; None is for ever.

    Raises:
        InvalidArgumentError: It is no list of models, in TF Serving's words, or one of them cannot be.
        ModelServerError: What the catalog raises.
    """
    if request.config.WhichOneof("config") != "model_config_list":
        raise InvalidArgumentError(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported"
        )
    catalog.reload(request.config, timeout_seconds)
    reply = management_pb2.ReloadConfigResponse()
    reply.status.SetInParent()  # OK, and there
    return reply
