"""New babies and new cats from recorded ones, by analysis and synthesis of their voices."""
