"""Pictures with boxes or masks, read from what other tools write."""
