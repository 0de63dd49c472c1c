"""Results of a training run: figures of merit, the table of its steps, pictures, TensorBoard's files."""
