"""What is evaluated, one kind a file: the rules, a language model, an endpoint."""
