"""Learning which answers are better: from pairs (DPO), or from rewards of one's own (GRPO)."""
