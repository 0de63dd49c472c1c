"""Operators of TensorFlow that other packages bring: for text, for decision forests and so on.

Importing such a package registers its operators. TF Serving has some of them built in.
"""

import importlib
import importlib.util
import logging
import re
from collections.abc import Callable
from typing import Final, TypeVar

from tears.model_server.errors import LoadError, one_line

logger = logging.getLogger(__name__)

# Modules that register operators, and what pip calls their packages. The first whose name an operator suggests is the
# one to install; TF-DF's operators begin with SimpleML, tf_text's have no common name.
_OPERATOR_MODULES: Final = {
    "tensorflow_text": "tensorflow-text",
    "tensorflow_decision_forests": "tensorflow-decision-forests",
    "tensorflow_io": "tensorflow-io",
    "tensorflow_addons": "tensorflow-addons",
}
_UNREGISTERED: Final = re.compile(r"[Oo]p type not registered '([^']+)'")
_FOREST_PREFIX: Final = "SimpleML"

Loaded = TypeVar("Loaded")


def load_with_operators(load: Callable[[], Loaded], what: str) -> Loaded:
    """Call `load`; while it lacks an operator, import the installed packages that may bring it, and call it again.

    `what` names the model in errors.

    Raises:
        LoadError: TensorFlow cannot load the model; if an operator is missing, the message says what to install.
    """
    waiting = [module for module in _OPERATOR_MODULES if importlib.util.find_spec(module)]
    while True:
        try:
            return load()
        except Exception as error:  # TensorFlow raises half a dozen kinds of errors here
            missing = _UNREGISTERED.search(str(error))
            if missing is None:
                raise LoadError(f"{what}: TensorFlow cannot load it: {message_of(error)}") from error
            if not waiting:
                raise LoadError(f"{what}: {_advice(missing[1])}") from error
            _import(waiting.pop(0))


def message_of(error: Exception) -> str:
    """Return what TensorFlow says, on one line."""
    return one_line(getattr(error, "message", error))


def _advice(operator: str) -> str:
    likely = "tensorflow_decision_forests" if operator.startswith(_FOREST_PREFIX) else "tensorflow_text"
    return (
        f"the model uses the operator {operator}, which TensorFlow itself does not have; it may be part of another "
        f"package: pip install {_OPERATOR_MODULES[likely]}, in the version for this TensorFlow"
    )


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - a package for another TensorFlow fails in many ways
        logger.warning("%s is installed, but cannot be imported: %s", module, one_line(error))
        return
    logger.info("%s is imported for the operators of a model", module)
