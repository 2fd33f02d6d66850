"""How the pictures are made: the story told, the words, and the marks. `journeys.draw` is the way in."""
