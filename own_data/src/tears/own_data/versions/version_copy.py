"""Write a version that differs from another in the head of its model.tflite, whole or not at all."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tears.own_data.versions.proof import write_checksums
from tears.own_data.versions.version_files import DRAFT_PREFIX, HEADLESS_FILES, TFLITE_FILE

_NO_TEXTS: Mapping[str, str] = MappingProxyType({})


def write_version_beside(source: Path, tflite: bytes, target: Path, texts: Mapping[str, str] = _NO_TEXTS) -> None:
    """Write a version with this model.tflite, its checksums, and the files of `source` that its head does not change.

    Args:
        source: The version's folder to copy from.
        tflite: The content of model.tflite.
        target: The new version's folder, which does not exist.
        texts: The contents of further files by name.

    Raises:
        OSError: The target cannot be written; nothing is left of it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT_PREFIX, dir=target.parent))
    try:
        # Only its owner can read a temporary folder, but the server may run as another user.
        draft.chmod(0o755)
        (draft / TFLITE_FILE).write_bytes(tflite)
        for name in HEADLESS_FILES:
            if (source / name).is_dir():
                shutil.copytree(source / name, draft / name)
            elif (source / name).exists():
                shutil.copyfile(source / name, draft / name)
        for name, text in texts.items():
            (draft / name).write_text(text, encoding="utf-8")
        write_checksums(draft)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
