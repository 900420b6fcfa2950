"""Whom a run may text, by opt-outs and by the policy."""
