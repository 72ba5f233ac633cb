"""What every stage stands on: errors, absence, time, plug-ins, settings, records, weights."""
