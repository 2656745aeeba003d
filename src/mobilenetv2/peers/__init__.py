"""Other runtimes as plain functions of an array.

Each file that `known` names stands alone, with numpy and its own runtime: a process that measures
one of them loads the file by its path and pays for nothing else. All have one function,
`open_file`. The others ask a runtime for many pictures at once.
"""
