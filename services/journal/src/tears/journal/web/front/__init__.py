"""What stands before every route: who asks, from where, how much and how fast; and the headers of every answer."""
