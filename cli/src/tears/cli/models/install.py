"""`tears model`: puts a version into place, takes it back, and says which there are."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tears.audio.constants import WINDOW_SAMPLES
from tears.cli.errors import CliError, InputError
from tears.cli.house.shipped_model import cry_label, model_base_path
from tears.cli.models.model_check import check_model
from tears.cli.models.model_folder import RETIRED, add_version, changing, retire, tflite_of, version_folders
from tears.cli.models.model_history import add_entry, read_history
from tears.cli.models.serving_wait import NotServedError, wait_for_version
from tears.own_data.errors import OwnDataError, ScorerError
from tears.own_data.scoring.merit import is_better, merit_of
from tears.own_data.scoring.verdict import Verdict, figures_of, read_verdict, recordings_of, sha256_of
from tears.own_data.versions.history import Entry
from tears.own_data.versions.version_files import TFLITE_FILE

FIGURES = (("accuracy", "accuracy"), ("auc", "AUC"), ("heard", "heard"), ("false_alarms", "false alarms"))


class NotBetterError(CliError):
    """Raised when a version is not known to be better than the one that is served."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where versions are, and who serves them.

    Attributes:
        base_path: folder of the versions; None: where `tears up` takes its model from.
        server: HOST:PORT of a model server that is to have taken a change; None: nobody is asked.
        wait_seconds: so long it may take.
    """

    base_path: Path | None
    server: str | None = None
    wait_seconds: float = 60.0

    @property
    def folder(self) -> Path:
        """The folder of the versions."""
        return self.base_path if self.base_path is not None else model_base_path()


def install(folder: Path, place: Place, console: Console, *, force: bool) -> None:
    """Copies a version into the served folder as the next one, if it is better than what is served.

    Raises:
        NotBetterError: it is not, or nobody knows; nothing was changed.
        InputError: it cannot be used, or the disk does not take it.
        NotServedError: the server did not take it; it was taken back, as after Ctrl-C meanwhile.
    """
    base_path = place.folder
    model = check_model(folder, cry_label())
    verdict = _verdict(folder)
    with changing(base_path):
        versions, history = version_folders(base_path), read_history(base_path)
        why, is_known = _merit(verdict, versions)
        if not is_known and not force:
            raise NotBetterError(f"{folder} was not installed: {why}; --force installs it all the same")
        number = max([*versions, *(entry.version for entry in history)], default=0) + 1
        digest = sha256_of(tflite_of(folder))
        target = add_version(folder, base_path, number)
        entry = Entry(
            at=_now(),
            action="install",
            version=number,
            source=str(folder.resolve()),
            sha256=digest,
            figures=figures_of(verdict.new) if verdict else {},
            is_forced=not is_known,
            why=why,
        )
        try:
            add_entry(base_path, entry)
        except InputError:
            retire(target)
            raise
        if place.server:
            try:
                wait_for_version(place.server, number, place.wait_seconds)
            except NotServedError as error:
                _take_back(base_path, number, target, f"not served: {error}")
                raise
            except KeyboardInterrupt:
                _take_back(base_path, number, target, "interrupted while it was waited for")
                console.print(
                    f"version {number} was taken back: {place.server} was not seen to serve it",
                    soft_wrap=True,
                    markup=False,
                )
                raise
    size = model.size_bytes / 1e6
    console.print(
        f"version {number} is in {base_path} ({', '.join(model.labels)}; {size:.1f} MB): {why}",
        soft_wrap=True,
        markup=False,
    )
    console.print("tears model rollback takes it back")


def rollback(place: Place, to: int | None, console: Console) -> None:
    """Takes the newest version, or all that are newer than `to`, out of the served folder.

    Raises:
        InputError: there is none to go back to, or the disk does not take it.
        NotServedError: the server does not serve the older one.
    """
    base_path = place.folder
    with changing(base_path):
        versions = version_folders(base_path)
        numbers = list(versions)
        target = to if to is not None else (numbers[1] if len(numbers) > 1 else None)
        if target is None:
            raise InputError(
                f"{base_path} has one version, {numbers[0] if numbers else 'or none'}: nothing to go back to"
            )
        if target not in versions:
            listed = ", ".join(map(str, numbers))
            raise InputError(
                f"there is no version {target} in {base_path}, only {listed}; those in {RETIRED}/ were taken back: "
                "tears model install puts one in again"
            )
        going = [number for number in numbers if number > target]
        if not going:
            raise InputError(f"version {target} is the newest in {base_path} already")
        for number in going:
            kept = _take_back(base_path, number, versions[number], f"back to {target}")
            console.print(f"version {number} is in {kept} now", soft_wrap=True, markup=False)
    if place.server:
        wait_for_version(place.server, target, place.wait_seconds)
    console.print(f"version {target} is the newest in {base_path}", soft_wrap=True, markup=False)


def show(place: Place, console: Console, *, as_json: bool) -> None:
    """Prints the versions in place, and where each came from.

    Raises:
        InputError: the folder cannot be read.
    """
    base_path = place.folder
    installed = {entry.version: entry for entry in read_history(base_path) if entry.action == "install"}
    versions = [_described(number, path, installed.get(number)) for number, path in version_folders(base_path).items()]
    if as_json:
        console.print_json(json.dumps({"models": str(base_path), "versions": [asdict(one) for one in versions]}))
        return
    table = Table("version", "since", *(title for _, title in FIGURES))
    table.add_column("from", overflow="fold")
    for at, one in enumerate(versions):
        cells = [_figure(one.figures.get(name)) for name, _ in FIGURES]
        source = f"{one.source} (forced)" if one.forced else one.source
        table.add_row(
            f"{one.version} (newest)" if at == 0 else str(one.version), (one.since or "")[:10], *cells, escape(source)
        )
    console.print(table)


@dataclass(frozen=True)
class _Listed:
    """A version, as it is listed: newest first."""

    version: int
    since: str | None
    source: str
    forced: bool
    figures: Mapping[str, float | None]


def _described(number: int, folder: Path, entry: Entry | None) -> _Listed:
    if entry is not None:
        return _Listed(number, entry.at, entry.source, entry.is_forced, entry.figures)
    verdict = _verdict(folder)
    return _Listed(number, None, "shipped", forced=False, figures=figures_of(verdict.new) if verdict else {})


def _take_back(base_path: Path, number: int, folder: Path, why: str) -> Path:
    """Takes a version out of the servers' sight, and notes it."""
    tflite = tflite_of(folder)
    digest = sha256_of(tflite) if tflite.is_file() else ""
    kept = retire(folder)
    add_entry(
        base_path,
        Entry(
            at=_now(),
            action="rollback",
            version=number,
            source=str(kept),
            sha256=digest,
            figures={},
            is_forced=False,
            why=why,
        ),
    )
    return kept


def _verdict(folder: Path) -> Verdict | None:
    try:
        return read_verdict(folder)
    except OwnDataError as error:
        raise InputError(str(error)) from error


def _merit(verdict: Verdict | None, versions: Mapping[int, Path]) -> tuple[str, bool]:
    """What is known of a version beside the newest that can be asked, and whether it is known to be better."""
    if not versions:
        return "there is none that it could be compared with", True
    served = next((path for path in versions.values() if tflite_of(path).is_file()), None)
    if served is None:
        return f"version {next(iter(versions))} has no {TFLITE_FILE} to compare with", False
    if verdict is None:
        return (
            "it has no verdict, as tears-train --fine_tune writes it, so that nobody knows whether it is better",
            False,
        )
    if sha256_of(tflite_of(served)) == verdict.base_sha256:
        return verdict.reason, verdict.is_better
    return _measured_anew(verdict, served)


def _measured_anew(verdict: Verdict, served: Path) -> tuple[str, bool]:
    """The verdict is on another model than the one that is served: that one is asked about the same clips."""
    from tears.own_data.clips.wav_files import read_wav  # noqa: PLC0415 - see model_check
    from tears.own_data.errors import RecordingError  # noqa: PLC0415 - see model_check
    from tears.own_data.scoring.model_scorer import ModelScorer  # noqa: PLC0415 - see model_check
    from tears.own_data.sounds.rehearsal import measured_windows  # noqa: PLC0415 - see model_check

    if not verdict.held_out:
        return f"its verdict is on another model than version {served.name}, and names no clips to compare with", False
    of_served = _verdict(served)
    if of_served and any(
        clip.sha256 in of_served.learnt or clip.recording in of_served.learnt_recordings for clip in verdict.held_out
    ):
        return (
            f"version {served.name} has learnt from clips that it was measured on: fine-tune again with "
            f"--start_checkpoint={served}"
        ), False
    try:
        scorer = ModelScorer(tflite_of(served))
    except ScorerError as error:
        return f"version {served.name} cannot be asked: {error}; tears model rollback takes it out", False
    scores = []
    for clip in verdict.held_out:
        path = Path(clip.path)
        try:
            if sha256_of(path) != clip.sha256:
                return f"{path} has changed since: fine-tune again with --start_checkpoint={served}", False
            scores.append(scorer.score(read_wav(path, 0, WINDOW_SAMPLES)))
        except (OSError, RecordingError):
            return (
                f"its verdict is on another model than version {served.name}, and {path}, to compare them with, is "
                f"gone: fine-tune again with --start_checkpoint={served}"
            ), False
    labels = np.array([clip.is_crying for clip in verdict.held_out])
    rehearsal = np.array([scorer.score_waveform(window) for window in measured_windows()])
    old = merit_of(np.array(scores), labels, recordings_of(verdict.held_out), verdict.threshold, rehearsal)
    better, reason = is_better(verdict.new, old)
    return f"beside version {served.name}, {reason}", better


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
