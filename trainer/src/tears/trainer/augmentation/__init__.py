"""Makes training windows differ: other rooms, microphones, devices, levels and babies."""
