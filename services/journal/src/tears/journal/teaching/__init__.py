"""Let the ear learn from what parents say: lessons, trial nights beside the ear in use, and the way back."""
