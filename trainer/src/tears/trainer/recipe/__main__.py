"""Train the shipped model, from the dataset to the exported files: `python -m tears.trainer.recipe`."""

import sys
from collections.abc import Sequence

from tears.own_data.errors import OwnDataError
from tears.trainer.errors import TrainingError
from tears.trainer.recipe.options import parse_options
from tears.trainer.recipe.training import train_model

PROG = "python -m tears.trainer.recipe"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the recipe; return the exit status."""
    options = parse_options(arguments, PROG, __doc__)
    try:
        train_model(options)
    except (TrainingError, OwnDataError) as error:
        print(f"{PROG}: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # from the folders that the recipe writes to; errors of reading are TrainingErrors
        cure = "free some space there, or choose other folders with --out and --cache"
        print(f"{PROG}: {error}; {cure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
