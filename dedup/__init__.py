"""Documents in, documents without copies out."""
