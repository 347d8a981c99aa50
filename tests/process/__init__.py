"""What runs in bounds."""
