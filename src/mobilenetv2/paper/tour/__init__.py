"""The guided tour: what is said of each item, and how it becomes Markdown."""
