"""Generated voices that a model may mistake for a baby's cry: crying adults, babbling toddlers, and cats."""
