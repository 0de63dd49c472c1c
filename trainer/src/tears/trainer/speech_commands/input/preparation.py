"""Find everything that can be wrong with a training before TensorFlow is loaded, which takes many seconds."""

from pathlib import Path

from tears.own_data.clips.splits import Split, all_labels
from tears.trainer.disk_writes import require_writable
from tears.trainer.errors import ArchitectureError
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings
from tears.trainer.speech_commands.checkpoint_paths import existing_checkpoint
from tears.trainer.speech_commands.flags import ARCHITECTURE_NAMES, TrainerFlags
from tears.trainer.speech_commands.input.fetching import fetch_archive
from tears.trainer.speech_commands.input.recordings import find_recordings
from tears.trainer.speech_commands.input.sampling import ClipSampler
from tears.trainer.speech_commands.printed_lines import LinePrinter


def prepare_clips(flags: TrainerFlags, lines: LinePrinter) -> ClipSampler:
    """Check the flags, and find the clips to train on; print what is odd about them.

    Raises:
        TrainingError: The flags ask for something that does not exist, or a folder cannot be written.
        OwnDataError: The recordings cannot be used.
    """
    if flags.model_architecture not in ARCHITECTURE_NAMES:
        known = ", ".join(ARCHITECTURE_NAMES)
        raise ArchitectureError(f'there is no architecture "{flags.model_architecture}"; there are {known}')
    labels = all_labels(flags.wanted_words)
    architecture_settings(flags, len(labels))
    if flags.start_checkpoint:
        # Whether it fits is found out later, with TensorFlow.
        existing_checkpoint(flags.start_checkpoint)
    if flags.data_url:
        for line in fetch_archive(flags.data_url, Path(flags.data_dir)):
            lines.info(line)
    found = find_recordings(flags)
    require_writable(Path(flags.train_dir))
    for warning in found.warnings:
        lines.warning(warning)
    if not found.background:
        lines.warning(
            f"{flags.data_dir} has no folder _background_noise_: quiet noise is used instead; "
            "a few minutes of your empty room would be better"
        )
    sampler = ClipSampler(found, flags)
    for split in Split:
        counts = zip(labels, sampler.counts(split), strict=True)
        lines.debug(f"{split}: " + ", ".join(f"{count} {label}" for label, count in counts))
    return sampler


def architecture_settings(flags: TrainerFlags, label_count: int) -> ArchitectureSettings:
    """Return the settings of the network; raise ArchitectureError if no network can have them."""
    return ArchitectureSettings(
        label_count=label_count,
        sample_rate_hz=flags.sample_rate,
        clip_duration_ms=flags.clip_duration_ms,
        window_size_ms=flags.window_size_ms,
        window_stride_ms=flags.window_stride_ms,
        feature_bin_count=flags.feature_bin_count,
        preprocess=flags.preprocess,
        upper_frequency_hz=flags.upper_frequency_limit or None,
        quantize=flags.quantize,
    )
