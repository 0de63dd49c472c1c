"""The entry point of `tears-model-server`: what Ctrl-C does is settled before the other modules are imported."""

from tears.kit.terminal.start import run_main


def main() -> None:
    """Run the command and exit."""
    run_main("tears.model_server.__main__")
