from pathlib import Path

from tears.cli.page.pipeline_settings import teaching_settings
from tears.cli.pipeline.model_server import model_base_path, shipped_versions


def test_a_taught_version_goes_where_the_model_server_looks(tmp_path: Path) -> None:
    assert teaching_settings(tmp_path / "run", tmp_path / "models") == {
        "TEARS_JOURNAL_MODEL_SERVER": f"unix:{tmp_path}/run/model.sock",
        "TEARS_JOURNAL_MODELS": str(tmp_path / "models"),
    }


def test_the_shipped_versions_are_never_changed(tmp_path: Path) -> None:
    assert model_base_path() == shipped_versions().resolve()
    for shipped in (shipped_versions(), model_base_path()):
        assert "TEARS_JOURNAL_MODELS" not in teaching_settings(tmp_path, shipped)
