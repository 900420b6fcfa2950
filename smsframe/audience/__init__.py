"""People beyond one campaign: opt-outs, replies, history, experiments, privacy."""
