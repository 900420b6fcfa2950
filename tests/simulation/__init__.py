"""
The real engine in a world of our own making, where one integer decides everything.

A history is a few calls of a campaign, by processes that are killed, suspended and interrupted, over a
network that loses, delays and repeats, to a gateway that plays every open question, with journals on disks
that lie.
The same seed gives the same history byte for byte, in any process. ``python -m simulation --seed N`` (from
``tests/``) replays one and tells its story.
"""
