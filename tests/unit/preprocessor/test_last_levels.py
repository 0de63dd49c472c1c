"""The level of a room is that of its last chunk, whenever Prometheus asks."""

import pytest
from prometheus_client import CollectorRegistry
from support.sound.chunks import chunk, known_noise

from tears.audio.level import level_dbfs
from tears.preprocessor.last_levels import LastLevels
from tears.preprocessor.metrics import PreprocessorMetrics

RATE_HZ = 8_000


def test_each_room_shows_the_level_of_its_last_chunk() -> None:
    registry = CollectorRegistry()
    levels = LastLevels(PreprocessorMetrics(registry).level_dbfs, None)

    def shown(mic: str) -> float | None:
        return registry.get_sample_value("tears_preprocessor_level_dbfs", {"mic": mic})

    sound = known_noise(2 * RATE_HZ)
    louder, quieter = sound[:RATE_HZ], sound[RATE_HZ:] // 10
    assert shown("nursery") is None
    levels.note(chunk(louder, 0))
    assert shown("nursery") == pytest.approx(level_dbfs(louder))
    levels.note(chunk(quieter, RATE_HZ))
    assert shown("nursery") == pytest.approx(level_dbfs(quieter))
