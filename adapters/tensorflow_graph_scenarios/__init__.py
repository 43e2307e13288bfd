"""What the static graph of TensorFlow 1 documents of the scenarios, and its own programs for them, one module per letter."""
