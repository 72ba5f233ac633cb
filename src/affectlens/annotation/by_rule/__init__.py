"""Descriptions made of measurements by rule, one kind a file."""
