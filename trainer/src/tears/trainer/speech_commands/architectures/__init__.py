"""The networks that the trainer knows: the six of TensorFlow's speech_commands, and `nursery`. Needs TensorFlow."""

from tears.trainer.speech_commands.architectures.registry import NAMES, build
from tears.trainer.speech_commands.architectures.settings import PREPROCESSES, ModelSettings

__all__ = ["NAMES", "PREPROCESSES", "ModelSettings", "build"]
