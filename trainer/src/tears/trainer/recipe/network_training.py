"""Train the networks in two phases, or load them from the cache. Needs TensorFlow."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tears.kit.files import write_with
from tears.trainer.recipe.fit import FittingSchedule, ValidationWindows, fit
from tears.trainer.recipe.options import RecipeOptions
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.source_digest import sources_of
from tears.trainer.speech_commands.architectures.nursery_network import build_network

# In the second phase every second window of the corpus is used.
CORPUS_STEP: Final = 2
CRIES_LEARNING_RATE: Final = 1.5e-3
NEAR_CRYING_WEIGHT: Final = 8.0
# What a trained network depends on besides its windows.
_NETWORK_SOURCES: Final = (
    "tears.trainer.recipe.batches",
    "tears.trainer.recipe.fit",
    "tears.trainer.speech_commands.architectures.nursery_network",
)


def train_network(
    options: RecipeOptions,
    seed: int,
    cries: TrainingWindows,
    corpus: Sequence[TrainingWindows],
    validation: Sequence[ValidationWindows],
) -> Any:
    """Return a network that has learnt sounds in general from the corpus and its teacher, and then cries.

    Without a corpus or a teacher there is no first phase: only the teacher says what the sounds of the corpus are.
    """
    general = FittingSchedule(options.corpus_epochs, width=options.width)
    crying = FittingSchedule(
        options.epochs, learning_rate=CRIES_LEARNING_RATE, near_crying_weight=NEAR_CRYING_WEIGHT, width=options.width
    )

    def learn_sounds() -> Any:
        return fit(corpus, [], general, seed)

    def learn_cries() -> Any:
        # The first phase is cached by itself: models trained without a source of cries share it.
        has_first_phase = bool(corpus) and options.teacher is not None
        network = _cached(options, "sounds", [general, seed], corpus, learn_sounds) if has_first_phase else None
        sets = [cries, *(windows.every(CORPUS_STEP) for windows in corpus)]
        return fit(sets, validation, crying, seed + 1, network)

    return _cached(options, "network", [general, crying, seed], [cries, *corpus], learn_cries)


def _cached(
    options: RecipeOptions,
    name: str,
    settings: Sequence[object],
    sets: Sequence[TrainingWindows],
    train: Callable[[], Any],
) -> Any:
    """Return a network from the cache if the same code made it of the same windows and settings; else train it."""
    made_of = f"{[windows.key for windows in sets]} {settings}".encode()
    key = hashlib.sha256(sources_of(*_NETWORK_SOURCES) + made_of).hexdigest()[:16]
    path: Path = options.cache / f"{name}-{key}.weights.h5"
    if path.exists():
        network = build_network(options.width)
        network.load_weights(path)
        return network
    network = train()
    write_with(path, network.save_weights, part=path.with_name(f"partial-{path.name}"))
    return network
