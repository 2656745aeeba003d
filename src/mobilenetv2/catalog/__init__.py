"""What the package knows by name: public and embedded weights, and the names of classes."""
