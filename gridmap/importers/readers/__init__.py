"""One reader per kind of file. Each takes a local path and returns a frame; the registry decides which."""
