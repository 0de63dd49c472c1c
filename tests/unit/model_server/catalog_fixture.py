"""A catalog over folders of its own, for the tests."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.model_config import ServedModelSettings
from tears.model_server.catalog.version_record import VersionState
from tears.model_server.errors import (
    ModelServerError,
)
from tears.tfserving.v1.config_pb2 import ModelServerConfig
from tears.tfserving.v1.model_pb2 import ModelSpec


class CatalogFixture:
    """A catalog over folders of its own, with a loader that loads nothing."""

    def __init__(self, root: Path, *, allow_labels: bool = False, num_load_threads: int = 1) -> None:
        self.root = root
        self.loader = FakeLoader()
        self.changes = 0
        self.catalog = Catalog(
            make_model=self._make, allow_labels_for_unavailable=allow_labels, num_load_threads=num_load_threads
        )
        self.catalog.subscribe(self._count)

    def _make(self, settings: ServedModelSettings) -> Model:
        return Model(settings.name, settings.base_path, self.loader, policy=settings.policy)

    def _count(self) -> None:
        self.changes += 1

    def publish(self, model: str, *versions: str) -> None:
        for version in versions:
            (self.root / model / version).mkdir(parents=True)

    def config(self, **models: str) -> ModelServerConfig:
        """Return a configuration: models by name, each with further fields as text."""
        config = ModelServerConfig()
        config.model_config_list.SetInParent()
        for name, rest in models.items():
            base_path = "" if "base_path" in rest else f'base_path: "{self.root}/{name}"'
            text_format.Parse(
                f'name: "{name}" {base_path} model_platform: "tensorflow" {rest}', config.model_config_list.config.add()
            )
        return config

    def reload(self, **models: str) -> None:
        self.catalog.reload(self.config(**models))

    def ask(self, name: str, **spec: object) -> int:
        with self.catalog.use(ModelSpec(name=name, **spec)) as (number, _):  # type: ignore[arg-type]
            return number

    def closed(self) -> list[bool]:
        """Return for each servable, in the order of loading, whether it is closed."""
        return [servable.is_closed for servable in self.loader.loaded]

    def states(self, name: str) -> dict[int, VersionState]:
        return {status.number: status.state for status in self.catalog.statuses(ModelSpec(name=name))}


def refused(error: type[ModelServerError], fixture: CatalogFixture, **models: str) -> str:
    with pytest.raises(error) as raised:
        fixture.reload(**models)
    return str(raised.value)
