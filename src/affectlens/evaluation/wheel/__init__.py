"""The emotion wheels: which words mean one emotion."""
