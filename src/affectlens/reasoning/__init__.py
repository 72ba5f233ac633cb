"""From clues to an analysis: labels, probabilities, and an explanation whose claims cite clues."""
