"""The ways in and out, each with its proof: convert, export, compile."""
