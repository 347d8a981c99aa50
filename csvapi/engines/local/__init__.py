"""The engine of one machine: a plan, stages of passes over ranges side by side, outputs that come together in order."""
