"""A regular package, because Piccolo installs one of this name and would win over a namespace."""
