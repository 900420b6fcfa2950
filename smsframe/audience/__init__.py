"""People over time: opt-outs and what follows from them."""
