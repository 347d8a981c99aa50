"""What operations are made of: the definition of a step, its parameters, and the parts that several of them share."""

from csvapi.steps.late_patterns import late_patterns

with late_patterns():
    import marshmallow  # noqa: F401  first here, whatever module of this package is imported
