"""The outputs of mn04_as: their sizes, and the numbers of the classes that matter here, in AudioSet's order."""

from typing import Final

MN04_CLASSES: Final = 527
MN04_EMBEDDING: Final = 384
MN04_STEP_SECONDS: Final = 0.32
MN04_CRYING: Final = 22
MN04_BABY_CRY: Final = 23
MN04_WHIMPER: Final = 24
# Children's voices and screams, laughter, crying; singing and humming; dogs that whine, cats, goats; insects;
# lullabies, squeaks, alarms, sirens, beeps and creaks.
MN04_NEAR_CRYING: Final = (
    *(3, 6, 8, 11, 13, 14, *range(16, 26), 27, 34, 37, 38, 71, 77, *range(80, 86), 95, 96, 97),
    *(*range(126, 132), 271, 355, 361, 388, 395, 396, 481, 486),
)
