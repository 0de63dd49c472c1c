"""The scores of clips, from a model server whose model is replaced meanwhile."""

from pathlib import Path

import grpc
import numpy as np
import pytest
from support.network.model_servers import FakeModelServer, Refusal

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.window import make_window
from tears.cli.errors import CliError
from tears.cli.scoring.served_scorer import ModelChoice, open_scorer

WINDOW = make_window(np.full(WINDOW_SAMPLES, 7, np.int16), 22_050, 0.0)


def test_windows_are_scored_before_and_after_a_change_of_the_signatures(tmp_path: Path) -> None:
    with FakeModelServer(tmp_path) as server:
        server.takes_integers_too = True
        with open_scorer(ModelChoice(server=server.address)) as score:
            for takes_integers in (True, False):
                server.takes_integers_too = takes_integers
                assert score(WINDOW).value_of("crying") == 0.25
    assert [request.model_spec.signature_name for request in server.requests] == ["serving_int16", "serving_default"]


def test_a_model_that_cannot_answer_is_an_error_and_is_asked_twice_at_most(tmp_path: Path) -> None:
    def refuse(_: object) -> dict[str, float]:
        raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, "it is being unloaded")

    with FakeModelServer(tmp_path) as server, open_scorer(ModelChoice(server=server.address)) as score:
        server.answer = refuse
        with pytest.raises(CliError, match="FAILED_PRECONDITION: it is being unloaded"):
            score(WINDOW)
    assert len(server.requests) == 2
