"""A report as one page of HTML: plots and pictures inside it, nothing fetched."""
