"""What the journal must know of the pipeline: its Redis, its model server, and the folder of the model's versions."""

from pathlib import Path

from tears.cli.pipeline.local_pipeline import LocalPipeline
from tears.cli.pipeline.model_server import model_address, shipped_versions


def pipeline_settings(pipeline: LocalPipeline, models: Path) -> dict[str, str]:
    """Return the settings of the journal beside a pipeline whose model server watches `models`."""
    return {"TEARS_REDIS_URL": pipeline.url, **teaching_settings(pipeline.folder, models)}


def teaching_settings(pipeline_folder: Path, models: Path) -> dict[str, str]:
    """Return what it takes to teach the model of the server in `pipeline_folder`.

    The shipped versions are not changed: they belong to the checkout, and an update would meet a taught one there.
    """
    server = {"TEARS_JOURNAL_MODEL_SERVER": model_address(pipeline_folder)}
    if models.resolve() == shipped_versions().resolve():
        return server
    return {**server, "TEARS_JOURNAL_MODELS": str(models)}
