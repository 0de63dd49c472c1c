"""The numbers that define the sound in the pipeline. This module imports nothing, so every part can use it."""

MODEL_RATE_HZ = 22_050
WINDOW_SECONDS = 5
WINDOW_SAMPLES = WINDOW_SECONDS * MODEL_RATE_HZ  # 110 250: 5 s at 22.05 kHz
FULL_SCALE = 32_768  # 2 ** 15: the magnitude of the most negative int16
LARGEST_SAMPLE = FULL_SCALE - 1  # 32 767
BYTES_PER_SAMPLE = 2  # int16
# The level of digital silence, and the lowest level that is reported.
SILENCE_DBFS = -120.0
# The sample rates and channels that a microphone or a recording may have.
LOWEST_RATE_HZ = 4_000
HIGHEST_RATE_HZ = 384_000
MOST_CHANNELS = 32
