"""What our own tape engine documents of the scenarios, and its own programs for them, one module per letter."""
