"""HandleReloadConfigRequest: serve another set of models while the server runs."""

from __future__ import annotations

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.errors import InvalidArgumentError
from tears.tfserving.v1 import management_pb2


def handle_reload_config_request(
    catalog: Catalog, request: management_pb2.ReloadConfigRequest, timeout_seconds: float | None = None
) -> management_pb2.ReloadConfigResponse:
    """Serve the models of the request's configuration, and no others; blocks while their versions load.

    Args:
        catalog: The models.
        request: The request; nothing in it is trusted.
        timeout_seconds: How long it may wait for a reload that came before; None is forever.

    Raises:
        InvalidArgumentError: The configuration is not a list of models, or one of the models is invalid.
        ModelServerError: What the catalog raises.
    """
    if request.config.WhichOneof("config") != "model_config_list":
        raise InvalidArgumentError(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported"
        )
    catalog.reload(request.config, timeout_seconds)
    reply = management_pb2.ReloadConfigResponse()
    reply.status.SetInParent()  # clients look for a status, even if it is OK
    return reply
