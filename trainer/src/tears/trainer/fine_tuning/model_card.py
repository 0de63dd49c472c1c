"""The card of an adapted model: what it is, what it was measured to do, and what it is not for."""

from pathlib import Path

from tears.own_data.scoring.merit import ROWS
from tears.own_data.scoring.verdict import Verdict


def newness(base: str, *, is_learnt_known: bool) -> str:
    """How new to both models the recordings are that they are measured on, as what follows "recordings"."""
    if is_learnt_known:
        return "that neither has learnt from"
    return f"that the adapted model has not learnt from (what {base} has learnt is not known)"


def card_of(verdict: Verdict, folder: Path) -> str:
    """The card, in Markdown."""
    crying = sum(clip.is_crying for clip in verdict.held_out)
    recordings = len({clip.recording for clip in verdict.held_out})
    rows = "\n".join(
        f"| {name} | {getattr(verdict.old, attribute)} | {getattr(verdict.new, attribute)} |"
        for name, attribute in ROWS
    )
    return f"""# A cry model adapted to one nursery

Adapted from `{verdict.base}` on {verdict.made_at} with {verdict.learnt_clips} clips of `{folder}`. The card of that
model says what it is, what it learnt from and under which terms; all of it holds here too.

Both were measured on {crying} clips of crying and {len(verdict.held_out) - crying} others, of {recordings} recordings
{newness(verdict.base, is_learnt_known=verdict.is_learnt_known)}, at the alert policy's
threshold of {verdict.threshold:g}. In brackets the middle 95 % of a bootstrap over recordings.

| | as it was | adapted |
|---|---|---|
{rows}
| false alarms on sounds of any home | {verdict.old.rehearsal_alarms:.3f} | {verdict.new.rehearsal_alarms:.3f} |

{"Better" if verdict.is_better else "Not better"}: {verdict.reason}.

It knows this nursery. Of other babies, rooms and microphones nothing was measured. It is no safety device.
"""
