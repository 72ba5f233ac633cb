"""What can be measured in a clip; nothing is interpreted here."""
