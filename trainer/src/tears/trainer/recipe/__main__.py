"""Train the shipped model, from the dataset to the exported files: `python -m tears.trainer.recipe`."""

import sys
from collections.abc import Sequence

from tears.trainer.errors import WriteError
from tears.trainer.module_command import module_command
from tears.trainer.recipe.options import parse_options
from tears.trainer.recipe.training import train_model

RECIPE_PROG = "python -m tears.trainer.recipe"


@module_command(RECIPE_PROG)
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the recipe."""
    options = parse_options(arguments, RECIPE_PROG, __doc__)
    try:
        train_model(options)
    except OSError as error:  # from the folders that the recipe writes to; errors of reading are TrainingErrors
        cure = "free some space there, or choose other folders with --out and --cache"
        raise WriteError(f"{error}; {cure}") from error


if __name__ == "__main__":
    sys.exit(main())
