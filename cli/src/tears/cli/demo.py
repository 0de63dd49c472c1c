"""`tears demo`: a generated nursery through the real services, and the truth beside what was heard."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tears.cli.errors import DisagreementError
from tears.cli.replay import ReplayOptions, clock_time, replay
from tears.kit.messages import Episode
from tears.samples.scene import SceneEvent, demo_scene
from tears.samples.scene_files import write_scene

NAME = "nursery"
# As in the scoring of nights: an alert counts for a bout until the bout's end, and for at least 10 s.
ALERT_SECONDS = 10.0


@dataclass(frozen=True)
class Agreement:
    """Truth and hearing, matched.

    Attributes:
        told: each bout of crying with the episode that told of it, or None.
        false: episodes that tell of nothing.
    """

    told: list[tuple[SceneEvent, Episode | None]]
    false: list[Episode]

    @property
    def is_whole(self) -> bool:
        """Each bout told, and nothing else."""
        return not self.false and all(episode is not None for _, episode in self.told)


def agree(events: Sequence[SceneEvent], episodes: Sequence[Episode]) -> Agreement:
    """Matches each bout with the first alert that falls into it."""
    left = sorted(episodes, key=lambda episode: episode.alerted_at_seconds)
    told: list[tuple[SceneEvent, Episode | None]] = []
    for event in events:
        if event["label"] != "crying":
            continue
        until = max(event["end"], event["start"] + ALERT_SECONDS)
        hit = next((one for one in left if event["start"] <= one.alerted_at_seconds <= until), None)
        if hit is not None:
            left.remove(hit)
        told.append((event, hit))
    return Agreement(told, left)


def demo(console: Console) -> None:
    """Generates the scene, replays it, prints both sides.

    Raises:
        DisagreementError: a bout was missed, or something else was taken for one.
        StartError: a process did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="tears-demo-") as folder:
        with console.status("composing a noisy nursery: four babies, a dog, doors, music, voices, a vacuum cleaner"):
            scene = demo_scene()
            path = write_scene(scene, Path(folder), NAME)
        result = replay([path], None, ReplayOptions(), console)
    room = result.rooms[NAME]
    agreement = agree(scene.truth["events"], room.closed_episodes())
    console.print(_timeline(scene.truth["events"], agreement))
    console.print(
        f"{len(room.scored())} windows scored by the model server in {result.elapsed_seconds:.1f} s, "
        f"{result.times_real_time:.0f} times real time",
        highlight=False,
    )
    heard = sum(episode is not None for _, episode in agreement.told)
    verdict = f"heard {heard} of {len(agreement.told)} bouts of crying, {len(agreement.false)} false alerts"
    if not agreement.is_whole:
        raise DisagreementError(verdict)
    console.print(f"[green]{verdict}[/green]", highlight=False)


def _timeline(events: Sequence[SceneEvent], agreement: Agreement) -> Table:
    table = Table("when", "what is true", "what Tears heard", title="A night in the nursery")
    answers = iter(agreement.told)
    rows: list[tuple[float, str, str, str]] = []
    for event in events:
        when = f"{clock_time(event['start'])} - {clock_time(event['end'])}"
        what = f"{event['category'].replace('_', ' ')} at {event['level_dbfs']:.0f} dBFS"
        if event["label"] == "crying":
            _, episode = next(answers)
            who = event["original_recording"].rpartition(":")[2]
            what = f"[bold]crying[/bold]: {who} at {event['level_dbfs']:.0f} dBFS"
            rows.append((event["start"], when, what, _told(episode, event)))
        else:
            rows.append((event["start"], when, what, "[dim]nothing to tell[/dim]"))
    rows += [
        (
            one.alerted_at_seconds,
            clock_time(one.alerted_at_seconds),
            "",
            f"[red]false alert[/red] ({one.peak_score:.2f})",
        )
        for one in agreement.false
    ]
    for _, when, what, heard in sorted(rows):
        table.add_row(when, what, heard)
    return table


def _told(episode: Episode | None, event: SceneEvent) -> str:
    if episode is None:
        return "[red]missed[/red]"
    after = episode.alerted_at_seconds - event["start"]
    return f"[green]crying[/green], told {after:.1f} s after it began (score {episode.peak_score:.2f})"
