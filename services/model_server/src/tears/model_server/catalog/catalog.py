"""The models that are served: find the one that a request names, and change them while they are served."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from tears.model_server.catalog.model import Model, not_found
from tears.model_server.catalog.model_config import ServedModelSettings, settings_from_config
from tears.model_server.catalog.version_labels import VersionLabels, assign_labels, requested_version
from tears.model_server.catalog.version_record import VersionStatus
from tears.model_server.engines.servable import Servable
from tears.model_server.errors import (
    DeadlineError,
    FailedPreconditionError,
    NotFoundError,
    UnavailableModelsError,
)
from tears.tfserving.v1.config_pb2 import ModelServerConfig
from tears.tfserving.v1.model_pb2 import ModelSpec

logger = logging.getLogger(__name__)

MAX_REMOVED_MODELS: Final = 16  # removed models that the status still reports


@dataclass(frozen=True, slots=True)
class _Served:
    """The models and their labels. It is replaced as a whole and never changed, so a reader sees a consistent state."""

    models: Mapping[str, Model]
    labels: VersionLabels = field(default_factory=dict)


class Catalog:
    """Models by name, and their labels. All methods are thread-safe; errors have TF Serving's wording."""

    def __init__(
        self,
        models: Mapping[str, Model] | None = None,
        *,
        make_model: Callable[[ServedModelSettings], Model] | None = None,
        allow_labels_for_unavailable: bool = False,
        num_load_threads: int = 1,
    ) -> None:
        """Prepare the catalog, and load nothing yet. Without `make_model`, `reload` can add no model.

        With `allow_labels_for_unavailable` a new label may name a version that is not available. Each load thread looks
        for the versions of one model at a time, and loads them.
        """
        self._make_model = make_model
        self._allow_labels_for_unavailable = allow_labels_for_unavailable
        self._loaders = ThreadPoolExecutor(num_load_threads, "load") if num_load_threads > 1 else None
        self._reloading = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._settings: Mapping[str, ServedModelSettings] | None = None
        self._served = _Served(dict(models or {}))
        self._removed: Mapping[str, Model] = {}

    @property
    def models(self) -> list[Model]:
        """The models that are served now, in the order of the configuration."""
        return list(self._served.models.values())

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the available versions may have changed, in the thread that changed them."""
        self._listeners.append(listener)

    @contextmanager
    def use(self, spec: ModelSpec) -> Iterator[tuple[int, Servable]]:
        """Lend the version that a request asks for, which stays loaded until the block ends.

        Raises:
            InvalidArgumentError: The spec has no name, or a label that no version has.
            NotFoundError: No such model, or no such version of it, is available.
        """
        with ExitStack() as lease:
            lent = None
            while lent is None:
                served = self._served
                number = requested_version(spec, served.labels)
                model = served.models.get(spec.name)
                if model is None:
                    raise not_found(spec.name, number)
                try:
                    lent = lease.enter_context(model.use(number))
                except NotFoundError:
                    # Since it was read, the label may have moved to another version, and its old version may have left.
                    if not spec.HasField("version_label") or served is self._served:
                        raise
            yield lent

    def statuses(self, spec: ModelSpec) -> list[VersionStatus]:
        """Return the status of every known version of a model, newest first, or of the version that the spec names.

        Raises:
            InvalidArgumentError: The spec has no name, or a label that no version has.
            NotFoundError: No such model, or no such version of it, is known.
        """
        served = self._served
        number = requested_version(spec, served.labels)
        model = served.models.get(spec.name) or self._removed.get(spec.name)
        known = model.statuses() if model else []
        if number is not None:
            known = [status for status in known if status.number == number]
            if not known:
                raise NotFoundError(f"Could not find version {number} of model {spec.name}")
        if not known:
            raise NotFoundError(f"Could not find any versions of model {spec.name}")
        return known

    def reload(
        self, config: ModelServerConfig, timeout_seconds: float | None = None, *, labels_may_wait: bool = False
    ) -> None:
        """Serve what a configuration asks for, and nothing else; blocks while its versions load.

        Models that stay are served throughout. Applying the same configuration again changes nothing. The timeout
        limits how long this waits for an earlier reload to end; None waits forever. With `labels_may_wait` a label may
        name a version that is loaded only now: the first configuration could otherwise have no labels.

        Raises:
            DeadlineError: The earlier reload has not ended in time; nothing has changed.
            InvalidArgumentError: The configuration is not a valid list of models; nothing has changed.
            FailedPreconditionError: A label names a version that is not available; nothing has changed.
            UnavailableModelsError: The configuration is in effect, but a new model has no version that can be loaded.
        """
        settings = settings_from_config(config)
        if not self._reloading.acquire(timeout=-1 if timeout_seconds is None else timeout_seconds):
            raise DeadlineError("the deadline passed while another reload was under way")
        try:
            if settings != self._settings:
                self._install(settings, labels_may_wait=labels_may_wait)
        finally:
            self._reloading.release()

    def poll(self) -> None:
        """Make every model serve what its folder holds; blocks while versions load."""
        self._for_each(self.models, Model.poll)

    def retry(self) -> None:
        """Retry the versions that failed to load and are due; do not look for new versions."""
        self._for_each(self.models, Model.retry)

    def close(self) -> None:
        """Unload every version when its last request is answered."""
        for model in self.models:
            model.close()
        if self._loaders:
            self._loaders.shutdown()

    def _install(self, settings: Mapping[str, ServedModelSettings], *, labels_may_wait: bool) -> None:
        before = self._served.models
        available = {model.name: model.available() for model in self.models}
        allow_unavailable = self._allow_labels_for_unavailable or labels_may_wait
        labels = assign_labels(settings.values(), self._served.labels, available, allow_unavailable=allow_unavailable)
        after = {name: before.get(name) or self._new_model(wanted) for name, wanted in settings.items()}
        changed = [after[name] for name, wanted in settings.items() if self._has_changed(wanted)]
        for name, wanted in settings.items():
            after[name].configure(wanted.base_path, wanted.policy)
        gone = {name: model for name, model in before.items() if name not in after}
        known = [(name, model) for name, model in {**self._removed, **gone}.items() if name not in after]
        self._served, self._settings = _Served(after, labels), settings
        self._removed = dict(known[-MAX_REMOVED_MODELS:])
        for name, model in gone.items():
            logger.info("model %s is removed", name)
            model.close()
        self._for_each(changed, Model.poll)
        self._warn_about_labels(labels)
        absent = [model for model in changed if model.name not in before and not model.is_available]
        if absent:
            causes = "".join(f"{{{_cause(model)}}}, " for model in absent)
            raise UnavailableModelsError(f"{len(absent)} model(s) did not become available: {{{causes}}}")

    def _warn_about_labels(self, labels: VersionLabels) -> None:
        """Log the labels that name a version which is not served."""
        for name, numbers in labels.items():
            available = self._served.models[name].available()
            for label, number in numbers.items():
                if number not in available:
                    logger.warning(
                        "label %s of model %s names version %d, which is not served: requests for it are NOT_FOUND",
                        label,
                        name,
                        number,
                    )

    def _new_model(self, settings: ServedModelSettings) -> Model:
        if settings.name in self._removed:  # the status continues to report its old versions
            return self._removed[settings.name]
        if self._make_model is None:
            raise FailedPreconditionError(f"model {settings.name} cannot be added to this server")
        logger.info("model %s is added, from %s", settings.name, settings.base_path)
        return self._make_model(settings)

    def _has_changed(self, settings: ServedModelSettings) -> bool:
        """Return whether the model's versions may change: new labels alone do not change them."""
        old = (self._settings or {}).get(settings.name)
        return old is None or (old.base_path, old.policy) != (settings.base_path, settings.policy)

    def _for_each(self, models: list[Model], action: Callable[[Model], None]) -> None:
        if self._loaders and len(models) > 1:
            list(self._loaders.map(action, models))
        else:
            for model in models:
                action(model)
        for listener in self._listeners:
            listener()


def _cause(model: Model) -> str:
    """Return why a model has no version that could be loaded."""
    for status in model.statuses():
        if cause := status.message:
            return f"name: {model.name} version: {status.number} due to error: {cause}"
    return f"name: {model.name} due to error: {model.problem}"
