"""The interactive page: a network's costs for any setting, from rules read off the graphs."""
