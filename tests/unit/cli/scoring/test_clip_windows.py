"""The windows of a clip that is scored."""

from pathlib import Path

import pytest

from tears.cli.errors import InputError
from tears.cli.scoring.clip_windows import clip_windows


def test_a_clip_whose_name_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has a name that is not UTF-8; rename it"):
        list(clip_windows(tmp_path / "n\udcfecht.wav", None))
