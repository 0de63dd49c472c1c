"""What each level of sensitivity would have done in the last nights, and the choice of one."""
