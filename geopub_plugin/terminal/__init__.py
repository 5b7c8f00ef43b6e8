"""What the command line shows: progress, results, faults and the findings of `geopub doctor`."""
