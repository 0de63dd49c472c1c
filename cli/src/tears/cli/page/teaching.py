"""What the journal needs to teach the model of `tears up`."""

from pathlib import Path

from tears.cli.pipeline.model_server import model_address, shipped_versions


def teaching_settings(pipeline_folder: Path, models: Path) -> dict[str, str]:
    """Return the settings of the journal for a model server that was started in `pipeline_folder` and watches `models`.

    The shipped versions are not changed: they belong to the checkout, and an update would meet a taught one there.
    """
    server = {"TEARS_JOURNAL_MODEL_SERVER": model_address(pipeline_folder)}
    return (
        server if models.resolve() == shipped_versions().resolve() else {**server, "TEARS_JOURNAL_MODELS": str(models)}
    )
