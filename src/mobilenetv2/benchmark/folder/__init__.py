"""How fast whole folders are answered, from files to best classes, beside other runtimes."""
