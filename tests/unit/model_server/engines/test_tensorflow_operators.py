"""Operators that other packages bring."""

import sys
from pathlib import Path

import pytest

from tears.model_server.engines import tensorflow_operators
from tears.model_server.engines.tensorflow_operators import load_with_operators
from tears.model_server.errors import LoadError


class ModelWithOperator:
    """A model whose operator a package registers when it is imported."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        self.loads = 0

    def load(self) -> str:
        self.loads += 1
        if self.operator not in getattr(sys, "registered_operators", ()):
            raise ValueError(f"Op type not registered '{self.operator}' in binary running on host.")
        return "loaded"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of packages that this process can import and that registers nothing yet."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "registered_operators", [], raising=False)
    found = {"fake_text": "fake-text", "tensorflow_decision_forests": "tensorflow-decision-forests"}
    monkeypatch.setattr(tensorflow_operators, "_OPERATOR_MODULES", {**found, "tensorflow_text": "tensorflow-text"})
    return tmp_path


def install(packages: Path, module: str, *operators: str) -> None:
    (packages / f"{module}.py").write_text(f"import sys\nsys.registered_operators += {list(operators)}\n")


def test_a_model_of_tensorflow_alone_imports_no_other_package(packages: Path) -> None:
    install(packages, "fake_text", "WordpieceTokenize")
    assert load_with_operators(lambda: "loaded", "m") == "loaded"
    assert "fake_text" not in sys.modules


def test_the_installed_packages_are_imported_until_one_has_the_operator(
    packages: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for module in ("fake_text", "tensorflow_decision_forests"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    (packages / "fake_text.py").write_text("raise RuntimeError('made for another TensorFlow')")
    install(packages, "tensorflow_decision_forests", "SimpleMLInferenceOp")
    model = ModelWithOperator("SimpleMLInferenceOp")
    assert load_with_operators(model.load, "m") == "loaded"
    assert model.loads == 3
    assert "fake_text is installed, but cannot be imported: made for another TensorFlow" in caplog.text
    assert "tensorflow_decision_forests is imported for the operators of a model" in caplog.text
    monkeypatch.delitem(sys.modules, "tensorflow_decision_forests")


@pytest.mark.parametrize(
    ("operator", "package"),
    [("SentencepieceOp", "tensorflow-text"), ("SimpleMLInferenceOp", "tensorflow-decision-forests")],
)
@pytest.mark.usefixtures("packages")
def test_an_operator_that_nothing_brings_is_named_with_what_to_install(operator: str, package: str) -> None:
    with pytest.raises(LoadError, match=f"/models/1: the model uses the operator {operator}, .* pip install {package}"):
        load_with_operators(ModelWithOperator(operator).load, "/models/1")


def test_any_other_error_is_tensorflows_own() -> None:
    def fail() -> None:
        raise OSError("a file\nis missing")

    with pytest.raises(LoadError, match="m: TensorFlow cannot load it: a file is missing"):
        load_with_operators(fail, "m")
