"""The entry point of `tears-train`: what Ctrl-C does is settled before the other modules are imported."""

from tears.kit.terminal.start import run_main


def main() -> None:
    """Run the command and exit."""
    run_main("tears.trainer.__main__")
