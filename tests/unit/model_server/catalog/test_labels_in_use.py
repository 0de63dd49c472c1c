"""Labels of models that are served."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from unit.model_server.catalog_fixture import CatalogFixture, refused

from tears.model_server.engines.servable import Servable
from tears.model_server.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
)
from tears.tfserving.v1.model_pb2 import ModelSpec


def test_a_label_can_be_assigned_once_its_version_is_served(models: CatalogFixture) -> None:
    models.publish("cry", "1", "2")
    both = "model_version_policy { all {} }"
    assert "not currently available" in refused(
        FailedPreconditionError, models, cry=f'{both} version_labels {{ key: "canary" value: 2 }}'
    )
    with pytest.raises(NotFoundError):
        models.ask("cry")
    models.reload(cry=both)
    models.reload(cry=f'{both} version_labels {{ key: "canary" value: 2 }} version_labels {{ key: "stable" value: 1 }}')
    assert (models.ask("cry", version_label="canary"), models.ask("cry", version_label="stable")) == (2, 1)
    assert [status.number for status in models.catalog.statuses(ModelSpec(name="cry", version_label="stable"))] == [1]
    with pytest.raises(InvalidArgumentError, match=r"^Unrecognized servable version label: beta$"):
        models.ask("cry", version_label="beta")
    assert models.loader.tries == ["2", "1"]


def test_a_label_is_resolved_within_its_model(models: CatalogFixture) -> None:
    for model in ("cry", "bark", "door"):
        models.publish(model, "1")
    models.reload(cry="", bark="", door="")
    models.reload(
        cry='version_labels { key: "stable" value: 1 }', bark='version_labels { key: "canary" value: 1 }', door=""
    )
    assert models.ask("cry", version_label="stable") == 1
    for model, label in [("cry", "canary"), ("bark", "stable"), ("door", "stable"), ("gone", "stable")]:
        with pytest.raises(InvalidArgumentError, match=f"^Unrecognized servable version label: {label}$"):
            models.ask(model, version_label=label)


def test_a_label_that_is_allowed_to_come_early_is_not_found_until_its_version_is_loaded(tmp_path: Path) -> None:
    models = CatalogFixture(tmp_path, allow_labels=True)
    models.publish("cry", "1")
    models.reload(cry='version_labels { key: "canary" value: 2 }')
    with pytest.raises(NotFoundError, match=r"^Servable not found for request: Specific\(cry, 2\)$"):
        models.ask("cry", version_label="canary")
    models.publish("cry", "2")
    models.catalog.poll()
    assert models.ask("cry", version_label="canary") == 2


def test_a_label_that_moves_during_a_request_leads_to_its_new_version(
    models: CatalogFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.publish("cry", "1", "2")
    both = "model_version_policy { specific { versions: 1 versions: 2 } }"
    models.reload(cry=f"{both}")
    models.reload(cry=f'{both} version_labels {{ key: "stable" value: 1 }}')
    model = models.catalog.models[0]
    use = model.use

    def moved_just_before(number: int | None) -> AbstractContextManager[tuple[int, Servable]]:
        monkeypatch.undo()
        models.reload(cry=f'{both} version_labels {{ key: "stable" value: 2 }}')
        two = "model_version_policy { specific { versions: 2 } }"
        models.reload(cry=f'{two} version_labels {{ key: "stable" value: 2 }}')
        return use(number)

    monkeypatch.setattr(model, "use", moved_just_before)
    assert models.ask("cry", version_label="stable") == 2
    with pytest.raises(NotFoundError, match=r"Specific\(cry, 1\)"):
        models.ask("cry", version={"value": 1})


def test_the_label_of_a_removed_model_is_unknown(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.reload(cry="")
    models.reload(cry='version_labels { key: "stable" value: 1 }')
    assert models.ask("cry", version_label="stable") == 1
    models.reload()
    with pytest.raises(InvalidArgumentError, match=r"^Unrecognized servable version label: stable$"):
        models.ask("cry", version_label="stable")
