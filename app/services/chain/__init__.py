"""The chain over the history: made with each save, anchored each night, verified here and outside the program."""
