"""``python -m liouville`` is the program ``liouville``."""

from ._command_line import main

main()
