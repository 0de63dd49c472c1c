"""Each overlay of k8s/, rendered."""

import pytest
from support.deployment.manifests import OVERLAYS, Resource, overlay


@pytest.fixture(params=list(OVERLAYS.values()), ids=list(OVERLAYS))
def resources(request: pytest.FixtureRequest) -> list[Resource]:
    """Return all resources of one overlay."""
    return overlay(*request.param)
