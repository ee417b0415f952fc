"""Results of terms and years: read in sets, judged by the circular of the class, stored with the figures they came from.

`reading` turns rows into Facts, `judging` asks the circular, `refresh` stores what changed, `due` tells what is to be
refreshed; the other modules are what pages show.
"""
