"""SavedModels that nothing here can run: their signatures are served, and they never replace a version that runs."""

import gc
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from unit.model_server.fakes import FakeClock, FakeLoader

from tears.kit.clock import SystemClock
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.version_policy import Latest
from tears.model_server.catalog.version_record import RetryPolicy, VersionState, VersionStatus
from tears.model_server.engines import saved_model, version_loader
from tears.model_server.engines.saved_model import DescribedServable, describe_saved_model, import_tensorflow
from tears.model_server.engines.servable import NotRunnableError
from tears.model_server.engines.version_loader import VersionLoader
from tears.model_server.errors import FailedPreconditionError, LoadError, NotFoundError
from tears.model_server.rest.probes import Probes
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.tfserving.v1 import saved_model_pb2, tensor_pb2
from tears.tfserving.v1.status_pb2 import StatusProto

REASON = "it holds a SavedModel: pip install 'tears-model-server[tensorflow]'"
LEVEL = TensorSpec("level:0", tensor_pb2.DT_FLOAT, (-1, 1))
EXAMPLE = TensorSpec("example:0", tensor_pb2.DT_STRING, None)
SIGNATURES = {
    "serving_default": Signature({"x": LEVEL}, {"y": LEVEL}),
    "regress": Signature({"inputs": EXAMPLE}, {"outputs": LEVEL}, "tensorflow/serving/regress"),
}


def write_saved_model(folder: Path, *tags: str) -> None:
    model = saved_model_pb2.SavedModel()
    graph = model.meta_graphs.add(meta_info_def={"tags": tags})
    for name, signature in SIGNATURES.items():
        graph.signature_def[name].CopyFrom(signature.to_proto())
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())


def not_runnable() -> NotRunnableError:
    return NotRunnableError(REASON, DescribedServable(SIGNATURES, REASON))


class DescribedModel:
    """A model whose versions 2 and 4 are SavedModels that nothing here can run."""

    def __init__(self, base_path: Path) -> None:
        self.base_path = base_path
        self.loader = FakeLoader()
        self.loader.broken = {"2": not_runnable(), "4": not_runnable()}
        self.model = Model("cry", base_path, self.loader, retry=RetryPolicy(2, 0.0), clock=FakeClock())
        self.catalog = Catalog({"cry": self.model})

    def publish(self, *names: str) -> None:
        for name in names:
            (self.base_path / name).mkdir()
        self.model.poll()

    def lent(self, number: int | None = None) -> int:
        with self.model.use(number) as (version, _):
            return version

    def states(self) -> dict[int, VersionState]:
        return {status.number: status.state for status in self.model.statuses()}


@pytest.fixture
def described(tmp_path: Path) -> DescribedModel:
    return DescribedModel(tmp_path)


def test_the_signatures_are_read_from_the_file(tmp_path: Path) -> None:
    write_saved_model(tmp_path, "serve")
    described = describe_saved_model(tmp_path, ["serve"], REASON)
    assert described is not None
    assert described.signatures == SIGNATURES


def test_a_described_version_refuses_to_run_and_says_what_to_install() -> None:
    with pytest.raises(FailedPreconditionError, match=r"pip install 'tears-model-server\[tensorflow\]'"):
        DescribedServable(SIGNATURES, REASON).run("serving_default", {"x": np.ones((1, 1), np.float32)}, ["y"])


def test_no_description_comes_from_a_broken_file_a_huge_one_or_one_without_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert describe_saved_model(tmp_path, ["serve"], REASON) is None
    write_saved_model(tmp_path, "serve", "gpu")
    assert describe_saved_model(tmp_path, ["serve"], REASON) is None
    monkeypatch.setattr(saved_model, "MAX_DESCRIBED_BYTES", 10)
    assert describe_saved_model(tmp_path, ["gpu", "serve"], REASON) is None
    monkeypatch.undo()
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff\xff")
    assert describe_saved_model(tmp_path, ["serve"], REASON) is None


@pytest.mark.parametrize(
    ("is_installed", "words"), [(False, "is not installed"), (True, "cannot be imported .no GLIBC")]
)
def test_the_loader_attaches_the_description_to_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, *, is_installed: bool
) -> None:
    def cannot_import(*_: object) -> None:
        raise ImportError("no GLIBC")

    monkeypatch.setattr(version_loader, "is_tensorflow_installed", lambda: is_installed)
    monkeypatch.setattr(version_loader, "SavedModelServable", cannot_import)
    write_saved_model(tmp_path, "serve")
    with pytest.raises(NotRunnableError, match=f"TensorFlow {words}") as refused:
        VersionLoader()(tmp_path)
    assert refused.value.description is not None
    assert refused.value.description.signatures == SIGNATURES


def test_a_version_that_cannot_run_is_described_if_no_other_answers(described: DescribedModel) -> None:
    described.publish("2")
    assert described.model.statuses() == [VersionStatus(2, VersionState.END, StatusProto.FAILED_PRECONDITION, REASON)]
    assert (described.lent(), described.lent(2)) == (2, 2)
    with described.model.use() as (_, servable):
        assert servable.signatures == SIGNATURES
    with pytest.raises(NotFoundError, match="Specific"):
        described.lent(1)


def test_a_described_version_does_not_count_as_ready_and_the_probe_says_why(described: DescribedModel) -> None:
    described.publish("2")
    assert not described.model.is_available
    assert described.model.available() == []
    verdict = Probes(described.catalog, SystemClock(), interval_seconds=1.0).ready()
    assert not verdict.good
    assert REASON in verdict.reason


def test_a_version_that_runs_is_never_replaced_by_one_that_does_not(described: DescribedModel) -> None:
    described.publish("1")
    described.publish("2")
    assert described.lent() == 1
    assert described.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}
    assert described.model.statuses()[0] == VersionStatus(2, VersionState.END, StatusProto.FAILED_PRECONDITION, REASON)
    with pytest.raises(NotFoundError):
        described.lent(2)


def test_an_older_version_that_runs_is_served_instead_of_a_newer_one_that_does_not(described: DescribedModel) -> None:
    described.publish("1", "2")
    assert described.lent() == 1
    assert described.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}


def test_once_a_version_runs_no_version_is_described(described: DescribedModel) -> None:
    described.publish("2")
    described.publish("3")
    assert described.lent() == 3
    assert described.states() == {3: VersionState.AVAILABLE, 2: VersionState.END}


def test_a_version_that_becomes_runnable_is_run(described: DescribedModel) -> None:
    described.publish("2")
    del described.loader.broken["2"]
    (described.base_path / "2" / "model.tflite").touch()
    described.model.poll()
    assert described.model.statuses() == [VersionStatus(2, VersionState.AVAILABLE)]
    assert described.model.available() == [2]


def test_a_version_that_breaks_while_it_is_described_is_broken(described: DescribedModel) -> None:
    described.publish("2")
    described.loader.broken["2"] = LoadError("it is half a file")
    (described.base_path / "2" / "model.tflite").touch()
    described.model.poll()
    assert described.model.statuses() == [
        VersionStatus(2, VersionState.END, StatusProto.FAILED_PRECONDITION, "it is half a file")
    ]


def test_only_what_the_policy_wants_is_described(described: DescribedModel) -> None:
    described.publish("2", "4")
    assert described.states() == {4: VersionState.END, 2: VersionState.END}
    assert described.lent(4) == 4
    with pytest.raises(NotFoundError):
        described.lent(2)
    described.model.configure(described.base_path, Latest(None))
    described.model.poll()
    assert described.states() == {4: VersionState.END, 2: VersionState.END}
    assert (described.lent(), described.lent(2)) == (4, 2)


def test_a_closed_model_is_not_described_until_it_is_opened_again(described: DescribedModel) -> None:
    described.publish("2")
    described.model.close()
    assert described.states() == {2: VersionState.END}
    with pytest.raises(NotFoundError):
        described.lent()
    described.model.configure(described.base_path, Latest(None))
    described.model.poll()
    assert described.lent() == 2


def test_the_garbage_collector_skips_the_modules_of_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("tensorflow", "tensorflow.core", "tensorflow.core.protobuf", "tensorflow.core.protobuf.config_pb2")
    for name in names:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules[names[-1]], "CallableOptions", "options", raising=False)
    before = gc.get_freeze_count()
    try:
        assert import_tensorflow.__wrapped__() == (sys.modules["tensorflow"], "options")
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
