"""``python -m smsframe``: the command line, where the console script is not on the path."""

from smsframe.cli.entry import main

main()
