"""Write the card of an adapted model: what it is, how good it was measured to be, and what it is not for."""

from pathlib import Path

from tears.own_data.scoring.merit import MERIT_ROWS, Merit
from tears.own_data.scoring.verdict import ModelVerdict
from tears.sound_files.readable_name import readable_name


def newness(base: str, *, is_learnt_known: bool) -> str:
    """Return a clause to follow the word "recordings": which of the two models has not learnt from them."""
    if is_learnt_known:
        return "that neither has learnt from"
    return f"that the adapted model has not learnt from (what {base} has learnt is not known)"


def comparison_table(old: Merit, new: Merit) -> str:
    """Return a Markdown table of the figures of both models, without a line end."""
    rows = [f"| {name} | {getattr(old, attribute)} | {getattr(new, attribute)} |\n" for name, attribute in MERIT_ROWS]
    return (
        f"| | as it was | adapted |\n|---|---|---|\n{''.join(rows)}"
        f"| false alarms on sounds of any home | {old.rehearsal_alarms:.3f} | {new.rehearsal_alarms:.3f} |"
    )


def card_of(verdict: ModelVerdict, folder: Path) -> str:
    """Return the card, in Markdown, of a model that was adapted to the clips in a folder."""
    crying = sum(clip.is_crying for clip in verdict.held_out)
    recordings = len({clip.recording for clip in verdict.held_out})
    base, own = readable_name(verdict.base), readable_name(folder)
    return f"""# A cry model adapted to one nursery

Adapted from `{base}` on {verdict.made_at} with {verdict.learnt_clips} clips of `{own}`. The card of that
model says what it is, what it learnt from and under which terms; all of it applies here too.

Both were measured on {crying} clips of crying and {len(verdict.held_out) - crying} others, of {recordings} recordings
{newness(base, is_learnt_known=verdict.is_learnt_known)}, at the alert policy's
threshold of {verdict.threshold:g}. In brackets is the middle 95 % of a bootstrap over recordings.

{comparison_table(verdict.old, verdict.new)}

{"Better" if verdict.is_better else "Not better"}: {verdict.reason}.

It knows this nursery. It was not measured on other babies, rooms and microphones. It is not a safety device.
"""
