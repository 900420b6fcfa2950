"""The tables of people: recipients, opt-outs, replies."""
