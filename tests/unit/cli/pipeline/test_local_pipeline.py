"""The warnings of the pipeline's processes."""

from typing import cast

from tears.cli.pipeline.child_process import ChildProcess
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.stop_signals import Hurry


class AlertingProcess:
    """Stands in for a process that logs the same two lines each time it is asked."""

    name = "alerter"

    def new_warnings(self) -> list[str]:
        return [
            "nursery: crying (848c6c82-86cc-5a40-b7d8-31c8c8719381)",
            "nursery: crying (38657ac7-3cdf-50b4-a224-5f40a63c7d02)",
        ]


def test_each_warning_is_returned_once_and_without_the_id_of_an_episode() -> None:
    pipeline = LocalPipeline(PipelinePlan())
    pipeline.children = [cast("ChildProcess", AlertingProcess())]
    assert pipeline.new_warnings() == ["alerter: nursery: crying"] * 2
    assert pipeline.new_warnings() == []
    pipeline.children = []
    pipeline.close(Hurry(is_asked=False))
