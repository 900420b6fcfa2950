"""
What the command line is made of: options, commands, what they print, and how they end.

`smsframe.cli` puts them together. Nothing is decided here: every command is a public function of smsframe
with options for arguments.
"""
