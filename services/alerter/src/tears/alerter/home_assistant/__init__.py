"""Shows the rooms in Home Assistant through an MQTT broker, and takes the wishes of its buttons.

No alert depends on it.
"""
