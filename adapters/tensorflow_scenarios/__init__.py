"""What the eager tape of TensorFlow documents of the scenarios, and its own programs for them, one module per letter."""
