"""`tears demo`: play a generated nursery through the real services, and compare the alerts with the truth."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tears.cli.console import make_console
from tears.cli.errors import DisagreementError
from tears.cli.options import minutes_and_seconds
from tears.cli.pipeline.room_recordings import RoomRecording, find_room_recordings
from tears.cli.replay import replay_made
from tears.kit.memory import heap
from tears.kit.messages import Episode
from tears.samples.scene import Scene, SceneEvent, demo_scene
from tears.samples.scene_files import write_scene

DEMO_MIC = "nursery"
# As in the evaluation of nights, an alert belongs to an episode if it comes before the episode ends, or within 10 s.
ALERT_SECONDS = 10.0


@dataclass(frozen=True)
class Agreement:
    """The true episodes of crying, each with the alert for it or None, and the alerts that belong to none of them."""

    matches: list[tuple[SceneEvent, Episode | None]]
    false_alerts: list[Episode]

    @property
    def is_whole(self) -> bool:
        """Return whether each episode had its alert, and there were no other alerts."""
        return not self.false_alerts and all(episode is not None for _, episode in self.matches)


def agree(events: Sequence[SceneEvent], episodes: Sequence[Episode]) -> Agreement:
    """Match each episode of crying with the first alert that falls into it."""
    left = sorted(episodes, key=lambda episode: episode.alerted_at_seconds)
    matches: list[tuple[SceneEvent, Episode | None]] = []
    for event in events:
        if event["label"] != "crying":
            continue
        until = max(event["end"], event["start"] + ALERT_SECONDS)
        hit = next((one for one in left if event["start"] <= one.alerted_at_seconds <= until), None)
        if hit is not None:
            left.remove(hit)
        matches.append((event, hit))
    return Agreement(matches, left)


@click.command("demo")
def command() -> None:
    """Play a generated nursery and check the alerts; exits 0 only if they are right."""
    demo(make_console())


def demo(console: Console) -> None:
    """Generate the scene, replay it, and print what happens beside the alerts.

    Raises:
        DisagreementError: An episode was missed, or there was a false alert.
        StartError: A process did not start.
    """
    heap.share_one_heap()  # composing takes large buffers again and again
    # Composing takes as long as starting the services, and a processor has more than one core.
    with tempfile.TemporaryDirectory(prefix="tears-demo-") as folder, ThreadPoolExecutor(1) as composer:
        composing = composer.submit(_compose, Path(folder))

        def wait_for_recordings() -> list[RoomRecording]:
            with console.status(
                "composing a noisy nursery: four babies, a dog, doors, music, voices, a vacuum cleaner"
            ):
                return composing.result()[1]

        result = replay_made(wait_for_recordings, console)
        scene, _ = composing.result()
    agreement = agree(scene.truth["events"], result.rooms[DEMO_MIC].closed_episodes())
    console.print(timeline(scene.truth["events"], agreement))
    console.print(
        f"listened to {minutes_and_seconds(scene.truth['duration_seconds'])} min of sound in "
        f"{result.elapsed_seconds:.1f} s, {result.times_real_time:.0f} times real time",
        highlight=False,
    )
    alerted = sum(episode is not None for _, episode in agreement.matches)
    count = len(agreement.false_alerts)
    verdict = f"alerts for {alerted} of {len(agreement.matches)} episodes of crying, {count} false alerts"
    if not agreement.is_whole:
        raise DisagreementError(verdict)
    console.print(f"[green]{verdict}[/green]", highlight=False)


def _compose(folder: Path) -> tuple[Scene, list[RoomRecording]]:
    scene = demo_scene()
    # Not as FLAC: it would be packed and unpacked only to be thrown away.
    return scene, find_room_recordings([write_scene(scene, folder, DEMO_MIC, suffix=".wav")])


def timeline(events: Sequence[SceneEvent], agreement: Agreement) -> Table:
    """Return a table of what happens in the night, and what Tears does."""
    table = Table("when", "what happens", "what Tears does", title="A night in the nursery")
    answers = iter(agreement.matches)
    rows: list[tuple[float, str, str, str]] = []
    for event in events:
        when = f"{minutes_and_seconds(event['start'])} - {minutes_and_seconds(event['end'])}"
        if event["label"] == "crying":
            _, episode = next(answers)
            who = event["original_recording"].rpartition(":")[2]
            rows.append((event["start"], when, f"[bold]crying[/bold]: {who}", _alert(episode, event)))
        else:
            rows.append((event["start"], when, event["category"].replace("_", " "), "[dim]no alert[/dim]"))
    for one in agreement.false_alerts:
        at = one.alerted_at_seconds
        rows.append((at, minutes_and_seconds(at), "", "[red]false alert[/red]"))
    for _, when, what, answer in sorted(rows):
        table.add_row(when, what, answer)
    return table


def _alert(episode: Episode | None, event: SceneEvent) -> str:
    if episode is None:
        return "[red]no alert: missed[/red]"
    return f"[green]alert[/green] {episode.alerted_at_seconds - event['start']:.1f} s after it began"
