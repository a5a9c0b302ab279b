"""The mathematics in Pyomo, in the field's words, compiled once into arrays."""
