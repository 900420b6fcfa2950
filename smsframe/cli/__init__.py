"""The command line: every command is a public function of smsframe."""
