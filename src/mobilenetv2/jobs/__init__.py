"""Answers for more pictures than one sitting takes: in parts, over machines, past every kill."""
