"""Where pictures come from: files, folders, lists, the web, videos, cameras and streams."""
