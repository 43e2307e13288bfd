"""One file per framework: the only code that imports it."""
