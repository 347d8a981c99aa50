"""What operations are made of: the definition of a step, its parameters, and the parts that several of them share."""
