"""Plans: proposed, changed by hand, compared, tried as what-ifs, fixed."""
