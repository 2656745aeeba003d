"""From pictures to arrays, and from arrays to typed results."""
