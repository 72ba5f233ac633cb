"""What is done with one file, step by step; each step is a function of what came before."""
