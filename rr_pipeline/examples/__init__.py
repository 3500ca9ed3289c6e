"""Projects to look at and to try things on."""
