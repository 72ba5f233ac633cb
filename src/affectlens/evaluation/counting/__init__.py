"""What metrics count, and what the sums of their counts mean."""
