"""Which architectures there are, and how one is built. Needs TensorFlow."""

from typing import Any, Final

import tensorflow as tf

from tears.trainer.errors import SettingsError
from tears.trainer.speech_commands.architectures import networks
from tears.trainer.speech_commands.architectures.fingerprints import Fingerprint
from tears.trainer.speech_commands.architectures.nursery import nursery
from tears.trainer.speech_commands.architectures.settings import ModelSettings

ON_FINGERPRINTS: Final = {
    "single_fc": networks.single_fc,
    "conv": networks.conv,
    "low_latency_conv": networks.low_latency_conv,
    "low_latency_svdf": networks.low_latency_svdf,
    "tiny_conv": networks.tiny_conv,
    "tiny_embedding_conv": networks.tiny_embedding_conv,
}
NAMES: Final = (*ON_FINGERPRINTS, "nursery")


def build(name: str, settings: ModelSettings) -> Any:
    """A model with fresh weights, drawn from Keras's own randomness (`keras.utils.set_random_seed`).

    Args:
        name: One of `NAMES`.
        settings: The clip, its fingerprint and the number of labels.

    Returns:
        A Keras model: float32 [n, clip_samples] in [-1, 1) in, logits float32 [n, label_count] out.

    Raises:
        SettingsError: There is no such architecture, or it cannot be built with these settings.
    """
    if name not in NAMES:
        raise SettingsError(f'there is no architecture "{name}"; there are {", ".join(NAMES)}')
    waveform = tf.keras.layers.Input((settings.clip_samples,), name="waveform")
    if name == "nursery":
        return tf.keras.Model(waveform, nursery(waveform, settings), name=name)
    if name == "low_latency_conv" and settings.fingerprint_width < 8:  # noqa: PLR2004 - its filter's width
        raise SettingsError(
            f"low_latency_conv needs a feature_bin_count of at least 8, not {settings.fingerprint_width}"
        )
    fingerprint = Fingerprint(settings, name="fingerprint")(waveform)
    return tf.keras.Model(waveform, ON_FINGERPRINTS[name](fingerprint, settings.label_count), name=name)
