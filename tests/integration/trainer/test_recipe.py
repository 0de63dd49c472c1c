"""`python -m tears.trainer.recipe` as a command, on a disk that is full."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.processes.small_disk import run_module

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.sounds.named_signals import cry_like


def dataset(folder: Path) -> Path:
    """Write a cry and a noise to learn from, and the same to validate with."""
    (folder / "clips").mkdir(parents=True)
    noise = np.random.default_rng(5).normal(0, 0.1, WINDOW_SAMPLES)
    rows = ["path,label,category,source,original_recording,split,label_suspect"]
    for split in ("train", "val"):
        for label, sound in (("crying", cry_like()), ("other", noise)):
            path = f"clips/{split}-{label}.flac"
            soundfile.write(folder / path, np.round(sound * 8000).astype(np.int16), MODEL_RATE_HZ, subtype="PCM_16")
            rows.append(f"{path},{label},wind,esc50,{split}-{label},{split},0")
    (folder / "manifest.csv").write_text("\n".join(rows))
    return folder


@pytest.mark.parametrize(("revoiced", "too_large"), [(0, "features.npy"), (1, "samples.npy")])
def test_on_a_full_disk_it_says_what_to_do_and_exports_nothing(revoiced: int, too_large: str, tmp_path: Path) -> None:
    sizes = ("--windows=8", f"--revoiced={revoiced}", "--babies=0", "--epochs=1", "--workers=1")
    where = (f"--dataset={dataset(tmp_path / 'data')}", f"--out={tmp_path / 'out'}", f"--cache={tmp_path / 'cache'}")
    without = ("--no-corpus", "--no-teacher")
    done = run_module("tears.trainer.recipe", *where, *without, *sizes, largest_file_bytes=100_000)
    assert done.returncode == 1, done.stderr
    assert "free some space there, or choose other folders with --out and --cache" in done.stderr
    assert "Traceback" not in done.stderr
    assert too_large in done.stderr
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "cache").iterdir()) == []
