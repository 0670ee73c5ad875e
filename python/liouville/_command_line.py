"""The program ``liouville``: the same code as the one that cargo builds."""

from __future__ import annotations

import signal
import sys

from ._liouville import command_line


def main() -> None:
    """Run the command line of this process and end it with its exit status."""
    # A reader that closes the pipe early is no error, and Ctrl-C is the program's own.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(command_line(["liouville", *sys.argv[1:]]))
