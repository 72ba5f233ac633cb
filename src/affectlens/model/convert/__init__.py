"""Released checkpoints become folders of ours, tensor by tensor, and go back to their layout."""
