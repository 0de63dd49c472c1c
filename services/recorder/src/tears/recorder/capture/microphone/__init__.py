"""A microphone of this machine, through PortAudio."""
