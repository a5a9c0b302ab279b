"""The mathematics in Pyomo, in the field's words, compiled once into arrays."""

from incentive_opt.formulation import lean as lean
