"""List the architectures, and build one by its name. Needs TensorFlow."""

from typing import Any, Final

import tensorflow as tf

from tears.trainer.errors import ArchitectureError
from tears.trainer.speech_commands.architectures import networks
from tears.trainer.speech_commands.architectures.fingerprints import Fingerprint
from tears.trainer.speech_commands.architectures.nursery import nursery
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings

FINGERPRINT_ARCHITECTURES: Final = {
    "single_fc": networks.single_fc,
    "conv": networks.conv,
    "low_latency_conv": networks.low_latency_conv,
    "low_latency_svdf": networks.low_latency_svdf,
    "tiny_conv": networks.tiny_conv,
    "tiny_embedding_conv": networks.tiny_embedding_conv,
}
ARCHITECTURES: Final = (*FINGERPRINT_ARCHITECTURES, "nursery")


def build(name: str, settings: ArchitectureSettings) -> Any:
    """Return a Keras model from waveforms, float32 [n, clip_samples] in [-1, 1), to logits, float32 [n, label_count].

    Keras's own random numbers give its new weights (`keras.utils.set_random_seed`).

    Raises:
        ArchitectureError: The architecture does not exist, or cannot be built with these settings.
    """
    if name not in ARCHITECTURES:
        raise ArchitectureError(f'there is no architecture "{name}"; there are {", ".join(ARCHITECTURES)}')
    waveform = tf.keras.layers.Input((settings.clip_samples,), name="waveform")
    if name == "nursery":
        return tf.keras.Model(waveform, nursery(waveform, settings), name=name)
    if name == "low_latency_conv" and settings.fingerprint_width < 8:  # noqa: PLR2004 - its filter's width
        raise ArchitectureError(
            f"low_latency_conv needs a feature_bin_count of at least 8, not {settings.fingerprint_width}"
        )
    fingerprint = Fingerprint(settings, name="fingerprint")(waveform)
    return tf.keras.Model(waveform, FINGERPRINT_ARCHITECTURES[name](fingerprint, settings.label_count), name=name)
